/**
 * Strings by number, each stored once. For sorting, a name is split at its last number, so that `seg-9` precedes
 * `seg-10`; the rest is a pattern, of which a session has few.
 */
export class NameTable {
  readonly #names: string[] = []
  readonly #ids = new Map<string, number>()
  readonly #patterns: string[] = []
  readonly #patternIds = new Map<string, number>()
  readonly #patternOf: number[] = []
  readonly #numberOf: number[] = []
  #ranks: Uint32Array | null = null

  get size(): number {
    return this.#names.length
  }

  /** Number of a string, from 0. */
  idOf(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const id = this.#names.length
    this.#names.push(name)
    this.#ids.set(name, id)
    this.#split(name)
    return id
  }

  name(id: number): string {
    return this.#names[id] as string
  }

  numberIn(id: number): number {
    return this.#numberOf[id] as number
  }

  /** Rank of the pattern in alphabetical order. */
  patternRank(id: number): number {
    if (this.#ranks === null) {
      const order = this.#patterns.map((_, index) => index)
      order.sort((a, b) => ((this.#patterns[a] as string) < (this.#patterns[b] as string) ? -1 : 1))
      this.#ranks = new Uint32Array(order.length)
      for (let rank = 0; rank < order.length; rank++) this.#ranks[order[rank] as number] = rank
    }
    return this.#ranks[this.#patternOf[id] as number] as number
  }

  #split(name: string): void {
    let end = name.length
    while (end > 0 && !isDigit(name.charCodeAt(end - 1))) end--
    // Digits of a file extension (`.m4s`, `.mp4`) do not number a segment.
    const dot = name.lastIndexOf('.')
    if (dot > 0 && end > dot && name.length - dot <= 5) {
      end = dot
      while (end > 0 && !isDigit(name.charCodeAt(end - 1))) end--
    }
    if (end === 0) end = name.length
    let start = end
    while (start > 0 && end - start < 15 && isDigit(name.charCodeAt(start - 1))) start--
    const pattern = `${name.slice(0, start)}\u0000${name.slice(end)}`
    let patternId = this.#patternIds.get(pattern)
    if (patternId === undefined) {
      patternId = this.#patterns.length
      this.#patterns.push(pattern)
      this.#patternIds.set(pattern, patternId)
      this.#ranks = null
    }
    this.#patternOf.push(patternId)
    this.#numberOf.push(start === end ? -1 : Number(name.slice(start, end)))
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
