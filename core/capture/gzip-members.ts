import { constants, createInflateRaw, type InflateRaw } from 'node:zlib'
import { checksum32 } from '#platform'

/** What is wrong with a gzip file; `at` and `bytes` count compressed bytes. */
export type GzipFault =
  /** Bytes behind or between members that belong to none; zeros are padding. */
  | { readonly kind: 'junk'; readonly at: number; readonly bytes: number }
  /** A member cannot be inflated from here on; `reason` is zlib's. */
  | { readonly kind: 'damaged'; readonly at: number; readonly reason: string }
  /** A member was inflated whole, but to other bytes than were packed. */
  | { readonly kind: 'checksum'; readonly at: number }
  /** More members than what was read can have for a reason: the rest is not read. */
  | { readonly kind: 'members'; readonly at: number; readonly count: number }
  /** The file ends within a member. */
  | { readonly kind: 'cut'; readonly at: number }

/** Compressed bytes given to zlib in one call. It drops what it inflated in the call in which it finds damage. */
const PIECE_BYTES = 64 * 1024
/** Size of inflated chunks: damage costs no more than one. */
const CHUNK_BYTES = 64 * 1024
/** Fixed part of a header, and the trailer: check sum and size. */
const HEADER_BYTES = 10
const TRAILER_BYTES = 8
/** Longest header that is searched for the end of a name or comment. */
const MAX_HEADER_BYTES = 256 * 1024
/** Members that a file may have, and one more for each so many of its bytes: each one costs time of its own. */
const FREE_MEMBERS = 4096
const BYTES_PER_MEMBER = 1024
const FLAG = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const

/**
 * Decompresses a chain of gzip members (RFC 1952 §2.2). Everything that was inflated is given out, whatever comes behind it:
 * junk and damage are passed over up to the next member, and told. Node's gunzip drops the end of a member that junk follows.
 */
export class GzipMembers {
  readonly #input: CompressedInput
  readonly #fault: (fault: GzipFault) => void
  #member: Member | null = null
  #count = 0
  #ended = false

  /**
   * @param next gives the next compressed bytes, empty at the end
   * @param fault called with each fault
   */
  constructor(next: () => Promise<Uint8Array>, fault: (fault: GzipFault) => void) {
    this.#input = new CompressedInput(next)
    this.#fault = fault
  }

  /** @returns the next inflated bytes, at least one; null at the end */
  async read(): Promise<Uint8Array | null> {
    while (!this.#ended) {
      const member = this.#member
      if (member === null) {
        await this.#begin()
        continue
      }
      const chunk = member.take()
      if (chunk !== null) return chunk
      if (member.problem !== null) {
        this.#fault({ kind: 'damaged', at: this.#input.at, reason: member.problem })
        this.#leave()
        await this.#search(false)
      } else if (member.isWhole) await this.#finish(member)
      else await this.#feed(member)
    }
    return null
  }

  /** Frees memory; a pending read ends. */
  close(): void {
    this.#ended = true
    this.#member?.close()
  }

  async #feed(member: Member): Promise<void> {
    await this.#input.fill(1)
    const piece = this.#input.bytes.subarray(0, PIECE_BYTES)
    if (piece.length > 0) this.#input.skip(await member.give(piece))
    else {
      this.#fault({ kind: 'cut', at: this.#input.at })
      this.close()
    }
  }

  /** Skips padding, and reads the header of the next member. */
  async #begin(): Promise<void> {
    const input = this.#input
    do {
      await input.fill(1)
      input.skip(zerosIn(input.bytes))
    } while (input.bytes.length === 0 && !input.isAtEnd)
    if (input.bytes.length === 0) this.close()
    else if ((await this.#header()) < 0) await this.#search(true)
    else await this.#open()
  }

  /** Passes over what is no member. @param tell false where that is known already */
  async #search(tell: boolean): Promise<void> {
    const input = this.#input
    const { at } = input
    do {
      // No header begins at the first byte: it has been tried.
      if (input.bytes.length > 0) input.skip(1)
      await input.fill(HEADER_BYTES)
      input.skip(headerStart(input.bytes))
    } while (input.bytes.length > 0 && (await this.#header()) < 0)
    if (tell) this.#fault({ kind: 'junk', at, bytes: input.at - at })
    if (input.bytes.length > 0) await this.#open()
    else this.close()
  }

  async #open(): Promise<void> {
    const { at } = this.#input
    if (++this.#count > FREE_MEMBERS + at / BYTES_PER_MEMBER) {
      this.#fault({ kind: 'members', at, count: this.#count })
      this.close()
      return
    }
    this.#input.skip(await this.#header())
    this.#member = new Member()
  }

  #leave(): void {
    this.#member?.close()
    this.#member = null
  }

  /** Compares the trailer of a member. */
  async #finish(member: Member): Promise<void> {
    const input = this.#input
    await input.fill(TRAILER_BYTES)
    if (input.bytes.length < TRAILER_BYTES) {
      this.#fault({ kind: 'cut', at: input.at + input.bytes.length })
      this.close()
      return
    }
    const { buffer, byteOffset } = input.bytes
    const trailer = new DataView(buffer, byteOffset, TRAILER_BYTES)
    const same = trailer.getUint32(0, true) === member.checksum && trailer.getUint32(4, true) === member.size % 2 ** 32
    if (!same) this.#fault({ kind: 'checksum', at: input.at })
    input.skip(TRAILER_BYTES)
    this.#leave()
  }

  /** Length of the header that the input begins with; -1 where that is none. */
  async #header(): Promise<number> {
    const input = this.#input
    await input.fill(HEADER_BYTES)
    const flags = headerFlags(input.bytes, 0)
    if (flags < 0) return -1
    let length = HEADER_BYTES
    if ((flags & FLAG.extra) !== 0) {
      await input.fill(length + 2)
      const [low = 0, high = 0] = input.bytes.subarray(length, length + 2)
      length += 2 + low + high * 256
    }
    for (const text of [FLAG.name, FLAG.comment]) {
      if ((flags & text) === 0) continue
      for (;;) {
        await input.fill(length + 1)
        if (length >= Math.min(input.bytes.length, MAX_HEADER_BYTES)) return -1
        if (input.bytes[length++] === 0) break
      }
    }
    if ((flags & FLAG.headerChecksum) !== 0) length += 2
    await input.fill(length)
    return input.bytes.length < length ? -1 : length
  }
}

/** One member being inflated. */
class Member {
  /** Why it cannot be inflated; null while it can. */
  problem: string | null = null
  /** Its deflate stream has ended. */
  isWhole = false
  checksum = 0
  size = 0
  readonly #raw: InflateRaw
  readonly #chunks: Uint8Array[] = []
  #settle: () => void = () => undefined

  constructor() {
    const raw = createInflateRaw({ chunkSize: CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH })
    raw.on('data', (chunk: Uint8Array) => void this.#chunks.push(chunk))
    raw.on('end', () => {
      this.isWhole = true
      this.#settle()
    })
    raw.on('error', (error) => this.#failed(error))
    raw.on('close', () => this.#settle())
    this.#raw = raw
  }

  /** Inflates a piece. @returns how many of its bytes belong to the member */
  async give(piece: Uint8Array): Promise<number> {
    const before = this.#raw.bytesWritten
    await new Promise<void>((resolve) => {
      this.#settle = resolve
      this.#raw.write(piece, (error) => {
        if (error) this.#failed(error)
        resolve()
      })
    })
    return this.problem === null ? this.#raw.bytesWritten - before : 0
  }

  take(): Uint8Array | null {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return null
    this.checksum = checksum32(chunk, this.checksum)
    this.size += chunk.length
    return chunk
  }

  close(): void {
    this.#raw.destroy()
  }

  #failed(error: Error): void {
    this.problem ??= error.message
    this.#settle()
  }
}

/** Compressed bytes, with a look ahead. */
class CompressedInput {
  bytes: Uint8Array = new Uint8Array(0)
  isAtEnd = false
  /** Position of `bytes[0]`. */
  at = 0
  readonly #next: () => Promise<Uint8Array>

  constructor(next: () => Promise<Uint8Array>) {
    this.#next = next
  }

  /** Reads on until there are `least` bytes, fewer at the end only. */
  async fill(least: number): Promise<void> {
    while (this.bytes.length < least && !this.isAtEnd) {
      const more = await this.#next()
      if (more.length === 0) this.isAtEnd = true
      else this.bytes = this.bytes.length === 0 ? more : Buffer.concat([this.bytes, more])
    }
  }

  skip(count: number): void {
    this.bytes = this.bytes.subarray(count)
    this.at += count
  }
}

function zerosIn(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length && bytes[at] === 0) at++
  return at
}

/** Flags of the header at `bytes[at]`; -1 where there is none. */
function headerFlags(bytes: Uint8Array, at: number): number {
  const flags = bytes[at + 3] ?? FLAG.reserved
  const isHeader = bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && (flags & FLAG.reserved) === 0
  return isHeader ? flags : -1
}

/** Where a header may begin, else where the bytes are to be looked at again together with those that follow. */
function headerStart(bytes: Uint8Array): number {
  let at = bytes.indexOf(0x1f)
  while (at >= 0 && at + HEADER_BYTES <= bytes.length && headerFlags(bytes, at) < 0) at = bytes.indexOf(0x1f, at + 1)
  return at < 0 ? bytes.length : at
}
