import type { Toi } from '../../contract/ids.ts'
import type { FindingFacts } from '../../flow/findings.ts'
import type { EarlyPacket } from './early-packets.ts'

/** Objects named in a finding. */
const NAMED = 8

type Group = { readonly first: EarlyPacket; packets: number; objects: number; readonly named: string[] }
type Found = { readonly facts: FindingFacts; readonly toi: Toi; readonly timeUs: number; readonly frame: number }

/** Packets of one channel whose table never came, by whether reception began in the middle of their objects. */
export class Undescribed {
  readonly #groups = new Map<boolean, Group>()

  add(joining: boolean, packets: number, first: EarlyPacket): void {
    let group = this.#groups.get(joining)
    if (group === undefined) {
      group = { first, packets: 0, objects: 0, named: [] }
      this.#groups.set(joining, group)
    }
    group.packets += packets
    group.objects++
    if (group.named.length < NAMED) group.named.push(first.wideToi ?? String(first.toi))
  }

  get findings(): Found[] {
    return [...this.#groups].map(([joining, { first, packets, objects, named }]) => {
      const facts = { kind: 'undescribedPackets', packets, objects, named, joining } as const
      return { facts, toi: first.toi, timeUs: first.timeUs, frame: first.frame }
    })
  }
}
