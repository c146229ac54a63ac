/** The content of a file that comes piece by piece. */
export class GrowingBody {
  /** Length of the whole; null: not known yet. */
  readonly totalBytes: number | null
  /** Called after each piece, and at the end. */
  onChange: () => void = () => {}
  readonly #ended: () => void
  /** Settles at the end. */
  readonly ended: Promise<void>
  #state: 'grows' | 'whole' | 'broken' = 'grows'
  #buffer: Uint8Array
  #length = 0

  constructor(totalBytes: number | null) {
    let ended = (): void => {}
    this.ended = new Promise((resolve) => {
      ended = resolve
    })
    this.#ended = ended
    this.totalBytes = totalBytes
    this.#buffer = new Uint8Array(totalBytes ?? FIRST_BYTES)
  }

  get state(): 'grows' | 'whole' | 'broken' {
    return this.#state
  }

  get length(): number {
    return this.#length
  }

  /** What has come; a view. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length))
      larger.set(this.bytes)
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
    this.onChange()
  }

  /** @param isWhole all of it has come */
  end(isWhole: boolean): void {
    if (this.#state !== 'grows') return
    this.#state = isWhole ? 'whole' : 'broken'
    this.onChange()
    this.#ended()
  }
}

const FIRST_BYTES = 64 << 10
