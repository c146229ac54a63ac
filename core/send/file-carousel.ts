import type { Presentation, PresentationFile } from '../ingest/presentation.ts'
import {
  closingPackets,
  type EmitContext,
  type Emitter,
  MAX_GAP_US,
  type OutgoingObject,
  type PacketSender,
} from './emitter.ts'

/** How an input's plain files are sent, where it has something of its own. */
export type FileTimes = {
  /** Time from one turn to the next, µs; 0: they are sent once. */
  readonly everyUs?: number
  /** Time that sending all of them once takes, µs; 0: as fast as possible. */
  readonly overUs?: number
}

/** Whether a service's files are repeated. */
export function repeatsFiles({ everyUs }: FileTimes, loop: boolean): boolean {
  return everyUs === undefined ? loop : everyUs > 0
}

/** Repetition of files that are not media. */
export type FileCarouselOptions = {
  readonly startUs: number
  readonly times: FileTimes
  /** Shortest time of a turn, where the input has none. */
  readonly periodUs: number
  /** Largest rate, which may lengthen a turn, bit/s. */
  readonly rateBps: number
  /** Repeat for ever; otherwise send once. */
  readonly repeat: boolean
  /** Called when a file is not there any more, or is there again, before the next packet. */
  readonly changed?: (context: EmitContext) => void
  /** Called when nothing follows. */
  readonly ended: (context: EmitContext) => void
}

/** Makes a file's object, after what it needs before it. @param index of the file in the presentation */
export type OpenFile = (
  index: number,
  file: PresentationFile,
  bytes: Uint8Array,
  context: EmitContext,
) => OutgoingObject

/** Sends plain files one after another, evenly spread over a turn, a file's packets less thinly. */
export class FileCarousel implements Emitter {
  objects = 0
  #nextUs: number
  #turnStartUs: number
  #index = 0
  #sentBytes = 0
  #object: OutgoingObject | null = null
  /** Packets to its end; without one Infinity. */
  #packetsLeft = Number.POSITIVE_INFINITY
  #isClosing = false
  readonly #files: readonly PresentationFile[]
  readonly #presentation: Presentation
  readonly sender: PacketSender
  readonly #open: OpenFile
  readonly #turnUs: number
  /** Part of a turn in which packets are sent. */
  readonly #sendUs: number
  readonly #totalBytes: number
  readonly #repeat: boolean
  readonly #changed: ((context: EmitContext) => void) | undefined
  readonly #ended: (context: EmitContext) => void
  readonly #absent = new Set<PresentationFile>()

  constructor(presentation: Presentation, sender: PacketSender, open: OpenFile, options: FileCarouselOptions) {
    this.#files = presentation.files
    this.#presentation = presentation
    this.sender = sender
    this.#open = open
    this.#repeat = options.repeat
    this.#changed = options.changed
    this.#ended = options.ended
    this.#totalBytes = Math.max(
      1,
      presentation.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    )
    const { everyUs, overUs } = options.times
    const periodUs = everyUs === undefined || everyUs === 0 ? options.periodUs : everyUs
    this.#turnUs = Math.max(periodUs, overUs ?? Math.ceil((this.#totalBytes * 8_000_000) / options.rateBps))
    this.#sendUs = overUs ?? this.#turnUs
    this.#turnStartUs = options.startUs
    this.#nextUs = this.#files.length === 0 ? Number.POSITIVE_INFINITY : options.startUs
  }

  get nextUs(): number {
    return this.#nextUs
  }

  /** Files that could not be read when it was their turn. */
  get absent(): ReadonlySet<PresentationFile> {
    return this.#absent
  }

  missing(): PresentationFile[] {
    const file = this.#object === null ? this.#files[this.#index] : this.#files[this.#index + 1]
    const { bytes } = this.#presentation
    return file === undefined || bytes.get(file) !== null || bytes.isUnreadable(file) ? [] : [file]
  }

  /** Continues after a pause without catching up. */
  resume(nowUs: number): void {
    const lateUs = nowUs - this.#nextUs
    if (lateUs <= 0) return
    this.#turnStartUs += lateUs
    this.#nextUs += lateUs
  }

  close(nowUs: number): void {
    if (this.#isClosing || this.#nextUs === Number.POSITIVE_INFINITY) return
    this.#isClosing = true
    const object = this.#object
    const rest = object === null ? 0 : object.sizeBytes - object.offset
    this.#packetsLeft = closingPackets(object, (this.#sendUs * rest) / this.#totalBytes)
    if (object === null) this.#nextUs = nowUs
  }

  send(context: EmitContext): boolean {
    const file = this.#files[this.#index]
    if (file === undefined) return false
    const { bytes } = this.#presentation
    if (this.#object === null) {
      if (this.#isClosing) return this.#end(file, context)
      const stored = bytes.get(file)
      if (stored === null && !bytes.isUnreadable(file)) return false
      if (this.#absent.has(file) !== (stored === null)) {
        if (stored === null) this.#absent.add(file)
        else this.#absent.delete(file)
        this.#changed?.(context)
      }
      if (stored === null) return this.#end(file, context)
      this.#object = this.#open(this.#index, file, stored, context)
    }
    const object = this.#object
    this.sender.next(object, context)
    if (object.done) this.objects++
    if (object.done || --this.#packetsLeft === 0) return this.#end(file, context)
    const lastUs = this.#nextUs
    this.#pace(this.#sentBytes + object.offset)
    this.#nextUs = Math.min(this.#nextUs, lastUs + MAX_GAP_US)
    return true
  }

  /** Goes on to the next file, after one that was sent or cannot be read. */
  #end(file: PresentationFile, context: EmitContext): true {
    this.#presentation.bytes.release(file)
    this.#object = null
    this.#sentBytes += file.sizeBytes
    this.#index++
    if (this.#isClosing || this.#index === this.#files.length) {
      if (this.#isClosing || !this.#repeat) {
        this.#nextUs = Number.POSITIVE_INFINITY
        this.#ended(context)
        return true
      }
      this.#index = 0
      this.#sentBytes = 0
      this.#turnStartUs += this.#turnUs
    }
    this.#pace(this.#sentBytes)
    return true
  }

  #pace(done: number): void {
    this.#nextUs = this.#turnStartUs + Math.floor((this.#sendUs * done) / this.#totalBytes)
  }
}
