import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answering, rangeOf, serveWell, TestServer } from './test-server.ts'

/** A live HLS presentation, by how many segments it has. */
export type HlsScript = {
  /** Its playlists by path, with `count` segments each. */
  readonly playlists: (count: number, isOver: boolean) => Readonly<Record<string, string>>
  /** What the segment of a number adds: files by path, or bytes at the end of one. */
  readonly adds: (number: number) => Readonly<Record<string, Uint8Array>>
  /** Other files by path. */
  readonly files?: Readonly<Record<string, Uint8Array>>
}

/**
 * An HTTP origin of a live HLS presentation that misbehaves on command. It grows when its newest segments were asked for, and ends
 * after `last` segments.
 */
export class HlsOrigin {
  readonly server: TestServer
  readonly files = new Map<string, Uint8Array>()
  /** The next answers to a path, before the right ones. */
  readonly faults = new Map<string, Answering[]>()
  takesRanges = true
  count = 0
  isOver = false
  readonly #script: HlsScript
  readonly #last: number
  /** Of the newest segments, by path: bytes from which on they were not there before. */
  #newest = new Map<string, number>()

  private constructor(server: TestServer, script: HlsScript, last: number) {
    this.server = server
    this.#script = script
    this.#last = last
    for (const [path, bytes] of Object.entries(script.files ?? {})) this.files.set(path, bytes)
    this.#grow()
    server.answer = (request, response) => this.#answer(request, response)
  }

  static async open(script: HlsScript, last = 4): Promise<HlsOrigin> {
    return new HlsOrigin(await TestServer.open(), script, last)
  }

  get playlists(): Readonly<Record<string, string>> {
    return this.#script.playlists(this.count, this.isOver)
  }

  #grow(): void {
    this.count++
    this.#newest = new Map()
    for (const [path, bytes] of Object.entries(this.#script.adds(this.count))) {
      const before = this.files.get(path) ?? new Uint8Array()
      this.#newest.set(path, before.length)
      this.files.set(path, Uint8Array.from([...before, ...bytes]))
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const text = this.playlists[path]
    const file = text === undefined ? this.files.get(path) : new TextEncoder().encode(text)
    const fault = this.faults.get(path)?.shift()
    if (fault !== undefined) fault(request, response, file)
    else if (!this.takesRanges && file !== undefined) response.end(file)
    else serveWell(request, response, file)
    const range = rangeOf(request, this.files.get(path)?.length ?? 0)
    this.asked(path, range?.[0] ?? 0)
  }

  /** Notes that a file was asked for, here or elsewhere. @param from first byte */
  asked(path: string, from: number): void {
    const newest = this.#newest.get(path)
    if (this.isOver || newest === undefined || (this.takesRanges && from < newest)) return
    this.#newest.delete(path)
    if (this.#newest.size > 0) return
    if (this.count < this.#last) this.#grow()
    else this.isOver = true
  }
}
