import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { type FindingFacts, findingAt, placeAt } from '../../flow/findings.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { SLS_LIMITS } from '../../protocol/table-limits.ts'
import type { TableContext } from '../context/contexts.ts'
import { droppedEntries } from '../context/receive-context.ts'
import { isReadingStorm, readWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { readHlsCodecs, readMpdFacts } from './mpd-facts.ts'

/**
 * Looks at a manifest that no signalling names: a file among others, which is what a player gets. What is wrong with it is found as of
 * one in the signalling. A document longer than those is left to its readers.
 */
export function lookAtManifest(context: TableContext, file: FlowFile, object: TransportObject): void {
  const { kind, name, serviceId: service, lastTimeUs, carrier, complete } = file
  const { bytes } = file.lease
  if (!complete || bytes.length > SLS_LIMITS.xml.maxLength) return
  const { index, frame, destination } = object
  const found = (facts: FindingFacts): void =>
    context.found(findingAt(facts, placeAt(lastTimeUs, frame, { service, carrier, object: index, destination })))
  try {
    if (kind === 'playlist') readHlsCodecs(bytes)
    if (kind !== 'manifest') return
    readWithin(context.work, bytes, lastTimeUs)
    const faults = new EntryFaults()
    readMpdFacts(bytes, faults)
    const dropped = droppedEntries(`MPD ${name}`, faults)
    if (dropped !== null) found(dropped)
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    if (!isReadingStorm(thrown)) found({ kind: 'manifestUnreadable', name, fault: thrown })
  }
}
