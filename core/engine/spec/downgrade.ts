import { defined } from '../../contract/defined.ts'
import { parseEndpoint } from '../../contract/option-values.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import {
  DEFAULT_RECEIVE,
  type LinkSpec,
  type PartSpec,
  type ReceiveSpec,
  type SessionSpec,
} from '../../contract/session-spec.ts'
import type { SessionSpec1, SinkSpec, SourceSpec } from '../../contract/session-spec-1.ts'
import { BROADCAST_PART, type BroadcastSpec } from '../parts/broadcast-options.ts'
import { CAPTURE_PART, type CaptureSpec } from '../parts/capture-options.ts'
import { FOLDER_PART, type FolderSpec } from '../parts/folder-options.ts'
import { GATEWAY_PART, type GatewaySpec } from '../parts/gateway-options.ts'
import { MULTICAST_PART, type MulticastSpec } from '../parts/multicast-options.ts'
import { MULTICAST_OUT_PART, type MulticastOutSpec } from '../parts/multicast-out-options.ts'
import { PRESENTATION_PART, type PresentationSpec } from '../parts/presentation-options.ts'
import { RECEIVER_PART, type ReceiverSpec } from '../parts/receiver-options.ts'
import { RECORDER_PART, type RecorderSpec } from '../parts/recorder-options.ts'
import { REPAIR_PART, type RepairPartSpec } from '../parts/repair-options.ts'
import { REPORT_PART, type ReportSpec } from '../parts/report-options.ts'
import { STORE_PART, type StoreSpec } from '../parts/store-options.ts'
import { completePart } from './part-spec.ts'

/** Version 2 as the engine runs it until it runs parts: goes with the first graph. */
export function downgradeSpec(spec: SessionSpec): SessionSpec1 {
  const all = <Spec extends { readonly id: string; readonly kind: string }>(description: PartDescription): Spec[] =>
    spec.parts.filter(({ kind }) => kind === description.kind).map((part) => completePart<Spec>(description, part))
  const [receiver = completePart<ReceiverSpec>(RECEIVER_PART, { id: 'receiver', kind: 'receiver' })] =
    all<ReceiverSpec>(RECEIVER_PART)
  const [repair = completePart<RepairPartSpec>(REPAIR_PART, { id: 'repair', kind: 'repair' })] =
    all<RepairPartSpec>(REPAIR_PART)
  const gateways = all<GatewaySpec>(GATEWAY_PART)
  const [gateway] = gateways
  const { id: _, kind: __, timeoutS, ...received } = receiver
  const { id: _r, kind: _k, keepCorrupt: _c, ...repairing } = repair
  const receiveOf = (services: ReceiveSpec['services']): ReceiveSpec => ({
    ...DEFAULT_RECEIVE,
    ...received,
    services,
    ...(defined({
      timeoutS: timeoutS === 0 ? undefined : timeoutS,
      fullSegments: gateway?.fullSegments,
      lowLatency: gateway?.lowLatency,
      dynamicSelection: gateway?.dynamicSelection,
    }) as Partial<ReceiveSpec>),
    repair: { urls: [], ...repairing },
  })
  const sources: SourceSpec[] = [
    ...all<MulticastSpec>(MULTICAST_PART).map(({ services, ...fields }) => ({
      ...fields,
      receive: receiveOf(services),
    })),
    ...all<CaptureSpec>(CAPTURE_PART).map(({ services, ...fields }) => ({ ...fields, receive: receiveOf(services) })),
    ...all<PresentationSpec>(PRESENTATION_PART).map((part) => ({ ...part, loop: part.loop === 0 })),
  ]
  const outs = all<MulticastOutSpec>(MULTICAST_OUT_PART)
  const sinks: SinkSpec[] = [
    ...all<FolderSpec>(FOLDER_PART),
    ...gateways.map(({ id, kind, listen, maxSegments, cors }) => {
      return { id, kind, maxSegments, cors, ...(parseEndpoint(listen) ?? { host: '127.0.0.1', port: 0 }) }
    }),
    ...all<StoreSpec>(STORE_PART).map(({ keepCorrupt: _k, ...fields }) => fields),
    ...all<ReportSpec>(REPORT_PART),
    ...all<RecorderSpec>(RECORDER_PART).map((part) => ({ ...part, kind: 'capture' as const })),
    ...all<BroadcastSpec>(BROADCAST_PART).map(({ korean, ...fields }) => {
      const out = outs.find(({ id }) => spec.links?.some(({ from, to }) => from === fields.id && to === id) ?? true)
      return {
        ...fields,
        flavour: korean ? ('korean' as const) : ('us' as const),
        ttl: out?.ttl ?? 0,
        ...defined({ interface: out?.interface }),
      }
    }),
  ]
  const links = spec.links === undefined ? undefined : sources.flatMap(({ id }) => reached(spec.links ?? [], id, sinks))
  return {
    format: 'routescope-session',
    version: 1,
    ...defined({ name: spec.name, durationS: spec.durationS, log: spec.log }),
    sources: spec.parts.flatMap((part: PartSpec) => sources.filter(({ id }) => id === part.id)),
    sinks: spec.parts.flatMap((part: PartSpec) => sinks.filter(({ id }) => id === part.id)),
    ...defined({ links }),
  }
}

/** The sinks that a source feeds, through whatever parts. */
function reached(links: readonly LinkSpec[], source: string, sinks: readonly SinkSpec[]): LinkSpec[] {
  const seen = new Set([source])
  for (const id of seen) for (const link of links) if (link.from === id) seen.add(link.to)
  return sinks.filter(({ id }) => seen.has(id)).map(({ id }) => ({ from: source, to: id }))
}
