import { OBJECT_STATE } from '../../contract/object-table.ts'
import { BoundedSet } from '../../flow/bounded-map.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import type { AnnouncedMedia } from './announced-media.ts'
import type { SegmentList } from './segment-list.ts'

/** Rows on either side of an object that are looked at for its neighbours. */
const NEAR = 256
const MAX_TOLD = 1024
/** TOI of the file tables, which have no names (RFC 6726 §3.1). */
const TABLE_TOI = 0

type Around = { before: number | null; after: number | null; beforeRow: number }

/** Objects that came whole, and that no table names: what the manifests expect in their place. */
export class UnnamedObjects {
  readonly #columns: ObjectColumns
  readonly #channels: readonly ChannelFacts[]
  readonly #media: AnnouncedMedia
  readonly #told = new BoundedSet<number>(MAX_TOLD)

  constructor(columns: ObjectColumns, channels: readonly ChannelFacts[], media: AnnouncedMedia) {
    this.#columns = columns
    this.#channels = channels
    this.#media = media
  }

  tell(row: number): void {
    this.#told.add(row)
  }

  told(row: number): boolean {
    return this.#told.has(row)
  }

  /** Rows of a channel between two of its rows, in the order in which they began. */
  between(channel: number, before: number, after: number): number[] {
    const { firstTimeUs } = this.#columns.values
    const [fromUs, toUs] = [firstTimeUs[before] as number, firstTimeUs[after] as number]
    const rows: number[] = []
    for (let row = Math.max(0, before - NEAR); row < Math.min(this.#columns.count, after + NEAR); row++) {
      const beganUs = firstTimeUs[row] as number
      if (beganUs >= fromUs && beganUs <= toUs && this.#isUnnamed(channel, row)) rows.push(row)
    }
    return rows.sort((a, b) => (firstTimeUs[a] as number) - (firstTimeUs[b] as number))
  }

  #isUnnamed(channel: number, row: number): boolean {
    const { channel: channels, state, toi } = this.#columns.values
    const isComplete = channels[row] === channel && state[row] === OBJECT_STATE.complete
    return isComplete && toi[row] !== TABLE_TOI && this.#columns.textOf('name', row) === null
  }

  /** Name that a list has between the neighbours of a row, and at its place among the nameless ones there; null where there is none. */
  expectedAt(row: number): string | null {
    const { channel: channels, firstTimeUs } = this.#columns.values
    const channel = channels[row] as number
    const service = this.#channels[channel]?.serviceId ?? null
    if (service === null) return null
    const beganUs = firstTimeUs[row] as number
    const around = new Map<SegmentList, Around>()
    for (let other = Math.max(0, row - NEAR); other < Math.min(this.#columns.count, row + NEAR); other++) {
      const name = channels[other] === channel ? this.#columns.textOf('name', other) : null
      const place = name === null ? null : this.#media.place(service, name, beganUs)
      if (place === null) continue
      const found: Around = around.get(place.list) ?? { before: null, after: null, beforeRow: -1 }
      around.set(place.list, found)
      if ((firstTimeUs[other] as number) > beganUs)
        found.after = Math.min(found.after ?? place.position, place.position)
      else if (found.before === null || place.position > found.before) {
        found.before = place.position
        found.beforeRow = other
      }
    }
    const names: string[] = []
    for (const [list, { before, after, beforeRow }] of around) {
      if (before === null) continue
      const position = before + 1 + Math.max(0, this.between(channel, beforeRow, row).indexOf(row))
      const name = after === null || position < after ? list.nameAt(position) : null
      if (name !== null) names.push(name)
    }
    return names.length === 1 ? (names[0] as string) : null
  }
}
