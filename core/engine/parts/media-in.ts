import { u32At } from '../../bytes/ints.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { MediaFile, type MediaFilePart } from '../../files/media-file.ts'
import { relocateMovie } from '../../media/mp4/relocate-movie.ts'
import { MAX_TABLE_BYTES } from '../../media/stream/stream-faults.ts'
import { byteTaker } from '../media/byte-taker.ts'
import { mediaSection } from '../media/media-section.ts'
import { declaredFormat } from '../media/stream-format.ts'
import type { AnySection, Part, PartHost, PartTraffic } from '../part.ts'
import type { MediaInSpec } from './media-options.ts'

/** Most boxes at the top level of a file that are looked at for its movie header. */
const MAX_BOXES = 100_000

/** Opens a media file. @throws AppFailure file-not-found | file-unreadable | not-supported */
export async function openMediaIn(spec: PartSpec, host: PartHost): Promise<Part> {
  const options = spec as unknown as MediaInSpec
  declaredFormat(options, options.file)
  return new MediaInPart(options, await MediaFile.open(options.file), host)
}

/** Gives the bytes of a media file; of a plain MP4 its movie header first, wherever it is. */
class MediaInPart implements Part {
  readonly id: string
  readonly #spec: MediaInSpec
  readonly #file: MediaFile
  readonly #host: PartHost
  readonly #takers: Part[] = []
  readonly #sections: readonly AnySection[]
  #bytes = 0
  #pieces = 0
  #stopped = false
  #wake: () => void = () => undefined

  constructor(spec: MediaInSpec, file: MediaFile, host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#file = file
    this.#host = host
    this.#sections = mediaSection(() => ({
      part: spec.id,
      direction: 'in',
      address: spec.file,
      bytes: this.#bytes,
      packets: this.#pieces,
      clients: 0,
      dropped: 0,
    }))
  }

  link(to: Part): void {
    this.#takers.push(to)
  }

  async run(): Promise<void> {
    const sink = byteTaker(this.#takers)
    if (sink === null)
      throw new AppFailure('bad-spec', `Nothing takes what is in ${this.#spec.file}.`, 'Name a destination.')
    const format = declaredFormat(this.#spec, this.#spec.file)
    if (format !== null) sink.format?.(format)
    const stopped = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    const goesOn = (): boolean => !this.#stopped && sink.isOver !== true
    await this.#file.each(await this.#parts(), (bytes) => {
      sink.chunk(bytes, 0, bytes.length, this.#host.nowUs())
      this.#bytes += bytes.length
      this.#pieces++
      const busy = sink.busy?.() ?? null
      return busy === null ? goesOn() : Promise.race([busy, stopped]).then(goesOn)
    })
    sink.end(this.#host.nowUs())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  traffic(): PartTraffic {
    return { given: { items: this.#pieces, bytes: this.#bytes } }
  }

  /** The file in the order in which it is read. */
  async #parts(): Promise<readonly MediaFilePart[]> {
    const whole = [{ start: 0, end: this.#file.size }]
    let mdatAt: number | null = null
    for (let at = 0, count = 0; at + 8 <= this.#file.size && count < MAX_BOXES; count++) {
      const head = await this.#file.read(at, at + 16)
      const type = String.fromCharCode(...head.subarray(4, 8))
      let size = u32At(head, 0)
      if (size === 1 && head.length === 16) size = u32At(head, 8) * 0x1_0000_0000 + u32At(head, 12)
      if (size === 0) size = this.#file.size - at
      if (size < 8 || !/^[ -~]{4}$/.test(type) || type === 'moof') return whole
      if (type === 'mdat') mdatAt ??= at
      if (type === 'moov') {
        if (mdatAt === null || size > MAX_TABLE_BYTES) return whole
        const moved = relocateMovie(await this.#file.read(at, at + size), mdatAt, at)
        if (moved === null) return whole
        const end = at + size
        return [{ start: 0, end: mdatAt }, moved, { start: mdatAt, end: at }, { start: end, end: this.#file.size }]
      }
      at += size
    }
    return whole
  }
}
