import type { ReceiveSpec } from '../contract/session-spec.ts'
import type { Flow } from '../flow/datagrams.ts'
import type { ChannelFacts, Destination, ReceiveObserver, ServiceFacts, SlsFragment } from '../flow/facts.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../flow/objects.ts'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { ObserverTee } from '../flow/tee.ts'
import type { Alarm } from '../inspect/rules/alarm.ts'
import { Judge } from '../inspect/rules/judge.ts'
import type { ReceiveLimits } from '../receive/object/limits.ts'
import { Receiver } from '../receive/receiver.ts'
import { DEFAULT_RECEIVE } from './default-receive.ts'

/** One ROUTE packet for tests: fields of an LCT header with defaults. */
export type TestPacket = {
  tsi: number
  toi: number
  offset?: number
  payload?: Uint8Array
  codepoint?: number
  /** EXT_TOL, 24 bits. */
  length?: number
  closeObject?: boolean
  closeSession?: boolean
  psi?: number
}

export function testPacket(packet: TestPacket): Uint8Array {
  const payload = packet.payload ?? new Uint8Array(0)
  const header = packet.length === undefined ? 16 : 20
  const bytes = new Uint8Array(header + 4 + payload.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = 0x10 | (packet.psi ?? 2)
  bytes[1] = 0xa0 | (packet.closeSession ? 2 : 0) | (packet.closeObject ? 1 : 0)
  bytes[2] = header / 4
  bytes[3] = packet.codepoint ?? 8
  view.setUint32(8, packet.tsi)
  view.setUint32(12, packet.toi)
  if (packet.length !== undefined) view.setUint32(16, (194 << 24) | packet.length)
  view.setUint32(header, packet.offset ?? 0)
  bytes.set(payload, header + 4)
  return bytes
}

export function testFlow(destinationAddress = '239.255.1.1', destinationPort = 5000, id = 0): Flow {
  const destination = `${destinationAddress}:${destinationPort}`
  return {
    id,
    family: 4,
    sourceAddress: '10.0.0.1',
    destinationAddress,
    sourcePort: 1,
    destinationPort,
    destination,
    plp: null,
  }
}

/** A receiver with a test clock, and all its events. */
export class TestSession {
  readonly files: FlowFile[] = []
  readonly begun: FlowObject[] = []
  readonly lost: FlowObject[] = []
  readonly objects: FlowObject[] = []
  readonly channels: ChannelFacts[] = []
  readonly services = new Map<number, ServiceFacts>()
  readonly gone: number[] = []
  readonly alarms: Alarm[] = []
  readonly malformed: string[] = []
  readonly fragments: (SlsFragment & { service: number })[] = []
  readonly repeats = new Map<number, number>()
  wanted: readonly Destination[] = []
  readonly receiver: Receiver
  timeUs = 1_000_000_000_000_000
  #frame = 0

  constructor(
    target: ReceiveTarget | readonly ReceiveTarget[],
    receive: Partial<ReceiveSpec> = {},
    limits: Partial<ReceiveLimits> = {},
    sink: Partial<ObjectSink> = {},
    onWanted?: (destinations: readonly Destination[], target: ReceiveTarget) => void,
    also: Partial<ReceiveObserver> = {},
  ) {
    const judge = new Judge((alarm) => void this.alarms.push(alarm))
    const observer = new ObserverTee(also, {
      objectBegun: (object) => void this.objects.push(object),
      objectRepeated: (index, _packets, repeats) => void this.repeats.set(index, repeats),
      channelSeen: (channel) => void this.channels.push(channel),
      serviceChanged: (service) => void this.services.set(service.id, service),
      serviceGone: (service) => void this.gone.push(service.id),
      found: (finding) => judge.found(finding),
      malformed: ({ code }) => void this.malformed.push(code),
      slsFragment: (service, fragment) => void this.fragments.push({ ...fragment, service }),
      destinationsWanted: (destinations, of) => {
        this.wanted = destinations
        onWanted?.(destinations, of)
      },
    })
    this.receiver = new Receiver(
      {
        targets: Array.isArray(target) ? target : [target as ReceiveTarget],
        receive: { ...DEFAULT_RECEIVE, services: 'all', ...receive },
        limits,
      },
      {
        holds: true,
        whole: (file) => void this.files.push(file),
        begun: (object) => void this.begun.push(object),
        lost: (object) => void this.lost.push(object),
        ...sink,
      },
      observer,
    )
  }

  /** Sends one datagram, 1 ms after the last. */
  datagram(bytes: Uint8Array, flow: Flow = testFlow()): void {
    this.timeUs += 1000
    this.receiver.datagram(flow, bytes, 0, bytes.length, this.timeUs, ++this.#frame)
  }

  send(packet: TestPacket, flow: Flow = testFlow()): void {
    this.datagram(testPacket(packet), flow)
  }

  /** A whole object in packets of `cut` bytes. */
  sendObject(packet: TestPacket, content: Uint8Array, cut = 1000, flow: Flow = testFlow()): void {
    for (let offset = 0; offset < content.length; offset += cut) {
      const payload = content.subarray(offset, offset + cut)
      this.send({ length: content.length, ...packet, offset, payload }, flow)
    }
  }

  pass(ms: number): void {
    this.timeUs += ms * 1000
    this.receiver.tick(this.timeUs)
  }

  close(): void {
    this.receiver.close(this.timeUs)
  }
}

/** Bytes that depend on position and seed. */
export function content(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed * 101) & 0xff
  return bytes
}
