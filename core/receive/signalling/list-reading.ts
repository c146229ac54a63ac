import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { type Slt, SltReading } from '../../protocol/lls/slt.ts'
import { LLS_LIMITS } from '../../protocol/table-limits.ts'
import { XmlReading } from '../../xml/xml-parser.ts'

/** A longer list is read in turns, bytes: this one has about a thousand services, and is read in 20 ms. */
const AT_ONCE_BYTES = 1 << 17
/** Tags, and then services, that are read in a turn: each about 10 ms. */
const TAGS_OF_A_TURN = 2048
const SERVICES_OF_A_TURN = 1024

/** A list of services, parsed once for all who ask, and in turns where it is long. */
export class ListReading {
  readonly faults = new EntryFaults()
  readonly #body: Uint8Array
  #xml: XmlReading | null = null
  #entries: SltReading | null = null
  #whole = false
  /** Why it cannot be read. */
  #fault: CodecError | null = null

  constructor(body: Uint8Array) {
    this.#body = body
  }

  get isLong(): boolean {
    return this.#body.length > AT_ONCE_BYTES
  }

  /** Reads on for a turn. @returns whether all is read, or cannot be */
  readOn(): boolean {
    return this.#read(TAGS_OF_A_TURN, SERVICES_OF_A_TURN)
  }

  /** The list, of which all is read now. @throws CodecError as `parseSlt` */
  get slt(): Slt {
    while (!this.#read(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY));
    if (this.#fault !== null) throw this.#fault
    return (this.#entries as SltReading).slt
  }

  /** The same, or null where it cannot be read. */
  get readable(): Slt | null {
    try {
      return this.slt
    } catch (thrown) {
      if (thrown instanceof CodecError) return null
      throw thrown
    }
  }

  #read(tags: number, services: number): boolean {
    if (this.#whole || this.#fault !== null) return true
    try {
      if (this.#entries !== null) this.#whole = this.#entries.read(services)
      else {
        this.#xml ??= new XmlReading(this.#body, LLS_LIMITS.xml, this.faults)
        const root = this.#xml.read(tags)
        if (root === null) return false
        this.#xml = null
        this.#entries = new SltReading(root, this.faults)
      }
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.#fault = thrown
    }
    return this.#whole || this.#fault !== null
  }

  destinations(): string[] {
    return this.slt.services.flatMap(({ signalling }) =>
      signalling === null ? [] : [formatDestination(signalling.destinationAddress, signalling.destinationPort)],
    )
  }
}
