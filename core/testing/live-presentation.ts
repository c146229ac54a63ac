import type { IncomingMessage, ServerResponse } from 'node:http'
import { asServiceId } from '../contract/ids.ts'
import type { Presentation } from '../ingest/presentation.ts'
import { Broadcaster, type BroadcastOptions } from '../send/broadcaster.ts'
import { type Datagram, DatagramList } from './datagrams.ts'
import { FIXTURE_OPTIONS } from './make-fixtures.ts'
import { seededBelow } from './seeded.ts'
import { type Answering, serveWell, TestServer } from './test-server.ts'

/** How a live presentation names its segments. */
export type LiveForm = 'number' | 'time' | 'list'

const TIMESCALE = 1000
/** 2026-01-01T00:00:00Z: nothing of these presentations counts by the clock. */
const START = '2026-01-01T00:00:00Z'

/** A live presentation that grows by one segment per track when it is told to. Its list says what there is, not the clock. */
export class GrowingPresentation {
  readonly files = new Map<string, Uint8Array>()
  /** Every manifest so far. */
  readonly manifests: string[] = []
  readonly segmentMs: number
  readonly tracks: readonly string[]
  readonly form: LiveForm
  /** Media time of the first segment. */
  readonly firstMs: number
  /** Elements and attributes that a test adds. */
  extra = { root: '', mpd: '', set: '' }
  /** Before the names of media: a folder or an address. */
  prefix = ''
  query = ''
  count = 0
  isOver = false
  #published = 0
  #textOf: (text: string) => string = (text) => text

  constructor(form: LiveForm, { segmentMs = 200, tracks = ['v', 'a'], firstMs = 0 } = {}) {
    this.form = form
    this.firstMs = firstMs
    this.segmentMs = segmentMs
    this.tracks = tracks
    for (const [index, id] of tracks.entries()) this.files.set(`${id}-init.mp4`, noise(index + 1, 300))
    this.grow()
  }

  /** A last change of each manifest. */
  set textOf(change: (text: string) => string) {
    this.#textOf = change
    this.publish()
  }

  /** Names of the newest segments. */
  get newest(): readonly string[] {
    return this.tracks.map((id) => this.nameOf(id, this.count))
  }

  get manifest(): string {
    return this.manifests.at(-1) ?? ''
  }

  nameOf(id: string, number: number): string {
    const tail = this.form === 'time' ? this.#timeOf(number) : String(number).padStart(3, '0')
    return `${id}-${tail}.m4s`
  }

  #timeOf(number: number): number {
    return this.firstMs + (number - 1) * this.segmentMs
  }

  grow(): void {
    this.count++
    for (const [index, id] of this.tracks.entries())
      this.files.set(this.nameOf(id, this.count), noise(this.count * 100 + index, 4000 + 37 * this.count))
    this.publish()
  }

  end(): void {
    this.isOver = true
    this.publish()
  }

  publish(): void {
    const { segmentMs, count } = this
    const published = new Date(Date.parse(START) + ++this.#published).toISOString()
    const life = this.isOver
      ? `type="static" mediaPresentationDuration="PT${(count * segmentMs) / 1000}S"`
      : 'type="dynamic" minimumUpdatePeriod="PT0.1S"'
    const sets = this.tracks.map((id) => {
      const kind = id.startsWith('a') ? 'audio' : 'video'
      return `<AdaptationSet contentType="${kind}" mimeType="${kind}/mp4">${this.extra.set}${this.#segments(id)}<Representation id="${id}" bandwidth="200000"/></AdaptationSet>`
    })
    this.manifests.push(
      this.#textOf(
        `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT1S" ${life} availabilityStartTime="${START}" publishTime="${published}" ${this.extra.root}>${this.extra.mpd}<Period id="1" start="PT0S">${sets.join('')}</Period></MPD>`,
      ),
    )
  }

  #segments(id: string): string {
    const { segmentMs, count, form, prefix, query } = this
    const first = Math.max(1, count - 9)
    const init = `${prefix}$RepresentationID$-init.mp4${query}`
    if (form === 'list') {
      const numbers = Array.from({ length: count - first + 1 }, (_, at) => first + at)
      const urls = numbers.map((number) => `<SegmentURL media="${prefix}${this.nameOf(id, number)}"/>`)
      const times = `<SegmentTimeline><S t="${this.#timeOf(first)}" d="${segmentMs}" r="${numbers.length - 1}"/></SegmentTimeline>`
      return `<SegmentList timescale="${TIMESCALE}" startNumber="${first}"><Initialization sourceURL="${prefix}${id}-init.mp4"/>${times}${urls.join('')}</SegmentList>`
    }
    const media = `${prefix}$RepresentationID$-${form === 'time' ? '$Time$' : '$Number%03d$'}.m4s${query}`
    return `<SegmentTemplate timescale="${TIMESCALE}" startNumber="${first}" initialization="${init}" media="${media}"><SegmentTimeline><S t="${this.#timeOf(first)}" d="${segmentMs}" r="${count - first}"/></SegmentTimeline></SegmentTemplate>`
  }
}

/**
 * An HTTP origin of a growing presentation that misbehaves on command. It grows when its newest segments were asked for, and ends
 * after `last` segments.
 */
export class LiveOrigin {
  readonly server: TestServer
  readonly presentation: GrowingPresentation
  /** The next answers to a path, before the right ones. */
  readonly faults = new Map<string, Answering[]>()
  readonly #last: number
  readonly #asked = new Set<string>()

  private constructor(server: TestServer, presentation: GrowingPresentation, last: number) {
    this.server = server
    this.presentation = presentation
    this.#last = last
    server.answer = (request, response) => this.#answer(request, response)
  }

  static async open(presentation: GrowingPresentation, last: number): Promise<LiveOrigin> {
    return new LiveOrigin(await TestServer.open(), presentation, last)
  }

  get manifestUrl(): string {
    return `${this.server.url}live/manifest.mpd`
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '').split('?', 1)[0] ?? '')
    const name = path.slice(path.lastIndexOf('/') + 1)
    const isManifest = name === 'manifest.mpd'
    const file = isManifest ? Buffer.from(this.presentation.manifest) : this.presentation.files.get(name)
    const fault = this.faults.get(name)?.shift()
    if (fault !== undefined) fault(request, response, file)
    else if (isManifest) this.#serveManifest(request, response)
    else serveWell(request, response, file)
    this.#note(name)
  }

  /** With an entity tag, and 304 for who has it. */
  #serveManifest(request: IncomingMessage, response: ServerResponse): void {
    const { manifest, manifests } = this.presentation
    const ETag = `"${manifests.length}"`
    if (request.headers['if-none-match'] === ETag) response.writeHead(304, { ETag }).end()
    else response.writeHead(200, { ETag, 'Content-Length': Buffer.byteLength(manifest) }).end(manifest)
  }

  #note(name: string): void {
    const { presentation } = this
    this.#asked.add(name)
    if (presentation.isOver || !presentation.newest.every((each) => this.#asked.has(each))) return
    if (presentation.count < this.#last) presentation.grow()
    else presentation.end()
  }

  async close(): Promise<void> {
    await this.server.close()
  }
}

/** Broadcasts a live presentation in real time until it ends. @param sent called after each turn with the objects and packets so far */
export async function broadcastLive(
  presentation: Presentation,
  options: Partial<BroadcastOptions> = {},
  sent: (objects: number, datagrams: readonly Datagram[]) => void = () => undefined,
): Promise<Datagram[]> {
  const list = new DatagramList()
  const { live } = presentation
  if (live === undefined) throw new Error('the presentation is not live')
  const nowUs = (): number => Date.now() * 1000
  const broadcaster = new Broadcaster(
    { ...FIXTURE_OPTIONS, serviceId: asServiceId(1), pace: 'real', ...options },
    presentation,
    nowUs(),
  )
  let wake = (): void => undefined
  live.onNews = () => wake()
  live.start()
  for (let next = broadcaster.next(); next < Number.POSITIVE_INFINITY; next = broadcaster.next()) {
    const waitMs = (next - nowUs()) / 1000
    if (waitMs > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(waitMs, 1000))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    else {
      broadcaster.send(nowUs(), list)
      sent(broadcaster.counters.objects, list.datagrams)
    }
  }
  await presentation.bytes.close()
  return list.datagrams
}

function noise(seed: number, length: number): Uint8Array {
  const below = seededBelow(seed)
  return Uint8Array.from({ length }, () => below(256))
}
