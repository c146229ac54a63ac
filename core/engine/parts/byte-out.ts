import type { PartSpec } from '../../contract/session-spec.ts'
import { OutputFile } from '../../files/output-file.ts'
import { writeFailure } from '../../files/write-failure.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import { mediaSection } from '../media/media-section.ts'
import type { AnySection, Part, PartHost, PartTraffic } from '../part.ts'
import type { ByteOutSpec } from './scaler-options.ts'

/** Bytes that wait for the disk before the giver is held back. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024

/** Opens the file. @throws AppFailure file-in-use, folder-not-writable | disk-full */
export async function openByteOut(spec: PartSpec, host: PartHost): Promise<Part> {
  const { id, file } = spec as unknown as ByteOutSpec
  const output = await OutputFile.open(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === undefined ? error : writeFailure(error, file)
  })
  return new ByteOutPart(id, file, output, host)
}

/** Writes a stream to a file, piece by piece in order. */
class ByteOutPart implements Part, ByteSink {
  readonly id: string
  readonly #file: string
  readonly #output: OutputFile
  readonly #host: PartHost
  readonly #sections: readonly AnySection[]
  #written = Promise.resolve()
  #bytes = 0
  #pieces = 0
  #waitingBytes = 0
  #hasBytes = false
  #failed = false
  #closing: Promise<void> | null = null

  constructor(id: string, file: string, output: OutputFile, host: PartHost) {
    this.id = id
    this.#file = file
    this.#output = output
    this.#host = host
    this.#sections = mediaSection(() => ({
      part: id,
      direction: 'out',
      address: file,
      bytes: this.#bytes,
      packets: this.#pieces,
      clients: 0,
      dropped: 0,
    }))
  }

  get input(): ByteSink {
    return this
  }

  chunk(bytes: Uint8Array, start: number, end: number): void {
    if (this.#failed || this.#closing !== null) return
    const piece = bytes.slice(start, end)
    this.#waitingBytes += piece.length
    this.#hasBytes = true
    this.#written = this.#written.then(() => this.#write(piece))
  }

  end(): void {
    // The file ends with the part.
  }

  busy(): Promise<void> | null {
    return this.#waitingBytes > MAX_WAITING_BYTES ? this.#written : null
  }

  written(): number {
    return this.#hasBytes ? 1 : 0
  }

  async stop(): Promise<void> {
    this.#closing ??= this.#written.then(() => (this.#hasBytes ? this.#output.close() : this.#output.abandon()))
    await this.#closing
  }

  async close(): Promise<void> {
    await this.stop()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  traffic(): PartTraffic {
    return { waiting: { items: 0, bytes: this.#waitingBytes } }
  }

  async #write(piece: Uint8Array): Promise<void> {
    try {
      if (this.#failed) return
      await this.#output.empty()
      for (let at = 0; at < piece.length; ) at += (await this.#output.handle.write(piece, at)).bytesWritten
      this.#bytes += piece.length
      this.#pieces++
    } catch (error) {
      this.#failed = true
      this.#host.problem(writeFailure(error as NodeJS.ErrnoException, this.#file).error, 'error')
    } finally {
      this.#waitingBytes -= piece.length
    }
  }
}
