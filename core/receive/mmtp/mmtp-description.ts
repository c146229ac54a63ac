import type { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { Destination } from '../../flow/facts.ts'
import type { Atsc3Message } from '../../protocol/mmtp/atsc3-message.ts'
import type { MmtLocation } from '../../protocol/mmtp/mmt-location.ts'
import { identifierText, type MpTable } from '../../protocol/mmtp/mp-table.ts'
import { ntpToUnixUs } from '../../protocol/ntp.ts'
import { componentWords, parseUsbdMmt, type UsbdMmt } from '../../protocol/sls/usbd-mmt.ts'
import { codecFault, type ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import type { MmtpAsset } from './mmtp-asset.ts'

/** What an MP table says of an asset. */
export type DescribedAsset = {
  readonly packetId: number
  readonly assetId: string
  readonly type: string
  readonly times: readonly (readonly [mpuSequence: number, timeUs: number])[]
}

/** An asset that an MP table places in another flow. */
export type Elsewhere = DescribedAsset & { readonly address: Destination }

/** The flow whose messages describe assets and the service. */
export interface DescribingFlow {
  readonly address: Destination
  readonly context: ReceiveContext
  readonly service: ReceivedService | null
  /** Of the service, as far as they are received. */
  readonly allAssets: readonly MmtpAsset[]
  describe(asset: DescribedAsset): void
  /** Joins the flow of an asset outside this one. */
  locate(asset: Elsewhere, timeUs: number): void
  /** Files and hybrid components of the service are in a ROUTE session. */
  routeAt(address: Destination, service: ReceivedService, timeUs: number): void
  entriesDropped(table: string, faults: EntryFaults, timeUs: number, frame: number): void
  unreadable(what: string, fault: CodecError, timeUs: number, frame: number): void
}

/** Bound on assets in other flows. */
const MAX_ELSEWHERE = 64
/** Bound on ROUTE sessions of one service. */
const MAX_ROUTES = 16

/** Applies MP tables and the USBD of a flow: assets here and elsewhere, names, and ROUTE sessions. */
export class MmtpDescription {
  readonly #flow: DescribingFlow
  readonly #elsewhere = new Map<string, Elsewhere>()
  #usbd: UsbdMmt | null = null

  constructor(flow: DescribingFlow) {
    this.#flow = flow
  }

  /** The flow has a service now. */
  claimed(timeUs: number): void {
    this.#applyUsbd(timeUs)
    for (const asset of this.#elsewhere.values()) this.#flow.locate(asset, timeUs)
  }

  mpTable(table: MpTable, timeUs: number): void {
    const flow = this.#flow
    for (const entry of table.assets) {
      const { locations, type } = entry
      const assetId = identifierText(entry.identifier)
      const times = entry.descriptors.flatMap((descriptor) =>
        descriptor.kind !== 'mpu-timestamp'
          ? []
          : descriptor.timestamps.map(
              ({ mpuSequence, seconds, fraction }) => [mpuSequence, ntpToUnixUs(seconds, fraction)] as const,
            ),
      )
      const here = locations.find(
        (location) => location.type === 0 || (isFlow(location) && isAt(location, flow.address)),
      )
      if (here !== undefined && 'packetId' in here) {
        flow.describe({ packetId: here.packetId, assetId, type, times })
        continue
      }
      const there = locations.find(isFlow)
      if (there === undefined) continue
      const { destination, port, packetId } = there
      const key = `${destination}:${port}/${packetId}`
      if (!this.#elsewhere.has(key) && this.#elsewhere.size >= MAX_ELSEWHERE) continue
      const asset = { address: { address: destination, port }, packetId, assetId, type, times }
      this.#elsewhere.set(key, asset)
      flow.locate(asset, timeUs)
    }
    this.#nameComponents()
    if (flow.service !== null && !flow.service.signalled) {
      flow.service.signalled = true
      flow.context.observer.serviceChanged(flow.service)
    }
  }

  atsc3(message: Atsc3Message, timeUs: number): void {
    if (message.contentName !== 'USBD') return
    const faults = new EntryFaults()
    const fault = codecFault(() => {
      this.#usbd = parseUsbdMmt(message.content, faults)
    })
    this.#flow.entriesDropped('USBD', faults, timeUs, 0)
    if (fault !== null) this.#flow.unreadable('The USBD', fault, timeUs, 0)
    else this.#applyUsbd(timeUs)
  }

  /** Applies names, and the ROUTE sessions of files and hybrid components (A/331 §7.2.1). */
  #applyUsbd(timeUs: number): void {
    const { service, address, context } = this.#flow
    const usbd = this.#usbd
    if (service === null || usbd === null) return
    service.signalled = true
    if (!service.namedBySlt) service.name = usbd.names[0]?.text || service.name
    this.#nameComponents()
    for (const component of usbd.routeComponents.slice(0, MAX_ROUTES)) {
      const { destinationAddress, destinationPort } = component
      const there = { address: destinationAddress ?? address.address, port: destinationPort ?? address.port }
      this.#flow.routeAt(there, service, timeUs)
    }
    context.observer.serviceChanged(service)
  }

  #nameComponents(): void {
    if (this.#usbd === null) return
    for (const info of this.#usbd.componentInfos) {
      if (info.componentId === null) continue
      const id = plainId(info.componentId)
      for (const asset of this.#flow.allAssets)
        if (asset.assetId !== null && plainId(asset.assetId) === id)
          asset.component = { role: componentWords(info), name: info.componentName }
    }
  }
}

function isFlow(location: MmtLocation): location is MmtLocation & { readonly type: 1 | 2 } {
  return location.type === 1 || location.type === 2
}

function isAt({ destination, port }: { destination: string; port: number }, at: Destination): boolean {
  return destination === at.address && port === at.port
}

/** Ids are written with and without the separators of a UUID. */
function plainId(id: string): string {
  return id.toLowerCase().replaceAll(/^urn:uuid:|[-{}]/g, '')
}
