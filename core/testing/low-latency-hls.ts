import type { IncomingMessage, ServerResponse } from 'node:http'
import { seededBelow } from './seeded.ts'
import { type Answering, serveWell, TestServer } from './test-server.ts'

/** How the parts of a segment are there: as files of their own, or as ranges of the segment's. */
export type PartLayout = 'files' | 'ranges'

/** Parts of a segment. */
const PARTS = 3
const PART_S = 0.1

/** How a low-latency origin behaves. */
type Manner = {
  readonly layout: PartLayout
  /** It holds requests for what is made next. */
  readonly blocks: boolean
  /** It names the part that is made next. */
  readonly hints: boolean
}

/**
 * An HTTP origin of a live HLS presentation in parts that misbehaves on command. It begins with a whole segment and a part of the
 * second, makes one more part with each `step`, and ends after `last` segments.
 */
export class LowLatencyHlsOrigin {
  readonly server: TestServer
  /** The next answers to a name, before the right ones. */
  readonly faults = new Map<string, Answering[]>()
  readonly #manner: Manner
  readonly #total: number
  readonly #held = new Set<() => void>()
  made = PARTS + 1
  isOver = false

  private constructor(server: TestServer, manner: Manner, last: number) {
    this.server = server
    this.#manner = manner
    this.#total = last * PARTS
    server.answer = (request, response) => this.#answer(request, response)
  }

  static async open(manner: Partial<Manner> = {}, last = 4): Promise<LowLatencyHlsOrigin> {
    const all: Manner = { layout: 'files', blocks: true, hints: true, ...manner }
    return new LowLatencyHlsOrigin(await TestServer.open(), all, last)
  }

  get playlistUrl(): string {
    return `${this.server.url}live/low.m3u8?key=1`
  }

  /** Bytes of a segment, from 0. */
  segment(number: number): Uint8Array {
    return Buffer.concat(Array.from({ length: PARTS }, (_, at) => part(number * PARTS + at)))
  }

  /** Bytes of the segments that begin with the second. */
  get madeBytes(): number {
    return Array.from({ length: this.made }, (_, at) => part(at).length).reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Makes the next part, or after the last one ends. */
  step(): void {
    if (this.made < this.#total) this.made++
    else this.isOver = true
    for (const look of [...this.#held]) look()
  }

  async close(): Promise<void> {
    await this.server.close()
  }

  get playlist(): string {
    const { layout, blocks, hints } = this.#manner
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      '#EXT-X-TARGETDURATION:1',
      ...(blocks ? ['#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.3'] : []),
      `#EXT-X-PART-INF:PART-TARGET=${PART_S}`,
      '#EXT-X-MAP:URI="init.mp4"',
    ]
    for (let number = 0; number * PARTS < this.made; number++) {
      const made = Math.min(PARTS, this.made - number * PARTS)
      // Parts of older segments are listed no more.
      if (number * PARTS + 2 * PARTS >= this.made)
        for (let at = 0; at < made; at++)
          lines.push(`#EXT-X-PART:DURATION=${PART_S},${this.#place(number, at, layout)}`)
      if (made === PARTS) lines.push('#EXTINF:0.3,', segmentName(number))
    }
    if (this.isOver) lines.push('#EXT-X-ENDLIST')
    else if (hints && this.made < this.#total) {
      const [number, at] = [Math.floor(this.made / PARTS), this.made % PARTS]
      if (layout === 'files') lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${partName(number, at)}"`)
      else
        lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${segmentName(number)}",BYTERANGE-START=${startOf(number, at)}`)
    }
    return lines.join('\n')
  }

  #place(number: number, at: number, layout: PartLayout): string {
    if (layout === 'files') return `INDEPENDENT=YES,URI="${partName(number, at)}"`
    const { length } = part(number * PARTS + at)
    return `URI="${segmentName(number)}",BYTERANGE="${length}${at === 0 ? '@0' : ''}"`
  }

  /** Content of a name, as far as it is made; undefined: it is not there. */
  #file(name: string): Uint8Array | undefined {
    if (name === 'init.mp4') return INIT
    const [, number, at] = /^low-(\d+)(?:\.(\d+))?\.m4s$/.exec(name) ?? []
    if (number === undefined) return undefined
    const first = Number(number) * PARTS
    if (at !== undefined) return first + Number(at) < this.made ? part(first + Number(at)) : undefined
    const made = Math.min(PARTS, this.made - first)
    return made < 1 ? undefined : this.segment(Number(number)).subarray(0, startOf(Number(number), made))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', this.server.url)
    const name = pathname.slice(pathname.lastIndexOf('/') + 1)
    const fault = this.faults.get(name)?.shift()
    if (fault !== undefined) fault(request, response, this.#file(name))
    else if (name === 'low.m3u8') {
      const wanted = Number(searchParams.get('_HLS_msn') ?? 0) * PARTS + Number(searchParams.get('_HLS_part') ?? -1)
      this.#once(
        () => this.#manner.blocks === false || this.made > wanted,
        () => response.end(this.playlist),
      )
    } else if (this.#manner.blocks && name === this.#nextPart)
      this.#once(
        () => this.#file(name) !== undefined,
        () => serveWell(request, response, this.#file(name)),
      )
    else serveWell(request, response, this.#file(name))
  }

  get #nextPart(): string {
    return partName(Math.floor(this.made / PARTS), this.made % PARTS)
  }

  /** Calls back as soon as something holds, or the presentation is over. */
  #once(holds: () => boolean, then: () => void): void {
    const look = (): void => {
      if (!holds() && !this.isOver) return
      this.#held.delete(look)
      then()
    }
    this.#held.add(look)
    look()
  }
}

const INIT = noise(999, 300)
const partName = (number: number, at: number): string => `low-${number}.${at}.m4s`
const segmentName = (number: number): string => `low-${number}.m4s`

function part(index: number): Uint8Array {
  return noise(index + 1, 2500 + 111 * index)
}

/** Where a part begins in its segment. */
function startOf(number: number, at: number): number {
  return Array.from({ length: at }, (_, before) => part(number * PARTS + before).length).reduce((sum, n) => sum + n, 0)
}

function noise(seed: number, length: number): Uint8Array {
  const below = seededBelow(seed)
  return Uint8Array.from({ length }, () => below(256))
}
