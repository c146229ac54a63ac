import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { answerContent } from './content-answer.ts'
import type { Exchange } from './exchange.ts'
import { mediaTypeOf } from './mime.ts'

type StaticFile = { readonly path: string; readonly size: number; readonly modifiedMs: number }

/** Serves our own files of a folder, by the names it had when read; nothing else in or outside of it is served. */
export class StaticFiles {
  readonly #files = new Map<string, StaticFile>()

  /** Reads the names of the folder; a missing folder has no files. */
  constructor(folder: string) {
    this.#read(folder, '')
  }

  /** Serves the file below the mount's prefix, `index.html` for a folder; 404 where there is none. */
  async answer(exchange: Exchange): Promise<void> {
    const asked = exchange.target.components.join('/')
    const name = asked === '' || asked.endsWith('/') ? `${asked}index.html` : asked
    const file = this.#files.get(name)
    if (file !== undefined) {
      const { path, size, modifiedMs } = file
      const etag = `"${size.toString(16)}-${Math.floor(modifiedMs).toString(16)}"`
      const answered = await answerContent(exchange, {
        source: { path },
        size,
        mediaType: mediaTypeOf(name, null),
        validators: { etag, modifiedMs },
        headers: { 'Cache-Control': 'no-cache' },
      })
      if (answered) return
    }
    exchange.refuse({ status: 404, sentence: 'There is nothing here.' })
  }

  #read(folder: string, prefix: string): void {
    let entries: ReturnType<typeof entriesOf>
    try {
      entries = entriesOf(folder)
    } catch {
      return
    }
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) this.#read(path, `${prefix}${entry.name}/`)
      else if (entry.isFile()) {
        const { size, mtimeMs } = statSync(path)
        this.#files.set(`${prefix}${entry.name}`, { path, size, modifiedMs: mtimeMs })
      }
    }
  }
}

function entriesOf(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
}
