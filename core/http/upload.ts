import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { safeRelativePath } from '../files/safe-name.ts'
import type { Exchange } from './exchange.ts'

/** Largest capture a browser may upload. */
const UPLOAD_LIMIT_BYTES = 8 * 1024 ** 3

/** Stores uploads in a folder, each in one of its own. */
export class Uploads {
  readonly #folder: string
  #count = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Stores the request's body under the safe form of `?name=`, and answers with its path as JSON. A broken upload is removed. */
  async answer(exchange: Exchange): Promise<void> {
    const { request } = exchange
    const folder = join(this.#folder, String(++this.#count))
    const path = join(folder, fileNameOf(exchange.target.query.get('name') ?? 'capture'))
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > UPLOAD_LIMIT_BYTES) request.destroy()
      })
      await pipeline(request, createWriteStream(path, { flags: 'wx' }))
      exchange.text(200, 'application/json', JSON.stringify({ path }))
    } catch (error) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined)
      const reason = error instanceof Error ? error.message : String(error)
      exchange.refuse({ status: 507, sentence: `The capture could not be stored: ${reason}.` })
    }
  }
}

function fileNameOf(named: string): string {
  return safeRelativePath(
    basename(named.replaceAll('\\', '/'))
      .replace(/[^\w.-]+/g, '_')
      .slice(-120),
  )
}
