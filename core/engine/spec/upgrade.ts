import { defined } from '../../contract/defined.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { LinkSpec, OptionValue, PartSpec, ReceiveSpec, SessionSpec } from '../../contract/session-spec.ts'
import type {
  BroadcastSink,
  CaptureSource,
  MulticastSource,
  SessionSpec1,
  SinkSpec,
  SourceSpec,
} from '../../contract/session-spec-1.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { BROADCAST_PART } from '../parts/broadcast-options.ts'
import { CAPTURE_PART } from '../parts/capture-options.ts'
import { FOLDER_PART } from '../parts/folder-options.ts'
import { GATEWAY_PART } from '../parts/gateway-options.ts'
import { MULTICAST_PART } from '../parts/multicast-options.ts'
import { MULTICAST_OUT_PART } from '../parts/multicast-out-options.ts'
import { PRESENTATION_PART } from '../parts/presentation-options.ts'
import { RECEIVER_PART } from '../parts/receiver-options.ts'
import { RECORDER_PART } from '../parts/recorder-options.ts'
import { REPAIR_PART } from '../parts/repair-options.ts'
import { REPORT_PART } from '../parts/report-options.ts'
import { STORE_PART } from '../parts/store-options.ts'
import { chosenPart } from './part-spec.ts'

type Values = Readonly<Record<string, OptionValue | undefined>>

/**
 * Turns a session of version 1 into version 2: one receiver and one repair for all that is received, their options taken from
 * the sources; a broadcast that sends gets a multicast out. Links are named where version 1 named them or something is sent.
 */
export function upgradeSpec(spec: SessionSpec1): SessionSpec {
  const taken = new Set([...spec.sources, ...spec.sinks].map(({ id }) => id))
  const free = (wanted: string): string => {
    let id = wanted
    for (let at = 2; taken.has(id); at++) id = `${wanted}${at}`
    taken.add(id)
    return id
  }
  const received = spec.sources.flatMap((source) => (source.kind === 'presentation' ? [] : [source]))
  const receive = received[0]?.receive
  for (const source of received) sameReceive(received[0] ?? source, source)
  const receiver = receive === undefined ? null : chosenPart(RECEIVER_PART, free('receiver'), valuesOf(receive))
  const repair =
    receive === undefined
      ? null
      : chosenPart(REPAIR_PART, free('repair'), { ...receive.repair, keepCorrupt: receive.keepCorrupt })
  const outs = new Map<SinkSpec, PartSpec>()
  for (const sink of spec.sinks) {
    if (sink.kind !== 'broadcast' || sink.pace === 'fast') continue
    outs.set(sink, chosenPart(MULTICAST_OUT_PART, free(`${sink.id}-out`), { interface: sink.interface, ttl: sink.ttl }))
  }
  const sources = spec.sources.map(sourcePart)
  const sinks = spec.sinks.map((sink) => sinkPart(sink, receive))
  const linked = spec.links !== undefined || spec.sources.some((source) => source.kind === 'presentation')
  const middle = [receiver, repair].filter((part) => part !== null && Object.keys(part).length > 2)
  return {
    format: 'routescope-session',
    version: 2,
    ...defined({ name: spec.name }),
    parts: [...sources, ...(middle as PartSpec[]), ...sinks, ...outs.values()],
    ...(linked ? { links: linksOf(spec, outs) } : {}),
    ...defined({ durationS: spec.durationS, log: spec.log }),
  }
}

function valuesOf(receive: ReceiveSpec): Values {
  const { repair: _, services: __, ...values } = receive
  return values
}

function sourcePart(source: SourceSpec): PartSpec {
  switch (source.kind) {
    case 'multicast':
      return chosenPart(MULTICAST_PART, source.id, { ...fieldsOf(source), services: source.receive.services })
    case 'capture':
      return chosenPart(CAPTURE_PART, source.id, { ...fieldsOf(source), services: source.receive.services })
    case 'presentation':
      return chosenPart(PRESENTATION_PART, source.id, { input: source.input, loop: source.loop ? 0 : 1 })
  }
}

const SINK_PARTS: Readonly<Record<SinkSpec['kind'], PartDescription>> = {
  folder: FOLDER_PART,
  gateway: GATEWAY_PART,
  store: STORE_PART,
  report: REPORT_PART,
  capture: RECORDER_PART,
  broadcast: BROADCAST_PART,
}

function sinkPart(sink: SinkSpec, receive: ReceiveSpec | undefined): PartSpec {
  const values: Record<string, OptionValue | undefined> = { ...valuesOrNone(receive), ...fieldsOf(sink) }
  if (sink.kind === 'gateway') {
    values.listen = `${sink.host.includes(':') ? `[${sink.host}]` : sink.host}:${sink.port}`
  }
  if (sink.kind === 'broadcast') values.korean = sink.flavour === 'korean'
  return chosenPart(SINK_PARTS[sink.kind], sink.id, values)
}

function valuesOrNone(receive: ReceiveSpec | undefined): Values {
  return receive === undefined ? {} : valuesOf(receive)
}

/** Its own fields; those of `receive` have parts of their own. */
function fieldsOf(part: SourceSpec | SinkSpec): Values {
  return Object.fromEntries(
    Object.entries(part).filter(([, value]) => typeof value !== 'object' || Array.isArray(value)),
  )
}

function linksOf(spec: SessionSpec1, outs: ReadonlyMap<SinkSpec, PartSpec>): LinkSpec[] {
  const links: LinkSpec[] = []
  const add = (from: string, to: string): void => {
    if (!links.some((link) => link.from === from && link.to === to)) links.push({ from, to })
  }
  for (const source of spec.sources) {
    const sinks = sinksOf(spec, source)
    if (source.kind === 'presentation') {
      const air = sinks.filter((sink): sink is BroadcastSink => sink.kind === 'broadcast')
      for (const sink of air) {
        add(source.id, sink.id)
        const out = outs.get(sink)
        if (out !== undefined) add(sink.id, out.id)
        for (const other of sinks) if (other.kind === 'capture') add(sink.id, other.id)
      }
      continue
    }
    // A receiver and repair for each set of sinks come between by themselves.
    for (const sink of sinks) if (sink.kind !== 'broadcast') add(source.id, sink.id)
  }
  return links
}

/** What version 1 fed where no link names a source: every sink that can take what it gives. */
function sinksOf(spec: SessionSpec1, source: SourceSpec): readonly SinkSpec[] {
  const links = spec.links?.filter((link) => link.from === source.id) ?? []
  if (links.length > 0) return spec.sinks.filter((sink) => links.some((link) => link.to === sink.id))
  const sends = source.kind === 'presentation'
  return spec.sinks.filter((sink) => (sink.kind === 'broadcast' ? sends : !sends || sink.kind === 'capture'))
}

/** How objects are treated was one for a whole session. */
function sameReceive(first: CaptureSource | MulticastSource, other: CaptureSource | MulticastSource): void {
  for (const key of Object.keys({ ...first.receive, ...other.receive }) as (keyof ReceiveSpec)[]) {
    if (key === 'services' || JSON.stringify(first.receive[key]) === JSON.stringify(other.receive[key])) continue
    throw new AppFailure(
      'bad-spec',
      `The sources ${first.id} and ${other.id} differ in receive.${key}, which is one for a whole session.`,
      'Give them the same, or name a receiver for each in a session of version 2.',
    )
  }
}
