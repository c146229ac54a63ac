import type { FlowFile, FlowObject } from '../flow/objects.ts'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { ObserverTee } from '../flow/tee.ts'
import { Judge, type RuleSettings } from '../inspect/rules/judge.ts'
import { Receiver } from '../receive/receiver.ts'
import { type Datagram, play } from './datagrams.ts'
import { DEFAULT_RECEIVE } from './default-receive.ts'

/** Result of receiving datagrams. */
export type Received = {
  /** Last content of each file by `serviceN/name`. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Names in the order they arrived, repeats included. */
  readonly order: readonly string[]
  readonly lost: readonly FlowObject[]
  readonly alarms: readonly { readonly rule: string; readonly text: string }[]
  /** Memory in use after the end. */
  readonly usedBytes: number
}

/** Receives datagrams with our own receiver, in memory. */
export function receiveAll(datagrams: readonly Datagram[], target: ReceiveTarget, rules: RuleSettings = {}): Received {
  const files = new Map<string, Uint8Array>()
  const order: string[] = []
  const lost: FlowObject[] = []
  const alarms: { readonly rule: string; readonly text: string }[] = []
  const sink = {
    holds: true,
    whole(file: FlowFile): void {
      const name = `service${file.serviceId}/${file.name}`
      files.set(name, file.lease.bytes.slice())
      order.push(name)
    },
    lost: (object: FlowObject) => void lost.push(object),
  }
  const receive = { ...DEFAULT_RECEIVE, services: 'all' as const }
  const judge = new Judge((alarm) => void alarms.push(alarm), rules)
  const observer = new ObserverTee({ found: (finding) => judge.found(finding) })
  const receiver = new Receiver({ targets: [target], receive }, sink, observer)
  play(datagrams, receiver)
  receiver.close(datagrams.at(-1)?.timeUs ?? 0)
  return { files, order, lost, alarms, usedBytes: receiver.usedBytes }
}
