import { asToi, type Toi } from '../contract/ids.ts'
import { GrowingBody } from '../ingest/growing-body.ts'
import type {
  LiveFeed,
  LiveSegment,
  LiveTrack,
  Presentation,
  PresentationManifest,
  PresentationTrack,
} from '../ingest/presentation.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { serialiseXsDateTime } from '../manifest/mpd/time.ts'
import { Broadcaster, type BroadcastOptions } from '../send/broadcaster.ts'
import { type Datagram, DatagramList } from './datagrams.ts'
import { demoDash, FIXTURE_OPTIONS, FIXTURE_START_US } from './make-fixtures.ts'

const SEGMENT_US = 2_000_000

/** How the demo arrives as a live presentation. */
export type LiveDemoOptions = {
  /** How much later than it is complete a segment arrives, s, by its number from 0. */
  readonly lateS: (index: number) => number
  /** Pieces in which a segment comes while it is made; 1: it comes whole, once it is. */
  readonly pieces: number
  /** The origin's clock less ours, s. */
  readonly clockS: number
  /** Elements of the MPD. */
  readonly mpd: string
}

/** The demo as a live presentation whose segments arrive by a made-up clock: the first, or its first piece, at its start. */
class LiveDemo implements ClockedFeed {
  readonly manifest: PresentationManifest
  readonly tracks: readonly DemoTrack[]
  readonly changes = 0
  readonly changedUs = FIXTURE_START_US
  readonly clockUs: number
  onNews: () => void = () => undefined

  constructor({ manifest, tracks, bytes }: Presentation, options: LiveDemoOptions) {
    if (manifest === null) throw new Error('the demo has no manifest')
    this.clockUs = -options.clockS * 1e6
    const { pieces } = options
    const pieceUs = SEGMENT_US / pieces
    const startUs = FIXTURE_START_US - pieceUs - this.clockUs
    const life = `type="dynamic" availabilityStartTime="${serialiseXsDateTime(startUs)}" minimumUpdatePeriod="PT10S"`
    const text = new TextDecoder()
      .decode(manifest.bytes)
      .replace(/type="static" mediaPresentationDuration="\w+"/, life)
      .replace(' duration="PT24S"', '')
      .replace('<Period', `${options.mpd}<Period`)
      .replaceAll('<SegmentTemplate', `<SegmentTemplate${pieces > 1 ? inPieces(SEGMENT_US - pieceUs) : ''}`)
    const live = new TextEncoder().encode(text)
    this.manifest = { ...manifest, bytes: live, mpd: parseMpd(live) }
    this.tracks = tracks.map((track) => {
      const segments = track.segments.map((file, index): DemoSegment => {
        const announcedUs = FIXTURE_START_US + index * SEGMENT_US
        const content = bytes.get(file) ?? new Uint8Array()
        const growing = pieces > 1 ? new GrowingBody(null) : null
        return {
          name: file.name,
          contentType: file.contentType,
          get bytes() {
            return growing?.bytes ?? content
          },
          content,
          toi: asToi(Number(file.toi)) as Toi,
          announcedUs,
          arrivedUs: announcedUs + Math.round(options.lateS(index) * 1e6),
          durationUs: SEGMENT_US,
          init: track.init,
          growing,
        }
      })
      return new DemoTrack(track, segments, pieces)
    })
  }

  get isOver(): boolean {
    return this.tracks.every(({ endedUs }) => endedUs !== null)
  }

  start(): void {
    // It comes by the clock.
  }

  /** When the next segment arrives; Infinity after the last. */
  get nextUs(): number {
    return this.tracks.reduce((us, track) => Math.min(us, track.nextUs), Number.POSITIVE_INFINITY)
  }

  arrive(nowUs: number): void {
    for (const track of this.tracks) track.arrive(nowUs)
  }
}

/** Attributes of segments that may be asked for while they are made. @param earlyUs before they are complete */
const inPieces = (earlyUs: number): string =>
  ` availabilityTimeOffset="${earlyUs / 1e6}" availabilityTimeComplete="false"`

/** A segment with all that will have come of it. */
type DemoSegment = LiveSegment & { readonly content: Uint8Array }

/** What comes at a time. */
type Arrival = { readonly atUs: number; readonly come: () => void }

class DemoTrack implements LiveTrack {
  readonly repId: string
  readonly contentType: string | null
  readonly lang: string | null
  readonly bandwidth: number
  readonly fileTemplate: string | null
  readonly init: LiveTrack['init']
  readonly segmentUs = SEGMENT_US
  readonly playlist = null
  readonly isPartial: boolean
  endedUs: number | null = null
  readonly #coming: Arrival[]
  readonly #here: LiveSegment[] = []

  constructor(track: PresentationTrack, segments: readonly DemoSegment[], pieces: number) {
    const { repId, contentType, lang, bandwidth, fileTemplate, init } = track
    this.repId = repId
    this.contentType = contentType
    this.lang = lang
    this.bandwidth = bandwidth
    this.fileTemplate = fileTemplate
    this.init = init
    this.isPartial = pieces > 1
    this.#coming = segments.flatMap((segment) => this.#arrivals(segment, pieces))
  }

  get nextUs(): number {
    return this.#coming[0]?.atUs ?? Number.POSITIVE_INFINITY
  }

  arrive(nowUs: number): void {
    while (this.nextUs <= nowUs) this.#coming.shift()?.come()
    if (this.#coming.length === 0) this.endedUs ??= nowUs
  }

  peek(): LiveSegment | null {
    return this.#here[0] ?? null
  }

  take(): void {
    this.#here.shift()
  }

  #arrivals(segment: DemoSegment, pieces: number): Arrival[] {
    const { arrivedUs, content, growing } = segment
    const length = Math.ceil(content.length / pieces)
    return Array.from({ length: pieces }, (_, at) => ({
      atUs: arrivedUs + (at * SEGMENT_US) / pieces,
      come: () => {
        growing?.append(content.subarray(at * length, (at + 1) * length))
        if (at === pieces - 1) growing?.end(true)
        if (at === 0) this.#here.push(segment)
      },
    }))
  }
}

/** The packets of the demo sent on as a live presentation, by a made-up clock. */
export async function liveDemo(
  options: Partial<LiveDemoOptions> = {},
  broadcast: Partial<BroadcastOptions> = {},
): Promise<Datagram[]> {
  const demo = await demoDash()
  for (const { segments } of demo.tracks) for (const segment of segments) await demo.bytes.load(segment)
  const feed = new LiveDemo(demo, { lateS: () => 0.1, pieces: 1, clockS: 0, mpd: '', ...options })
  await demo.bytes.close()
  return broadcastFeed(feed, broadcast)
}

/** What comes by a made-up clock. */
export type ClockedFeed = LiveFeed & {
  /** When something comes; Infinity after the last. */
  readonly nextUs: number
  arrive(nowUs: number): void
}

/** The packets of a live presentation that comes by a made-up clock. */
export function broadcastFeed(feed: ClockedFeed, options: Partial<BroadcastOptions> = {}): Datagram[] {
  const { manifest } = feed
  const kind = manifest.mpd === null ? 'hls' : 'dash'
  const presentation = { kind, manifest, tracks: [], files: [], durationUs: 0, bytes: NO_BYTES, live: feed } as const
  const broadcaster = new Broadcaster({ ...FIXTURE_OPTIONS, ...options }, presentation, FIXTURE_START_US)
  const list = new DatagramList()
  for (;;) {
    const next = Math.min(broadcaster.next(), feed.nextUs)
    if (next === Number.POSITIVE_INFINITY) return list.datagrams
    feed.arrive(next)
    if (broadcaster.next() <= next) broadcaster.send(next, list)
  }
}

const NO_BYTES = {
  get: () => null,
  isUnreadable: () => true,
  paths: () => [],
  load: async () => undefined,
  release: () => undefined,
  close: async () => undefined,
}
