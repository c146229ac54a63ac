import { LOSS_CAUSES, type LossCause, type Losses } from '../../contract/report.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { ByteRange, FlowObject } from '../../flow/objects.ts'
import { OptionalColumn } from '../columns/optional-column.ts'
import {
  CAPTURE_DROPS_ALL,
  CAPTURE_DROPS_SOME,
  CONTRADICTED,
  type Ending,
  type LossCauses,
  type LossVerdict,
  NO_MEMORY,
} from './loss-causes.ts'

/** Losses remembered, since their cause may change. */
const MAX_REMEMBERED = 1024
/** Newest losses that are looked through for one at the same time. */
const MAX_NEAR = 64

/** Time around the packets of an object within which its first and last bytes may have been lost, µs. */
const EDGE_US = 500_000

/** Place and time of a loss. */
type Place = { readonly destination: string; readonly channel: number; readonly fromUs: number; readonly toUs: number }
type Absent = Place & { cause: LossCause; readonly objects: number; readonly bytes: number }
type Count = { objects: number; bytes: number }

/** All losses with their causes: decided when an object ends incomplete, removed where late bytes arrive. */
export class LossLedger {
  readonly #causes: LossCauses
  /** By row: index of the cause in `LOSS_CAUSES`, missing bytes, and the stretch of time. */
  readonly #cause = new OptionalColumn()
  readonly #bytes = new OptionalColumn()
  /** By row: what speaks for its cause. */
  readonly #evidence = new BoundedMap<number, string>(MAX_REMEMBERED)
  readonly #lostRows = new BoundedMap<number, Place & { readonly packets: number }>(MAX_REMEMBERED)
  /** The newest, in a ring. */
  readonly #absent: Absent[] = []
  #nextAbsent = 0
  /** The newest losses of any kind, in a ring. */
  readonly #newest: (Place & { readonly row: number | null })[] = []
  #next = 0
  readonly #totals: Record<LossCause, Count> = {
    network: { objects: 0, bytes: 0 },
    host: { objects: 0, bytes: 0 },
    capture: { objects: 0, bytes: 0 },
    sender: { objects: 0, bytes: 0 },
    unknown: { objects: 0, bytes: 0 },
  }

  constructor(causes: LossCauses) {
    this.#causes = causes
  }

  /** An object ended without the bytes of these ranges. @param ending where only its end is missing */
  lost(object: FlowObject, missing: readonly ByteRange[], ending: () => Ending | null): void {
    const row = object.index
    this.healed(row)
    let bytes = 0
    for (const [start, end] of missing) bytes += end - start
    const { destination, channel } = object
    // Bytes missing at its beginning were sent before its first packet, those at its end after its last.
    const fromUs = object.firstTimeUs - (missing[0]?.[0] === 0 ? EDGE_US : 0)
    const toUs = object.lastTimeUs + (missing.at(-1)?.[1] === object.size ? EDGE_US : 0)
    const verdict = object.starved
      ? NO_MEMORY
      : object.sendersFault === true
        ? CONTRADICTED
        : this.#causes.ofBytes({ destination, fromUs, toUs }, ending)
    this.#remember({ destination, channel, fromUs, toUs, row })
    const perPacket = object.packets === 0 ? bytes : Math.max(1, object.received / object.packets)
    this.#lostRows.set(row, { destination, channel, fromUs, toUs, packets: Math.max(1, Math.round(bytes / perPacket)) })
    this.#set(row, verdict, bytes)
  }

  /** Missing bytes arrived late. */
  healed(row: number): void {
    const cause = this.causeOf(row)
    if (cause === null) return
    this.#totals[cause].objects--
    this.#totals[cause].bytes -= this.#bytes.get(row) ?? 0
    this.#cause.set(row, null)
    this.#bytes.set(row, null)
    this.#lostRows.delete(row)
  }

  /** Announced objects without packets. */
  absent(place: Place, objects: number, bytes: number, cause: LossCause): void {
    this.#totals[cause].objects += objects
    this.#totals[cause].bytes += bytes
    // In literals: a storm of numbers loses some with each packet.
    const { destination, channel, fromUs, toUs } = place
    this.#remember({ destination, channel, fromUs, toUs, row: null })
    this.#absent[this.#nextAbsent++ % MAX_REMEMBERED] = { destination, channel, fromUs, toUs, cause, objects, bytes }
  }

  /** True where another channel of a destination lost something within a stretch of time. */
  lostElsewhere(destination: string, channel: number, fromUs: number, toUs: number): boolean {
    return this.#newest.some(
      (place) =>
        place.destination === destination &&
        place.channel !== channel &&
        place.fromUs <= toUs &&
        place.toUs >= fromUs &&
        // What arrived late was not lost.
        (place.row === null || this.causeOf(place.row) !== null),
    )
  }

  #remember(place: Place & { readonly row: number | null }): void {
    this.#newest[this.#next++ % MAX_NEAR] = place
  }

  /** Null where nothing of the row is missing. */
  causeOf(row: number): LossCause | null {
    const at = this.#cause.get(row)
    return at === null ? null : (LOSS_CAUSES[at] as LossCause)
  }

  /** What speaks for the cause of a row's loss; null where that is not remembered. */
  evidenceOf(row: number): string | null {
    return this.causeOf(row) === null ? null : (this.#evidence.get(row) ?? null)
  }

  get totals(): Losses {
    const { network, host, capture, sender, unknown } = this.#totals
    return {
      network: { ...network },
      host: { ...host },
      capture: { ...capture },
      sender: { ...sender },
      unknown: { ...unknown },
    }
  }

  /**
   * A capture may report drops without their time. If these drops suffice, lost bytes since its last report were lost by its
   * computer; otherwise their cause is unknown.
   */
  droppedSometime(packets: number, fromUs: number, toUs: number): void {
    let needed = 0
    const rows: number[] = []
    for (const [row, stretch] of this.#lostRows) {
      if (stretch.fromUs > toUs || stretch.toUs < fromUs || this.causeOf(row) !== 'network') continue
      needed += stretch.packets
      rows.push(row)
    }
    const verdict = packets >= needed ? CAPTURE_DROPS_ALL : CAPTURE_DROPS_SOME
    for (const row of rows) {
      const bytes = this.#bytes.get(row) ?? 0
      const stretch = this.#lostRows.get(row)
      this.healed(row)
      if (stretch !== undefined) this.#lostRows.set(row, stretch)
      this.#set(row, verdict, bytes)
    }
    for (const absent of this.#absent) {
      if (absent.fromUs > toUs || absent.toUs < fromUs || absent.cause === 'host') continue
      this.#totals[absent.cause].objects -= absent.objects
      this.#totals[absent.cause].bytes -= absent.bytes
      this.#totals.unknown.objects += absent.objects
      this.#totals.unknown.bytes += absent.bytes
      absent.cause = 'unknown'
    }
  }

  #set(row: number, { cause, evidence }: LossVerdict, bytes: number): void {
    this.#evidence.set(row, evidence)
    this.#cause.set(row, LOSS_CAUSES.indexOf(cause))
    this.#bytes.set(row, bytes)
    this.#totals[cause].objects++
    this.#totals[cause].bytes += bytes
  }
}
