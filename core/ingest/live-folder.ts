import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { FolderDoor, NotReadable, readRegular } from '../files/door.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { GrowingBody } from './growing-body.ts'
import type { ByteSpan, GrowingFile, GrowingOrigin, LiveDocument, LiveFile } from './growing-origin.ts'
import { nameBelow } from './names-below.ts'
import { readFailure } from './presentation-folder.ts'

const MAX_MANIFEST_BYTES = 8 << 20
/** A file that nobody has written to for this long is whole: its writer may have no other name for it before, ms. */
const STILL_MS = 300

/** A live presentation in a folder, whose manifest another program writes again and again. */
export class LiveFolder implements GrowingOrigin {
  readonly #path: string
  readonly #folder: string
  readonly #nowUs: () => number
  #before: Uint8Array | null = null

  /** @param path of the manifest */
  constructor(path: string, nowUs: () => number) {
    this.#path = path
    this.#folder = dirname(path)
    this.#nowUs = nowUs
  }

  nowUs(): number {
    return this.#nowUs()
  }

  async manifest(): Promise<LiveDocument | null> {
    let bytes: Uint8Array
    try {
      bytes = await readRegular(this.#path, MAX_MANIFEST_BYTES)
    } catch (error) {
      throw readFailure(this.#path, error)
    }
    if (this.#before !== null && Buffer.compare(bytes, this.#before) === 0) return null
    this.#before = bytes
    return { bytes, url: '' }
  }

  async follow(): Promise<void> {
    // It stays where it is, and its clock is this machine's.
  }

  async playlist(name: string): Promise<LiveDocument> {
    try {
      const door = await FolderDoor.open(this.#folder)
      return { bytes: await door.read(nameBelow(name).path, MAX_MANIFEST_BYTES), url: name }
    } catch (error) {
      throw readFailure(join(this.#folder, name), error)
    }
  }

  async file(name: string, maxBytes: number, signal: AbortSignal, range: ByteSpan | null = null): Promise<LiveFile> {
    return range === null ? await this.#whole(name, maxBytes, signal) : await this.#part(name, range)
  }

  /** A part of a file that still grows. */
  async #part(name: string, [from, to]: ByteSpan): Promise<LiveFile> {
    return this.#reading(async (door): Promise<LiveFile> => {
      const handle = await door.openFile(nameBelow(name).path)
      try {
        const bytes = new Uint8Array(to - from)
        const { bytesRead } = await handle.read(bytes, 0, to - from, from)
        if (bytesRead === bytes.length) return { kind: 'bytes', bytes }
        return { kind: 'absent', reason: `it has ${bytesRead} of ${bytes.length} bytes` }
      } finally {
        await handle.close()
      }
    })
  }

  async #whole(name: string, maxBytes: number, signal: AbortSignal): Promise<LiveFile> {
    return this.#reading(async (door): Promise<LiveFile> => {
      const { path } = nameBelow(name)
      for (;;) {
        const handle = await door.openFile(path)
        try {
          const { size, mtimeMs } = await handle.stat()
          const stillMs = Date.now() - mtimeMs
          // A clock that was set back must not hold a file for ever.
          if (stillMs >= STILL_MS || stillMs < -STILL_MS) {
            if (size > maxBytes) return { kind: 'gone', reason: `it has ${size} bytes, more than ${maxBytes}` }
            const bytes = new Uint8Array(size)
            const { bytesRead } = await handle.read(bytes, 0, size, 0)
            const after = await handle.stat()
            if (size > 0 && bytesRead === size && after.size === size && after.mtimeMs === mtimeMs)
              return { kind: 'bytes', bytes }
            if (size === 0) return { kind: 'absent', reason: 'it is empty' }
          }
        } finally {
          await handle.close()
        }
        if (signal.aborted) return { kind: 'absent', reason: 'it is still being written' }
        await pause(SYSTEM_CLOCK, STILL_MS / 3, signal)
      }
    })
  }

  /** Reads through a new door each time: one remembers all that it opened. */
  async #reading<File>(read: (door: FolderDoor) => Promise<File>): Promise<File | LiveFile> {
    try {
      return await read(await FolderDoor.open(this.#folder))
    } catch (error) {
      if (error instanceof NotReadable)
        return { kind: error.why === 'missing' ? 'absent' : 'failed', reason: `it ${error.message}` }
      if (error instanceof AppFailure) return { kind: 'gone', reason: error.error.message }
      throw error
    }
  }

  async growing(name: string, wholeUs: number, over: AbortSignal): Promise<GrowingFile> {
    return this.#reading(async (door): Promise<GrowingFile> => {
      const handle = await door.openFile(nameBelow(name).path)
      const file = new GrowingFileReader(handle, () => this.#nowUs() >= wholeUs, over)
      if (await file.first()) return { kind: 'growing', body: file.body }
      await handle.close()
      return { kind: 'absent', reason: 'it is empty' }
    })
  }

  shown(name: string): string {
    return shownText(join(this.#folder, name), 1000)
  }

  async close(): Promise<void> {
    // Nothing stays open.
  }
}

/** Longest time from the writing of a piece to its reading, ms. */
const LOOK_MS = 5
const PIECE_BYTES = 256 << 10

/** Reads a file as another program writes it. */
class GrowingFileReader {
  readonly body = new GrowingBody(null)
  readonly #handle: FileHandle
  readonly #isDue: () => boolean
  readonly #over: AbortSignal
  readonly #piece = new Uint8Array(PIECE_BYTES)
  #changedMs = Date.now()

  /** @param isDue it should be whole by now: then it is, once nobody writes to it any more */
  constructor(handle: FileHandle, isDue: () => boolean, over: AbortSignal) {
    this.#handle = handle
    this.#isDue = isDue
    this.#over = over
  }

  /** Reads what is there, and goes on by itself. @returns whether there is anything */
  async first(): Promise<boolean> {
    await this.#read()
    if (this.body.length === 0) return false
    void this.#follow()
    return true
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#over.aborted && !(this.#isDue() && Date.now() - this.#changedMs >= STILL_MS)) {
        await pause(SYSTEM_CLOCK, LOOK_MS, this.#over)
        await this.#read()
      }
      this.body.end(!this.#over.aborted)
    } catch {
      this.body.end(false)
    } finally {
      await this.#handle.close()
    }
  }

  async #read(): Promise<void> {
    for (;;) {
      const { bytesRead } = await this.#handle.read(this.#piece, 0, PIECE_BYTES, this.body.length)
      if (bytesRead === 0) return
      if (this.body.length + bytesRead > MAX_OBJECT_BYTES) throw new RangeError('it is too long')
      this.#changedMs = Date.now()
      this.body.append(this.#piece.subarray(0, bytesRead))
    }
  }
}
