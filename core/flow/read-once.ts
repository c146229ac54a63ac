/** Reads a document. It throws where it cannot. */
type Reader<Value> = (bytes: Uint8Array) => Value

type Result = { readonly value: unknown } | { readonly thrown: unknown }

/**
 * What a document says, read once for all who ask: it may be long, and several parts want to know. Its bytes are valid as
 * long as those of who made it; the value is shared, and nobody may change it.
 */
export class ReadOnce {
  readonly #bytes: Uint8Array
  readonly #own: Reader<unknown>
  readonly #read: () => unknown
  #result: Result | null = null

  /**
   * @param own the reader whose value is kept
   * @param read as `own` reads these bytes, or the value that was read
   */
  constructor(bytes: Uint8Array, own: Reader<unknown>, read: () => unknown = () => own(bytes)) {
    this.#bytes = bytes
    this.#own = own
    this.#read = read
  }

  /** @throws what the reader throws, each time */
  by<Value>(reader: Reader<Value>): Value {
    if (reader !== this.#own) return reader(this.#bytes)
    this.#result ??= resultOf(this.#read)
    if ('thrown' in this.#result) throw this.#result.thrown
    return this.#result.value as Value
  }
}

function resultOf(read: () => unknown): Result {
  try {
    return { value: read() }
  } catch (thrown) {
    return { thrown }
  }
}
