import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ServiceFacts } from '../../flow/facts.ts'
import { type FindingFacts, findingAt, placeAt } from '../../flow/findings.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { SLS_LIMITS } from '../../protocol/table-limits.ts'
import type { TableContext } from '../context/contexts.ts'
import { droppedEntries } from '../context/receive-context.ts'
import { isReadingStorm, readWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import { lackFault } from './manifest-lacks.ts'
import { readHlsCodecs, readMpdFacts } from './mpd-facts.ts'

/** Tag of a master playlist (RFC 8216 §4.3.4.2). */
const VARIANT = '#EXT-X-STREAM-INF'

/** What a player begins with; `isPart` where that is a playlist of one track. */
export type FoundManifest = NonNullable<ServiceFacts['manifest']> & { readonly isPart: boolean }

/**
 * Looks at a manifest that no signalling names: a file among others, which is what a player gets. What is wrong with it is found as of
 * one in the signalling. A document longer than those is left to its readers.
 * @returns null where it cannot be read
 */
export function lookAtManifest(context: TableContext, file: FlowFile, object: TransportObject): FoundManifest | null {
  const { kind, name, serviceId: service, lastTimeUs, carrier, complete } = file
  const { bytes } = file.lease
  if (!complete) return null
  const manifest = { kind: kind === 'playlist' ? 'hls' : 'dash', name, codecs: [], isPart: false } as const
  if (bytes.length > SLS_LIMITS.xml.maxLength) return manifest
  const { index, frame, destination } = object
  const found = (facts: FindingFacts): void =>
    context.found(findingAt(facts, placeAt(lastTimeUs, frame, { service, carrier, object: index, destination })))
  try {
    if (kind === 'playlist')
      return { ...manifest, codecs: readHlsCodecs(bytes), isPart: !new TextDecoder().decode(bytes).includes(VARIANT) }
    readWithin(context.work, bytes, lastTimeUs)
    const faults = new EntryFaults()
    const { codecs, lack } = readMpdFacts(bytes, faults)
    if (lack !== null) found({ kind: 'manifestUnreadable', name, fault: lackFault(lack) })
    const dropped = droppedEntries(`MPD ${name}`, faults)
    if (dropped !== null) found(dropped)
    return { ...manifest, codecs }
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    if (isReadingStorm(thrown)) return manifest
    found({ kind: 'manifestUnreadable', name, fault: thrown })
    return null
  }
}
