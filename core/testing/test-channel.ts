import { asToi, asTsi, type ServiceId } from '../contract/ids.ts'
import type { ReceiveSpec } from '../contract/session-spec.ts'
import type { BadDatagram } from '../flow/datagrams.ts'
import type { ReceiveObserver } from '../flow/facts.ts'
import type { LimitHit } from '../flow/findings.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../flow/objects.ts'
import { ObserverTee } from '../flow/tee.ts'
import type { Alarm } from '../inspect/rules/alarm.ts'
import { Judge } from '../inspect/rules/judge.ts'
import { ReceiveContext } from '../receive/context/receive-context.ts'
import { ChannelNames } from '../receive/lct/channel-names.ts'
import { LctChannel } from '../receive/lct/lct-channel.ts'
import type { ChannelEvents } from '../receive/object/channel-events.ts'
import { RECEIVE_LIMITS, type ReceiveLimits } from '../receive/object/limits.ts'
import { SIZE_SOURCE, TransportObject } from '../receive/object/transport-object.ts'
import type { BackVerdict, WayBack } from '../receive/object/way-back.ts'
import { DEFAULT_RECEIVE } from './default-receive.ts'

/** Records a channel's events in order, as `whole 5`. */
export class ReportedEvents<Channel> implements ChannelEvents<Channel> {
  readonly destination = '239.255.1.1:5000'
  readonly reported: string[] = []
  /** TOIs whose objects contradict their digest. */
  readonly corrupt = new Set<number>()

  begun(object: TransportObject): void {
    this.reported.push(`begun ${object.toi}`)
  }
  whole(_channel: Channel, object: TransportObject): void {
    this.reported.push(`whole ${object.toi}`)
  }
  lost(_channel: Channel, object: TransportObject): void {
    this.reported.push(`${object.state} ${object.toi}`)
  }
  repeated(): void {}
  wentBack(_channel: Channel, { from, to }: WayBack): BackVerdict {
    this.reported.push(`back ${from} ${to}`)
    return 'repeat'
  }
  hold(): boolean {
    return false
  }
  wentOn(): void {}
  twoSenders(_channel: Channel, first: string, second: string): void {
    this.reported.push(`senders ${first} ${second}`)
  }
  changed(_channel: Channel, object: TransportObject): void {
    this.reported.push(`changed ${object.toi}`)
  }
  badPacket({ code }: BadDatagram): void {
    this.reported.push(code)
  }
  passedOver(): void {
    this.reported.push('passed over')
  }
  sessionClosed(): void {}
  redeclared(_channel: Channel, object: TransportObject, before: number): void {
    this.reported.push(`redeclared ${object.toi} ${before} ${object.length}`)
  }
  ending(): void {}
  lengthByContent(): number | null {
    return null
  }
  limitReached({ limit }: LimitHit): void {
    this.reported.push(`limit ${limit}`)
  }
  isSound(_channel: Channel, object: TransportObject): boolean {
    return !this.corrupt.has(object.toi)
  }
  dueBy(): void {}
  makeRoom(): boolean {
    return false
  }
}

/** The shared context of a receiver's parts, with everything they emit. */
export class TestContext {
  readonly files: FlowFile[] = []
  readonly lost: FlowObject[] = []
  readonly alarms: Alarm[] = []
  readonly named: (string | null)[] = []
  readonly context: ReceiveContext

  constructor(
    receive: Partial<ReceiveSpec> = {},
    limits: Partial<ReceiveLimits> = {},
    sink: Partial<ObjectSink> = {},
    also: Partial<ReceiveObserver> = {},
  ) {
    const judge = new Judge((alarm) => void this.alarms.push(alarm))
    const observer = new ObserverTee(also, {
      found: (finding) => judge.found(finding),
      objectNamed: (object) => void this.named.push(object.name),
    })
    this.context = new ReceiveContext(
      { ...DEFAULT_RECEIVE, ...receive },
      { ...RECEIVE_LIMITS, ...limits },
      {
        holds: true,
        whole: (file) => void this.files.push(file),
        lost: (object) => void this.lost.push(object),
        ...sink,
      },
      observer,
    )
  }

  /** A channel whose events nobody takes. */
  channel(tsi: number, serviceId: number | null): LctChannel {
    const names = new ChannelNames(asTsi(tsi), { bytes: 0 })
    const channel = new LctChannel(
      this.context,
      new ReportedEvents(),
      this.context.nextChannelIndex(),
      asTsi(tsi),
      names,
    )
    channel.serviceId = serviceId as ServiceId | null
    return channel
  }

  /** A whole object of a channel. */
  object(channel: LctChannel, toi: number, content: Uint8Array, codepoint = 8): TransportObject {
    const { context } = this
    const index = context.nextObjectIndex()
    const numbers = { index, key: toi, toi: asToi(toi), wideToi: null, instance: 0 }
    const beginning = { ...numbers, codepoint, timeUs: 1000, frame: index + 1 }
    const object = new TransportObject(channel, context.pool, beginning)
    object.length = content.length
    object.sizeSource = SIZE_SOURCE.extension
    object.packets = 1
    if (content.length > 0) object.take(0, content, 0, content.length)
    object.state = 'complete'
    channel.names.resolve(object)
    return object
  }
}
