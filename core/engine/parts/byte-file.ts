import type { FileHandle } from 'node:fs/promises'
import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { ByteTee } from '../../flow/byte-tee.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import { streamFile } from '../../server/file-stream.ts'
import type { Part, PartTraffic } from '../part.ts'
import type { ByteFileSpec } from './http-stream-options.ts'
import { openStreamFile } from './stream-file.ts'

/** Opens a file that is given as one stream. @throws AppFailure file-not-found | file-unreadable */
export async function openByteFile(spec: PartSpec): Promise<Part> {
  const own = spec as unknown as ByteFileSpec
  return new ByteFilePart(own, await openStreamFile(own.file))
}

/** Gives the bytes of a file to its takers, then their end. */
class ByteFilePart implements Part {
  readonly id: string
  readonly #spec: ByteFileSpec
  readonly #handle: FileHandle
  readonly #tee = new ByteTee()
  readonly #stopping = new AbortController()
  #linked = false

  constructor(spec: ByteFileSpec, handle: FileHandle) {
    this.id = spec.id
    this.#spec = spec
    this.#handle = handle
  }

  link(to: Part): void {
    this.#tee.add(to.input as ByteSink)
    this.#linked = true
  }

  async start(): Promise<void> {
    if (!this.#linked)
      throw new AppFailure('bad-spec', `${this.id} is given to nobody.`, 'Link it to a part that takes bytes.')
  }

  async run(): Promise<void> {
    const { file: name, pace } = this.#spec
    await streamFile({ handle: this.#handle, name }, pace, this.#tee, this.#stopping.signal)
  }

  traffic(): PartTraffic {
    return { given: this.#tee }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#handle.close()
  }
}
