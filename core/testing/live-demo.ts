import { asToi, type Toi } from '../contract/ids.ts'
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
  /** The origin's clock less ours, s. */
  readonly clockS: number
  /** Elements of the MPD. */
  readonly mpd: string
}

/** The demo as a live presentation whose segments arrive by a made-up clock: the first is complete at its start. */
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
    const startUs = FIXTURE_START_US - SEGMENT_US - this.clockUs
    const life = `type="dynamic" availabilityStartTime="${serialiseXsDateTime(startUs)}" minimumUpdatePeriod="PT10S"`
    const text = new TextDecoder()
      .decode(manifest.bytes)
      .replace(/type="static" mediaPresentationDuration="\w+"/, life)
      .replace(' duration="PT24S"', '')
      .replace('<Period', `${options.mpd}<Period`)
    const live = new TextEncoder().encode(text)
    this.manifest = { ...manifest, bytes: live, mpd: parseMpd(live) }
    this.tracks = tracks.map((track) => {
      const segments = track.segments.map((file, index): LiveSegment => {
        const announcedUs = FIXTURE_START_US + index * SEGMENT_US
        return {
          name: file.name,
          contentType: file.contentType,
          bytes: bytes.get(file) ?? new Uint8Array(),
          toi: asToi(Number(file.toi)) as Toi,
          announcedUs,
          arrivedUs: announcedUs + Math.round(options.lateS(index) * 1e6),
          durationUs: SEGMENT_US,
          init: track.init,
          growing: null,
        }
      })
      return new DemoTrack(track, segments)
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

class DemoTrack implements LiveTrack {
  readonly repId: string
  readonly contentType: string | null
  readonly lang: string | null
  readonly bandwidth: number
  readonly fileTemplate: string | null
  readonly init: LiveTrack['init']
  readonly segmentUs = SEGMENT_US
  readonly playlist = null
  readonly isPartial = false
  endedUs: number | null = null
  readonly #coming: LiveSegment[]
  readonly #here: LiveSegment[] = []

  constructor(track: PresentationTrack, segments: readonly LiveSegment[]) {
    const { repId, contentType, lang, bandwidth, fileTemplate, init } = track
    this.repId = repId
    this.contentType = contentType
    this.lang = lang
    this.bandwidth = bandwidth
    this.fileTemplate = fileTemplate
    this.init = init
    this.#coming = [...segments]
  }

  get nextUs(): number {
    return this.#coming[0]?.arrivedUs ?? Number.POSITIVE_INFINITY
  }

  arrive(nowUs: number): void {
    while (this.nextUs <= nowUs) this.#here.push(this.#coming.shift() as LiveSegment)
    if (this.#coming.length === 0) this.endedUs ??= nowUs
  }

  peek(): LiveSegment | null {
    return this.#here[0] ?? null
  }

  take(): void {
    this.#here.shift()
  }
}

/** The packets of the demo sent on as a live presentation, by a made-up clock. */
export async function liveDemo(
  options: Partial<LiveDemoOptions> = {},
  broadcast: Partial<BroadcastOptions> = {},
): Promise<Datagram[]> {
  const demo = await demoDash()
  for (const { segments } of demo.tracks) for (const segment of segments) await demo.bytes.load(segment)
  const feed = new LiveDemo(demo, { lateS: () => 0.1, clockS: 0, mpd: '', ...options })
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
