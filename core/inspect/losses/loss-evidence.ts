import { OBJECT_STATE } from '../../contract/object-table.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { FlowObject } from '../../flow/objects.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import type { Ending, LossCauses, LossVerdict } from './loss-causes.ts'
import type { LossLedger } from './loss-ledger.ts'
import type { PacketHistory } from './packet-history.ts'

/** Silence of all TSIs after which they stopped together, µs. */
const STOPPED_US = 1_500_000
/** Around the end of an object, µs: what other TSIs did then. */
const AROUND_US = 1_000_000
/** Objects still arriving that are looked at for one loss: a broadcast has a few in each channel. */
const MAX_ARRIVING = 256

/** Two received objects, by rows, and the time between them in which others did not come. */
type Absence = { readonly before: number; readonly after: number; readonly fromUs: number; readonly toUs: number }

/** What the surroundings of a loss say about its cause. */
export class LossEvidence {
  readonly #columns: ObjectColumns
  readonly #channels: readonly ChannelFacts[]
  readonly #causes: LossCauses
  readonly #ledger: LossLedger
  readonly #history: PacketHistory
  readonly #byDestination = new Map<string, ChannelFacts[]>()

  constructor(
    columns: ObjectColumns,
    channels: readonly ChannelFacts[],
    causes: LossCauses,
    ledger: LossLedger,
    history: PacketHistory,
  ) {
    this.#columns = columns
    this.#channels = channels
    this.#causes = causes
    this.#ledger = ledger
    this.#history = history
  }

  channelSeen(channel: ChannelFacts): void {
    const others = this.#byDestination.get(channel.destination)
    if (others === undefined) this.#byDestination.set(channel.destination, [channel])
    else others.push(channel)
  }

  /** How an object ends that is whole up to there; null for any other. */
  ending(object: FlowObject): Ending | null {
    const { lostRanges, size, destination, channel: index, lastTimeUs, packetBytes } = object
    const [only, another] = lostRanges
    if (only === undefined || another !== undefined || size === null || only[1] !== size) return null
    const channel = this.#channels[index]
    if (channel === undefined || only[0] !== object.prefixBytes()) return null
    const { packets, firstTimeUs, supersededUs = -1 } = object
    const rest = Math.ceil((size - only[0]) / Math.max(1, packetBytes))
    const [fromUs, toUs] = [lastTimeUs - AROUND_US, lastTimeUs + AROUND_US]
    return {
      upTo: only[0],
      size,
      packets: rest,
      supersededAfterUs: supersededUs < lastTimeUs ? -1 : supersededUs - lastTimeUs,
      restUs: packets > 1 ? (rest * (lastTimeUs - firstTimeUs)) / (packets - 1) : 0,
      silentTsis:
        this.#history.silentUs(destination, lastTimeUs + AROUND_US / 4) >= STOPPED_US ? this.#tsisOf(destination) : 0,
      othersWhole: () =>
        this.#history.othersArrived(channel, fromUs, toUs) &&
        !this.#ledger.lostElsewhere(destination, index, fromUs, toUs) &&
        !this.#holesElsewhere(destination, index, fromUs, toUs),
    }
  }

  /** TSIs of a destination that had packets. */
  #tsisOf(destination: string): number {
    let tsis = 0
    for (const { packets } of this.#byDestination.get(destination) ?? []) if (packets > 0) tsis++
    return tsis
  }

  /** Where whole objects between two received ones were lost. */
  absence(
    { destination, index }: ChannelFacts,
    { before, after, fromUs, toUs }: Absence,
    othersArrived: boolean,
    pendingElsewhere: boolean,
  ): LossVerdict {
    const { state, packets } = this.#columns.values
    const whole = (row: number): boolean => state[row] === OBJECT_STATE.complete
    return this.#causes.ofObject(
      { destination, fromUs, toUs },
      {
        neighboursWhole: whole(before) && whole(after),
        neighbourPackets: Math.min(packets[before] as number, packets[after] as number),
        othersArrived,
        othersLost:
          pendingElsewhere ||
          this.#ledger.lostElsewhere(destination, index, fromUs, toUs) ||
          this.#holesElsewhere(destination, index, fromUs, toUs),
      },
    )
  }

  /** Sizes of objects between two received ones, as those are: nothing else tells them. */
  sizeLike(before: number, after: number, count: number): number {
    const { size, received } = this.#columns.values
    const of = (row: number): number => Math.max(size[row] as number, received[row] as number)
    return Math.round(((of(before) + of(after)) / 2) * count)
  }

  /** True where objects still arriving lack earlier bytes: their loss is not reported so far. */
  #holesElsewhere(destination: string, channel: number, fromUs: number, toUs: number): boolean {
    let looked = 0
    for (const object of this.#columns.arriving()) {
      if (++looked > MAX_ARRIVING) return false
      if (object.destination !== destination || object.channel === channel) continue
      if (object.firstTimeUs > toUs || object.lastTimeUs < fromUs) continue
      if (object.missing().some(([, end]) => end !== object.size)) return true
    }
    return false
  }
}
