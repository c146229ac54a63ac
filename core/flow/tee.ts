import type { ServiceId } from '../contract/ids.ts'
import type { ReportSignature } from '../contract/report.ts'
import type { SignallingCarrier } from './carriers.ts'
import type { BadDatagram, Flow } from './datagrams.ts'
import type {
  ChannelFacts,
  Destination,
  FlowFacts,
  LinkFacts,
  LlsTableFact,
  ReceiveObserver,
  RepairFact,
  ServiceFacts,
  SlsFragment,
} from './facts.ts'
import type { Finding } from './findings.ts'
import type { FlowFile, FlowObject, ObjectSink } from './objects.ts'
import type { ReceiveTarget } from './receive-target.ts'

/** Several object sinks as one: a sink that is behind holds the source back, a sink that failed does not stop its siblings. */
export class ObjectFanOut implements ObjectSink {
  /** Buffers are used again only where no sink holds any. */
  readonly holds: boolean
  readonly #sinks: readonly ObjectSink[]

  constructor(sinks: readonly ObjectSink[]) {
    this.#sinks = sinks
    this.holds = sinks.some((sink) => sink.holds === true)
  }

  begun(object: FlowObject): void {
    for (const sink of this.#sinks) sink.begun?.(object)
  }

  whole(file: FlowFile): void {
    for (const sink of this.#sinks) sink.whole(file)
  }

  lost(object: FlowObject): void {
    for (const sink of this.#sinks) sink.lost?.(object)
  }

  restarted(serviceId: ServiceId, sinceUs: number): void {
    for (const sink of this.#sinks) sink.restarted?.(serviceId, sinceUs)
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    for (const sink of this.#sinks) sink.renumbered?.(former, serviceId)
  }

  busy(): Promise<void> | null {
    let waits: Promise<void>[] | null = null
    for (const sink of this.#sinks) {
      const wait = sink.busy?.() ?? null
      if (wait !== null) {
        waits ??= []
        waits.push(wait)
      }
    }
    return waits === null ? null : Promise.all(waits).then(() => undefined)
  }
}

/** Several observers as one; each takes what it has a method for. */
export class ObserverTee implements ReceiveObserver {
  readonly #observers: readonly Partial<ReceiveObserver>[]

  constructor(...observers: readonly Partial<ReceiveObserver>[]) {
    this.#observers = observers
  }

  flowSeen(flow: FlowFacts): void {
    for (const each of this.#observers) each.flowSeen?.(flow)
  }

  serviceChanged(service: ServiceFacts): void {
    for (const each of this.#observers) each.serviceChanged?.(service)
  }

  serviceGone(service: ServiceFacts): void {
    for (const each of this.#observers) each.serviceGone?.(service)
  }

  serviceRenumbered(service: ServiceFacts, former: ServiceId): void {
    for (const each of this.#observers) each.serviceRenumbered?.(service, former)
  }

  channelSeen(channel: ChannelFacts): void {
    for (const each of this.#observers) each.channelSeen?.(channel)
  }

  llsTable(table: LlsTableFact, timeUs: number): void {
    for (const each of this.#observers) each.llsTable?.(table, timeUs)
  }

  llsRepeated(key: number, timeUs: number): void {
    for (const each of this.#observers) each.llsRepeated?.(key, timeUs)
  }

  slsFragment(serviceId: ServiceId, fragment: SlsFragment, timeUs: number): void {
    for (const each of this.#observers) each.slsFragment?.(serviceId, fragment, timeUs)
  }

  slsRepeated(serviceId: ServiceId, timeUs: number, carrier: SignallingCarrier | null): void {
    for (const each of this.#observers) each.slsRepeated?.(serviceId, timeUs, carrier)
  }

  slsUnchanged(serviceId: ServiceId, fragment: string, carrier: SignallingCarrier | null, timeUs: number): void {
    for (const each of this.#observers) each.slsUnchanged?.(serviceId, fragment, carrier, timeUs)
  }

  llsSignature(key: number, signature: ReportSignature): void {
    for (const each of this.#observers) each.llsSignature?.(key, signature)
  }

  slsSignature(serviceId: ServiceId, carrier: SignallingCarrier, signature: ReportSignature): void {
    for (const each of this.#observers) each.slsSignature?.(serviceId, carrier, signature)
  }

  objectBegun(object: FlowObject, bytes: Uint8Array, start: number, end: number, packetEnd: number): void {
    for (const each of this.#observers) each.objectBegun?.(object, bytes, start, end, packetEnd)
  }

  objectEnded(object: FlowObject): void {
    for (const each of this.#observers) each.objectEnded?.(object)
  }

  objectResumed(object: FlowObject): void {
    for (const each of this.#observers) each.objectResumed?.(object)
  }

  repeatLost(...lost: Parameters<NonNullable<ReceiveObserver['repeatLost']>>): void {
    for (const each of this.#observers) each.repeatLost?.(...lost)
  }

  objectRepeated(index: number, packets: number, repeats: number, timeUs: number): void {
    for (const each of this.#observers) each.objectRepeated?.(index, packets, repeats, timeUs)
  }

  objectRepaired(index: number, repair: RepairFact): void {
    for (const each of this.#observers) each.objectRepaired?.(index, repair)
  }

  objectNamed(object: FlowObject): void {
    for (const each of this.#observers) each.objectNamed?.(object)
  }

  malformed(bad: BadDatagram, flow: Flow): void {
    for (const each of this.#observers) each.malformed?.(bad, flow)
  }

  found(finding: Finding): void {
    for (const each of this.#observers) each.found?.(finding)
  }

  linkSeen(link: LinkFacts): void {
    for (const each of this.#observers) each.linkSeen?.(link)
  }

  destinationsWanted(destinations: readonly Destination[], target: ReceiveTarget): void {
    for (const each of this.#observers) each.destinationsWanted?.(destinations, target)
  }
}
