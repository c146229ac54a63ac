import { CodecError } from '../../bytes/codec-error.ts'
import type { Fault, LimitHit } from '../../flow/findings.ts'
import { gunzipIfGzip, looksGzip } from '../../protocol/gzip.ts'
import { PassedOver } from './passed-over.ts'
import { type Work, WorkBudget } from './work-budget.ts'

// One unit of work is a byte of XML, which takes 25 to 50 ns on a slow machine.

/** Work of all sources: a third of a second at once, then a third of a processor at the most. */
const MOST = 16 << 20
const PER_SECOND = 8 << 20
/** Work before anything has arrived, and that of each byte that arrives, media included. */
const AT_FIRST = 16 << 20
const PER_ARRIVED_BYTE = 2
/** A document of this cost is bounded by time alone: the tables of an hour may be all that arrives. */
const SHORT = 4 << 10
/** New packages that may be read before anything has arrived, and received bytes that pay for one more. */
const PACKAGES_AT_FIRST = 4096
const BYTES_OF_A_PACKAGE = 2048
/** New file tables that may be read before anything has arrived, and received bytes that pay for one more: less than one file has. */
const FILE_TABLES_AT_FIRST = 4096
const BYTES_OF_A_FILE_TABLE = 1024
/** Bytes that are unpacked by one unit. */
const UNPACKED = 8
/** Work on one document, however short. */
const LEAST = 2 << 10
/** Code of the error where no work is left. */
const STORM = 'reading-storm'
const SESSION_MOST = 12 << 20
const SESSION_PER_SECOND = 3 << 20

/**
 * Work of one receiver on tables, packages and packed files: bounded by stream time, and by the bytes that have arrived,
 * since the time of a capture is whatever its maker wrote into it.
 */
export class ReadingWork implements Work {
  /** Bytes of all datagrams so far. */
  arrivedBytes = 0
  #packages = 0
  #fileTables = 0
  readonly #time = new WorkBudget(MOST, PER_SECOND)
  #spent = 0

  take(cost: number, timeUs: number): boolean {
    const left = AT_FIRST + this.arrivedBytes * PER_ARRIVED_BYTE - this.#spent
    const beyond = Math.max(0, cost - SHORT)
    if (left < beyond || !this.#time.take(cost, timeUs)) return false
    this.#spent += beyond
    return true
  }

  /**
   * Takes one package of a service's signalling. Media comes with them, unlike with tables of the LLS, so that what arrived bounds their number.
   * @returns false where there is none left
   */
  takePackage(): boolean {
    if (this.#packages >= PACKAGES_AT_FIRST + this.arrivedBytes / BYTES_OF_A_PACKAGE) return false
    this.#packages++
    return true
  }

  /** Takes one table of files, as `takePackage`: a sender has one for each file at the most. */
  takeFileTable(): boolean {
    if (this.#fileTables >= FILE_TABLES_AT_FIRST + this.arrivedBytes / BYTES_OF_A_FILE_TABLE) return false
    this.#fileTables++
    return true
  }

  add(cost: number): void {
    this.#spent += cost
    this.#time.add(cost)
  }
}

/** Work of one session of many on its tables and messages, and what is passed over. */
export class SessionWork extends WorkBudget {
  readonly passed = new PassedOver()
  readonly whole: ReadingWork

  constructor(whole: ReadingWork) {
    super(SESSION_MOST, SESSION_PER_SECOND, whole)
    this.whole = whole
  }

  /** @returns the finding of a fault that is a lack of work, null of another */
  hit(fault: Fault): LimitHit | null {
    if (fault.code !== STORM) return null
    this.passed.count++
    return { limit: 'tables', passed: this.passed }
  }
}

/**
 * Unpacks, and takes the work of it.
 * @throws CodecError `reading-storm` where there is no work left, else as `unpack`
 */
export function unpackWithin(
  work: Work,
  bytes: Uint8Array,
  maxBytes: number,
  timeUs: number,
  unpack = gunzipIfGzip,
): Uint8Array {
  if (unpack === gunzipIfGzip && !looksGzip(bytes)) return bytes
  if (!work.take(0, timeUs)) throw STORMS.unpacked
  let cost = maxBytes
  try {
    const unpacked = unpack(bytes, maxBytes)
    cost = unpacked === bytes ? 0 : unpacked.length
    return unpacked
  } finally {
    work.add(cost / UNPACKED)
  }
}

/** Takes the work of reading a document. @throws CodecError `reading-storm` where there is no work left */
export function readWithin(work: Work, document: Uint8Array, timeUs: number): void {
  if (!work.take(LEAST + document.length, timeUs)) throw STORMS.read
}

/** As `readWithin`, of a table of files: however short, their number is bounded as well. @throws CodecError `reading-storm` */
export function readFilesWithin(work: SessionWork, document: Uint8Array, timeUs: number): void {
  if (!work.whole.takeFileTable()) throw STORMS.read
  readWithin(work, document, timeUs)
}

/** True of the error where no work is left. */
export function isReadingStorm(thrown: unknown): thrown is CodecError {
  return thrown instanceof CodecError && thrown.code === STORM
}

/** Made once: in a storm each packet meets one. */
const STORMS = { unpacked: storm('unpacked'), read: storm('read') }

function storm(what: string): CodecError {
  return new CodecError(STORM, 0, `more arrives than is ${what} in its time`)
}
