import { asToi, type Toi } from '../contract/ids.ts'
import { shownText } from '../contract/shown-text.ts'
import { toAppError } from '../failure/app-failure.ts'
import { pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { contentTypeOf } from '../protocol/mime/content-types.ts'
import { FIRST_RESERVED_TOI } from '../protocol/route/toi-plan.ts'
import type { GrowingBody } from './growing-body.ts'
import type { HeldReading } from './growing-origin.ts'
import { type HlsEntry, type HlsFile, HlsList } from './hls-list.ts'
import { HlsLowLatencyFeed } from './hls-low-latency.ts'
import { HlsOutgoing } from './hls-outgoing.ts'
import { PLAYLIST_TYPE } from './hls-playlists.ts'
import {
  LOOK_MS,
  MAX_INIT_BYTES,
  MOST_BEHIND,
  MOST_BEHIND_US,
  MOST_WAITING,
  SILENT_SEGMENTS,
  SILENT_US,
} from './live-pace.ts'
import type { LiveHost } from './live-reader.ts'
import type { NamesOnAir } from './names-on-air.ts'
import { type PartedSegment, PartFetch } from './parted-segment.ts'
import { PatientFetch } from './patient-fetch.ts'
import type { InlineFile, LiveSegment, LiveTrack } from './presentation.ts'

/** Bounds of the time between two readings of a playlist, ms. */
const LEAST_RELOAD_MS = 100
const MOST_RELOAD_MS = 10_000
/** Waits after a reading that failed; the last one repeats, ms. */
const RETRIES_MS: readonly number[] = [500, 1000, 2000, 4000]

/** A reading of a media playlist, and what its names count from. */
export type HlsReading = { readonly media: HlsMedia; readonly url: string }

/** A media playlist of a live presentation. */
export type HlsSource = {
  readonly repId: string
  readonly contentType: string | null
  readonly lang: string | null
  /** bit/s, where the multivariant playlist says it. */
  readonly bandwidth: number | null
  /** Its name on air. */
  readonly name: string
  /** It is the manifest itself. */
  readonly isTop: boolean
  /** Reads it again; null where it has not changed. @throws AppFailure */
  readonly read: (held: HeldReading | null) => Promise<HlsReading | null>
}

/** What a reader of a playlist works with. */
export type HlsHost = LiveHost & {
  /** Called when the playlist that is the manifest has changed. */
  readonly changed: () => void
  /** Segments are taken in parts while they are made. */
  readonly takesParts: boolean
}

/** Follows one media playlist of a live presentation, and fetches its segments as they come, in order, each once. */
export class HlsReader implements LiveTrack {
  readonly repId: string
  readonly contentType: string | null
  readonly lang: string | null
  readonly bandwidth: number | null
  readonly fileTemplate = null
  init: InlineFile | null = null
  playlist: InlineFile | null = null
  /** The playlist where it is the manifest; null before the first segment, or where it is not. */
  manifest: Uint8Array | null = null
  endedUs: number | null = null
  readonly #source: HlsSource
  readonly #host: HlsHost
  readonly #names: NamesOnAir
  readonly #list = new HlsList()
  readonly #outgoing: HlsOutgoing
  readonly #pending: HlsEntry[] = []
  readonly #over = new AbortController()
  readonly #patient: PatientFetch
  readonly #parts: PartFetch
  readonly #lowLatency: HlsLowLatencyFeed
  #newest: HlsMedia
  #initOf = ''
  #toi = 0
  #lastUs: number
  #failures = 0
  #isSilent = false
  #wake: () => void = () => {}

  /** @param first reading of the playlist */
  constructor(source: HlsSource, names: NamesOnAir, host: HlsHost, { media, url }: HlsReading) {
    this.#source = source
    this.#host = host
    this.#names = names
    this.repId = source.repId
    this.contentType = source.contentType
    this.lang = source.lang
    this.bandwidth = source.bandwidth
    this.#outgoing = new HlsOutgoing(source.name, names)
    this.#patient = new PatientFetch(host.source, host.nowUs, this.#over.signal)
    this.#parts = new PartFetch(host.source, this.#patient, host.nowUs, this.#over.signal)
    this.#lowLatency = new HlsLowLatencyFeed(this.#parts, host.takesParts)
    this.#newest = media
    this.#lastUs = host.nowUs()
    this.#take({ media, url })
  }

  get isPartial(): boolean {
    return this.#lowLatency.isPartial
  }

  /** Duration of the newest segments, µs. */
  get segmentUs(): number {
    return Math.round((this.#newest.segments.at(-1)?.durationS ?? this.#newest.targetDurationS) * 1e6)
  }

  peek(): LiveSegment | null {
    return this.#outgoing.first
  }

  take(): void {
    this.#outgoing.take(this.#newest.segments.length)
    this.#publish()
    this.#wake()
  }

  /** Reads the initialisation section of the next segment. @returns why it is not there; null where it is, or none is needed */
  async readInit(): Promise<string | null> {
    const [next] = this.#pending
    return next === undefined ? null : this.#readInit(next.map)
  }

  /** Fetches no more; what has come is still sent. */
  stop(): void {
    this.#over.abort()
    this.#wake()
  }

  async run(): Promise<void> {
    await Promise.all([this.#watch(), this.#fetchAll()])
    this.endedUs = this.#host.nowUs()
    if (this.#outgoing.count === 0) this.#publish()
    this.#host.news()
  }

  /** Reads the playlist again until nothing will be added to it. */
  async #watch(): Promise<void> {
    let isNews = true
    while (!this.#over.signal.aborted && !this.#newest.endList) {
      const held = this.#lowLatency.held(this.#newest)
      // A request that is held does the waiting.
      if (held === null || !isNews) await pause(SYSTEM_CLOCK, this.#reloadMs(isNews), this.#over.signal)
      if (!this.#over.signal.aborted) isNews = await this.#reload(held)
    }
  }

  #reloadMs(isNews: boolean): number {
    const { pollMs } = this.#lowLatency
    if (pollMs !== null) return pollMs
    return Math.min(Math.max(this.segmentUs / (isNews ? 1000 : 2000), LEAST_RELOAD_MS), MOST_RELOAD_MS)
  }

  /** @returns whether there is something new */
  async #reload(held: HeldReading | null): Promise<boolean> {
    try {
      const reading = await this.#source.read(held)
      this.#lowLatency.answered(true)
      if (this.#failures > 1) this.#tell(`The playlist of ${this.#shown} can be read again.`, 'Nothing has to be done.')
      this.#failures = 0
      return reading !== null && this.#take(reading)
    } catch (thrown) {
      if (this.#over.signal.aborted) return false
      this.#lowLatency.answered(false)
      // A file that is being written is read in part once.
      if (this.#failures === 1) {
        const { message, tryThis } = toAppError(thrown)
        this.#tell(`${message} What it said before still counts.`, tryThis)
      }
      const waitMs = RETRIES_MS[Math.min(this.#failures++, RETRIES_MS.length - 1)] ?? 0
      await pause(SYSTEM_CLOCK, waitMs, this.#over.signal)
      return true
    }
  }

  #take({ media, url }: HlsReading): boolean {
    const { entries: found, isNews } = this.#lowLatency.take(media, url)
    const { entries, missed, back } = this.#list.take(found, this.#host.nowUs())
    if (back > 0)
      this.#tell(
        `The playlist of ${this.#shown} went back by ${back} segments: it begins again.`,
        'Nothing has to be done; players may have to begin again.',
      )
    else if (missed > 0)
      this.#lost(
        `${missed} segments of ${this.#shown} were not sent: the playlist lists them no more.`,
        'Check the speed of the origin and of this machine.',
      )
    this.#newest = media
    this.#pending.push(...entries)
    this.#wake()
    return entries.length > 0 || back > 0 || isNews
  }

  async #fetchAll(): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.#passOver()
      const [next] = this.#pending
      if (next === undefined && this.#newest.endList) return
      if (next === undefined) this.#noteSilence()
      if (next === undefined || this.#outgoing.count >= MOST_WAITING) await this.#wait(LOOK_MS)
      else {
        this.#pending.shift()
        await this.#fetch(next)
      }
    }
  }

  /** Goes to the newest where those before it have become too many. */
  #passOver(): void {
    const left = this.#pending.slice(0, -1)
    const leftUs = left.reduce((us, { durationUs }) => us + durationUs, 0)
    const last = this.#pending.at(-1)
    if (this.#newest.endList || last === undefined || left.length < MOST_BEHIND || leftUs < MOST_BEHIND_US) return
    this.#lost(
      `${left.length} segments of ${this.#shown} were not sent: they came faster than they could be fetched and sent.`,
      'Check the speed of the origin and of this machine.',
    )
    this.#pending.splice(0, this.#pending.length, { ...last, discontinuity: true })
  }

  async #fetch(entry: HlsEntry): Promise<void> {
    const parted = this.#lowLatency.partedOf(entry.sequence)
    if (parted !== null) {
      await this.#follow(entry, parted)
      return
    }
    if (entry.gap) {
      this.#give(entry, null)
      return
    }
    const { address: at, range, durationUs } = entry
    const { file, trouble } = await this.#patient.fetch({ at, range, availableUs: 0, durationUs, wholeUs: null }, () =>
      this.#readInit(entry.map),
    )
    if (file.kind === 'bytes') {
      if (trouble !== null) this.#retried(at, trouble)
      this.#give(entry, file.bytes)
    } else if (file.kind !== 'growing' && !this.#over.signal.aborted) this.#missed(entry, file.reason)
  }

  /** Gives a segment with its first part, and waits for its end. */
  async #follow(entry: HlsEntry, parted: PartedSegment): Promise<void> {
    const { body } = parted
    let isGiven = false
    body.onChange = () => {
      if (!isGiven && body.length > 0) {
        isGiven = true
        this.#give(entry, body.bytes, parted)
      } else this.#host.news()
    }
    await parted.run(this.#parts, () => this.#readInit(entry.map))
    if (this.#over.signal.aborted) return
    const { trouble, lack } = parted
    if (lack !== null && !isGiven) this.#missed(entry, lack)
    else if (lack !== null)
      this.#lost(
        `Segment ${entry.sequence} of ${this.#shown} was sent in part only, its first ${body.length} bytes: ${lack}.`,
        'Check the origin; the broadcast goes on with the segments after it.',
      )
    else if (trouble !== null) this.#retried(trouble.at, trouble.why)
  }

  #missed(entry: HlsEntry, reason: string): void {
    this.#lost(
      `Segment ${entry.sequence} of ${this.#shown} was not sent: "${this.#host.source.shown(entry.address)}" did not come, ${reason}.`,
      'Check the origin; the broadcast goes on with the segments after it.',
    )
    this.#give(entry, null)
  }

  #retried(at: string, why: string): void {
    this.#host.report({
      kind: 'retry',
      sentence: `"${this.#host.source.shown(at)}" had to be fetched again: ${why}.`,
      tryThis: 'Nothing is missing; check the origin if it goes on.',
    })
  }

  /** @param bytes null: it is not there, and a gap in the playlist @param parted where it is still coming */
  #give(entry: HlsEntry, bytes: Uint8Array | null, parted: PartedSegment | null = null): void {
    const arrivedUs = this.#host.nowUs()
    const segment = bytes === null ? null : this.#segment(entry, bytes, arrivedUs, parted?.body ?? null)
    if (this.#outgoing.add(entry, segment, parted, this.#newest.segments.length)) this.#publish()
    this.#lastUs = arrivedUs
    this.#isSilent = false
    this.#host.news()
  }

  #segment(
    { address, range, durationUs, map }: HlsEntry,
    whole: Uint8Array,
    arrivedUs: number,
    growing: GrowingBody | null,
  ): LiveSegment {
    const name = this.#names.of(address, range)
    const contentType = map === null ? (contentTypeOf(name) ?? 'application/octet-stream') : this.#mimeType
    const init = map === null ? null : this.init
    const times = { announcedUs: arrivedUs, arrivedUs, durationUs }
    return {
      name,
      get bytes() {
        return growing?.bytes ?? whole
      },
      contentType,
      toi: this.#nextToi(),
      ...times,
      init,
      growing,
    }
  }

  #publish(): void {
    const text = this.#outgoing.text(this.#newest, this.endedUs !== null)
    if (text === null) return
    const bytes = new TextEncoder().encode(text)
    if (this.#source.isTop) {
      this.manifest = bytes
      this.#host.changed()
    } else this.playlist = { name: this.#source.name, contentType: PLAYLIST_TYPE, bytes }
  }

  #nextToi(): Toi {
    this.#toi = (this.#toi % (FIRST_RESERVED_TOI - 1)) + 1
    return asToi(this.#toi)
  }

  get #mimeType(): string {
    return `${this.contentType === 'audio' ? 'audio' : 'video'}/mp4`
  }

  get #shown(): string {
    return `"${shownText(this.repId)}"`
  }

  async #readInit(map: HlsFile | null): Promise<string | null> {
    if (map === null) {
      this.init = null
      this.#initOf = ''
      return null
    }
    const { address, range } = map
    const key = `${address}\n${range?.join('-') ?? ''}`
    if (key === this.#initOf) return null
    const file = await this.#host.source.file(address, MAX_INIT_BYTES, this.#over.signal, range)
    if (file.kind !== 'bytes')
      return `its initialisation section "${this.#host.source.shown(address)}" is not there: ${file.reason}`
    this.#initOf = key
    this.init = { name: this.#names.of(address, range), contentType: this.#mimeType, bytes: file.bytes }
    return null
  }

  /** Tells once that nothing new comes. */
  #noteSilence(): void {
    const nowUs = this.#host.nowUs()
    if (this.#isSilent || nowUs - this.#lastUs < Math.max(SILENT_US, SILENT_SEGMENTS * this.segmentUs)) return
    this.#isSilent = true
    this.#host.report({
      kind: 'silent',
      sentence: `Nothing new of ${this.#shown} for ${Math.round((nowUs - this.#lastUs) / 1e6)} s: the playlist lists no further segment.`,
      tryThis: 'Check that the presentation is still being made.',
    })
  }

  #lost(sentence: string, tryThis: string): void {
    this.#host.report({ kind: 'lost', sentence, tryThis })
  }

  #tell(sentence: string, tryThis: string): void {
    this.#host.report({ kind: 'manifest', sentence, tryThis })
  }

  async #wait(ms: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await pause(SYSTEM_CLOCK, ms, woken.signal)
    this.#wake = () => {}
  }
}
