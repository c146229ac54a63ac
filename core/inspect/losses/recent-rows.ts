/** Rows in which an object is looked for; a power of two. */
const ROWS = 4096
const NO_ROW = -1
/** Of the multiplicative hash: 2^32 divided by the golden ratio. */
const HASH_FACTOR = 0x9e37_79b1

/** What the rows of an object table say about themselves. */
export type ObjectRows = {
  readonly channel: ArrayLike<number>
  readonly toi: ArrayLike<number>
}

/** Finds the last row of an object of a channel among the newest rows, without looking at the others. */
export class RecentRows {
  /** Newest row of each hash. */
  readonly #newest = new Int32Array(ROWS).fill(NO_ROW)
  /** By the place of a row: the row before it of the same hash. */
  readonly #before = new Int32Array(ROWS).fill(NO_ROW)
  #last = NO_ROW

  /** Rows come in order. */
  add(row: number, channel: number, toi: number): void {
    const hash = hashOf(channel, toi)
    this.#before[row % ROWS] = this.#newest[hash] as number
    this.#newest[hash] = row
    this.#last = row
  }

  /** @returns the last of the newest rows that is of this object; -1 where none is */
  find(rows: ObjectRows, channel: number, toi: number): number {
    const oldest = this.#last - ROWS
    let row = this.#newest[hashOf(channel, toi)] as number
    while (row > oldest && row !== NO_ROW) {
      if (rows.channel[row] === channel && rows.toi[row] === toi) return row
      row = this.#before[row % ROWS] as number
    }
    return NO_ROW
  }
}

function hashOf(channel: number, toi: number): number {
  // The upper half of a TOI counts as well; those of one channel mostly follow each other.
  const mixed = Math.imul(toi ^ Math.floor(toi / 2 ** 32) ^ (channel << 16), HASH_FACTOR)
  return mixed >>> 20
}
