import { shownText } from '../contract/shown-text.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import { pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { withOtherBase } from '../manifest/mpd/base-choices.ts'
import type { Mpd } from '../manifest/mpd/mpd.ts'
import { chosenMpd } from './chosen-mpd.ts'
import type { GrowingOrigin, LiveDocument } from './growing-origin.ts'
import { type LivePlan, livePlan, readable } from './live-plan.ts'
import { livePresentation } from './live-presentation.ts'
import { type LiveHost, LiveReader, type LiveReport } from './live-reader.ts'
import type { ChannelPlan } from './live-timeline.ts'
import type { LoadOptions } from './load-options.ts'
import { mpdNotes } from './mpd-notes.ts'
import type { LiveFeed, Presentation, PresentationManifest } from './presentation.ts'
import { RemoteElements } from './remote-elements.ts'
import { mpdOfWholeSegments } from './whole-segments.ts'

/** Bounds of the time between two readings of the manifest; one that states no period may end all the same, µs. */
const LEAST_UPDATE_US = 100_000
const LEAST_SEGMENT_US = 200_000
const UNSTATED_UPDATE_US = 10_000_000
/** Waits after a reading that failed; the last one repeats, ms. */
const RETRIES_MS: readonly number[] = [500, 1000, 2000, 4000]
/** Segments in a row that do not come, after which the next base address is used. */
const MOST_LOST = 2
/** Media that a channel that joins later may begin with, before the newest, µs. */
const LATE_START_US = 15_000_000

/**
 * Opens a live MPD: reads it and its initialisation segments; the rest follows once the feed is started.
 * @param shown the manifest for a person, `name` on air
 * @throws AppFailure source-unreachable | file-unreadable | bad-manifest | not-supported | input-unusable
 */
export function openLiveDash(
  source: GrowingOrigin,
  shown: string,
  name: string,
  options: LoadOptions,
): Promise<Presentation> {
  return livePresentation(source, 'dash', async (read) => {
    const remote = new RemoteElements(async (address) => (await source.playlist(address)).bytes)
    const document = await inPlace(remote, read, shown, options)
    const plan = livePlan(document, shown)
    if (plan.channels.size === 0)
      throw new AppFailure('input-unusable', `"${shown}" describes no representation.`, 'Use an MPD with media in it.')
    for (const note of mpdNotes(plan.mpd.document, name)) options.note(note)
    await source.follow(plan.mpd.locations, plan.mpd.utcTimings)
    const feed = new LiveDash(source, shown, name, { first: plan, url: document.url }, remote, options)
    await feed.readInits()
    return feed
  })
}

/** The last reading of a manifest, by its first base addresses, and the address that its names count from. */
type Reading = { readonly first: LivePlan; readonly url: string }

/** Follows a live MPD: reads it again and again, and has a reader for each of its channels. */
class LiveDash implements LiveFeed {
  manifest: PresentationManifest
  tracks: readonly LiveReader[]
  changes = 0
  changedUs: number
  onNews: () => void = () => {}
  readonly #source: GrowingOrigin
  readonly #shown: string
  readonly #remote: RemoteElements
  readonly #options: LoadOptions
  readonly #readers = new Map<string, LiveReader>()
  readonly #over = new AbortController()
  #plan: LivePlan
  #reading: Reading
  /** Base addresses that are passed over, since they did not answer, and segments that were lost since one came. */
  #base = 0
  #lostInARow = 0
  /** The last availabilityStartTime: an ended presentation may have none. */
  #startUs: number | null
  #endUs: number | null = null
  #failures = 0
  #isOld = false
  readonly #running = new Set<Promise<void>>()
  #isStarted = false

  constructor(
    source: GrowingOrigin,
    shown: string,
    name: string,
    reading: Reading,
    remote: RemoteElements,
    options: LoadOptions,
  ) {
    this.#remote = remote
    const plan = reading.first
    this.#reading = reading
    this.#source = source
    this.#shown = shown
    this.#options = options
    this.#plan = plan
    this.#startUs = plan.mpd.availabilityStartTimeUs
    this.manifest = { name, contentType: 'application/dash+xml', bytes: plan.bytes, mpd: plan.onAir }
    this.changedUs = options.nowUs()
    for (const [key, channel] of this.#channels(plan)) this.#readers.set(key, this.#reader(channel, null))
    this.tracks = [...this.#readers.values()]
  }

  get isOver(): boolean {
    return this.#plan.isFinal && [...this.#readers.values()].every(({ endedUs }) => endedUs !== null)
  }

  get clockUs(): number {
    return this.#options.nowUs() - this.#source.nowUs()
  }

  /** Reads them by the first base address that answers. @throws AppFailure input-unusable, where one is missing */
  async readInits(): Promise<void> {
    for (;;) {
      const missing = await Promise.all(this.tracks.map((reader) => reader.readInit()))
      const [why] = missing.filter((each) => each !== null)
      if (why === undefined) return
      if (!this.#takeOtherBase(why))
        throw new AppFailure('input-unusable', `"${this.#shown}" cannot be sent: ${why}.`, 'Check that it is complete.')
    }
  }

  /** Goes on by the next base address of the manifest; after the last one by the first. @returns whether there is another */
  #takeOtherBase(why: string): boolean {
    const other = this.#planOf(this.#base + 1)
    const plan = other ?? (this.#isStarted && this.#base > 0 ? this.#planOf(0) : null)
    if (plan === null) return false
    this.#base = other === null ? 0 : this.#base + 1
    this.#lostInARow = 0
    this.#tell(
      `"${this.#shown}" is read by ${other === null ? 'its first' : 'the next'} BaseURL: ${why}.`,
      'Check the server of the one before.',
    )
    this.#take(plan)
    // None of them has its initialisation segment yet.
    if (!this.#isStarted) this.tracks = [...this.#readers.values()]
    return true
  }

  /** The manifest as last read. @param base how many base addresses are passed over @returns null where there are not as many */
  #planOf(base: number): LivePlan | null {
    const { first, url } = this.#reading
    if (base === 0) return first
    const text = withOtherBase(first.mpd.document, base)
    return text === null ? null : livePlan({ bytes: new TextEncoder().encode(text), url }, this.#shown)
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#run(this.#watch())
    for (const reader of this.tracks) this.#run(reader.run())
  }

  async close(): Promise<void> {
    this.#over.abort()
    for (const reader of this.#readers.values()) reader.stop()
    await this.#source.close()
    await Promise.all(this.#running)
  }

  #run(work: Promise<void>): void {
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
  }

  /** Reads the manifest again until nothing will be added to it. */
  async #watch(): Promise<void> {
    let lastUs = this.#options.nowUs()
    while (!this.#over.signal.aborted && !this.#plan.isFinal) {
      const dueUs = lastUs + this.#updateUs()
      const nowUs = this.#options.nowUs()
      // Its readers may need it earlier than they do now.
      if (dueUs > nowUs) {
        await pause(SYSTEM_CLOCK, Math.min((dueUs - nowUs) / 1000, LEAST_SEGMENT_US / 1000), this.#over.signal)
        continue
      }
      lastUs = nowUs
      await this.#read()
    }
  }

  async #read(): Promise<void> {
    try {
      const document = await this.#source.manifest()
      if (document !== null) {
        const plan = livePlan(await inPlace(this.#remote, document, this.#shown, this.#options), this.#shown)
        await this.#source.follow(plan.mpd.locations, plan.mpd.utcTimings)
        this.#reading = { first: plan, url: document.url }
        this.#take(this.#planOf(this.#base) ?? plan)
      }
      if (this.#failures > 1) this.#tell(`"${this.#shown}" can be read again.`, 'Nothing has to be done.')
      this.#failures = 0
    } catch (thrown) {
      if (this.#over.signal.aborted) return
      // A file that is being written is read in part once.
      if (this.#failures === 1) {
        const { message, tryThis } = toAppError(thrown)
        this.#tell(`${message} What it said before still counts.`, tryThis)
      }
      const waitMs = RETRIES_MS[Math.min(this.#failures++, RETRIES_MS.length - 1)] ?? 0
      await pause(SYSTEM_CLOCK, waitMs, this.#over.signal)
    }
  }

  #take(plan: LivePlan): void {
    const { mpd } = plan
    if (isOlder(mpd, this.#plan.mpd)) {
      if (!this.#isOld)
        this.#tell(
          `"${this.#shown}" went back to an older publishTime: it is not used until it goes on.`,
          'Check that its servers have the same manifest.',
        )
      this.#isOld = true
      return
    }
    this.#isOld = false
    if (plan.channels.size === 0) {
      this.#tell(
        `"${this.#shown}" describes no representation any more: what it said before still counts.`,
        'Check what makes it.',
      )
      return
    }
    const startUs = mpd.availabilityStartTimeUs
    if (startUs !== null && this.#startUs !== null && startUs !== this.#startUs)
      this.#tell(
        `"${this.#shown}" has another availabilityStartTime: the presentation begins again.`,
        'Nothing has to be done; players may have to begin again.',
      )
    this.#startUs = startUs ?? this.#startUs
    if (mpd.type === 'static') this.#endUs ??= this.#source.nowUs() - (this.#startUs ?? 0)
    this.#plan = plan
    this.#setReaders(plan)
    const { name, contentType } = this.manifest
    if (Buffer.compare(plan.bytes, this.manifest.bytes) !== 0)
      this.manifest = { name, contentType, bytes: plan.bytes, mpd: plan.onAir }
    this.#showTracks()
    this.#news()
  }

  #setReaders(plan: LivePlan): void {
    /** Starts of the periods after which channels go on as others. */
    const passedUs = new Map<string, number>()
    const channels = this.#channels(plan)
    for (const [key, reader] of this.#readers) {
      const channel = channels.get(key)
      // What comes after its end is another channel.
      if (channel !== undefined && reader.isContinuedBy(channel)) {
        passedUs.set(key, reader.periodUs)
        this.#readers.delete(key)
      } else if (channel !== undefined) reader.update(channel)
      else {
        reader.stop()
        this.#readers.delete(key)
        if (!hasRepresentation(plan, reader.repId))
          this.#tell(
            `"${this.#shown}" has no representation "${shownText(reader.repId)}" any more.`,
            'It is sent without it.',
          )
      }
    }
    for (const [key, channel] of channels) {
      if (this.#readers.has(key)) continue
      const first = channel.entries.find((entry) => entry.startUs > (passedUs.get(key) ?? Number.NEGATIVE_INFINITY))
      const edgeUs = this.#source.nowUs() - (this.#startUs ?? 0)
      const fromUs = first !== undefined && edgeUs - first.startUs < LATE_START_US ? first.startUs : null
      const reader = this.#reader(channel, fromUs)
      if (![...this.#readers.values()].some(({ repId }) => repId === reader.repId))
        this.#tell(`"${this.#shown}" has a new representation, "${shownText(reader.repId)}".`, 'It is sent as well.')
      this.#readers.set(key, reader)
      if (this.#isStarted) this.#run(reader.run())
    }
  }

  /** Shows the channels that can be sent. @returns whether they are others */
  #showTracks(): boolean {
    // At the end all that were there stay, for those who receive the end.
    const { isFinal } = this.#plan
    const ready = [...this.#readers.values()].filter(
      (reader) => reader.isReady && (reader.endedUs === null || (isFinal && this.tracks.includes(reader))),
    )
    if (ready.length === this.tracks.length && ready.every((reader) => this.tracks.includes(reader))) return false
    this.tracks = ready
    return true
  }

  #channels(plan: LivePlan): Map<string, ChannelPlan> {
    const common = { startUs: this.#startUs, isFinal: plan.isFinal, endUs: this.#endUs }
    return new Map([...plan.channels].map(([key, entries]) => [key, { entries, ...common }]))
  }

  #reader(channel: ChannelPlan, fromUs: number | null): LiveReader {
    const host: LiveHost = {
      source: this.#source,
      nowUs: this.#options.nowUs,
      report: (report) => this.#report(report),
      news: () => {
        this.#lostInARow = 0
        if (this.#showTracks()) this.#news()
        else this.onNews()
      },
    }
    return new LiveReader(channel, host, fromUs)
  }

  #report(report: LiveReport): void {
    this.#options.live(report)
    if (report.kind === 'lost' && ++this.#lostInARow >= MOST_LOST) this.#takeOtherBase('no segment came from there')
  }

  /** Time from one reading to the next, µs. */
  #updateUs(): number {
    const { minimumUpdatePeriodUs: stated } = this.#plan.mpd
    if (stated === null) return UNSTATED_UPDATE_US
    const segmentUs = this.tracks.reduce((us, reader) => Math.max(us, reader.segmentUs), 0)
    const periodUs = stated > 0 ? Math.max(stated, LEAST_UPDATE_US) : Math.max(segmentUs, LEAST_SEGMENT_US)
    // A list is read again as soon as all of it is fetched.
    if (periodUs <= segmentUs || !this.tracks.some((reader) => reader.isExhausted)) return periodUs
    return Math.min(periodUs, Math.max(segmentUs / 2, LEAST_SEGMENT_US))
  }

  #news(): void {
    this.changes++
    this.changedUs = this.#options.nowUs()
    this.onNews()
  }

  #tell(sentence: string, tryThis: string): void {
    const report: LiveReport = { kind: 'manifest', sentence, tryThis }
    this.#options.live(report)
  }
}

/** The manifest with its remote elements, and without what is not sent. @throws AppFailure bad-manifest | input-unusable */
async function inPlace(
  remote: RemoteElements,
  { bytes, url }: LiveDocument,
  shown: string,
  { representations, lowLatency }: LoadOptions,
): Promise<LiveDocument> {
  const read = async (): Promise<Uint8Array> => {
    const chosen = chosenMpd(await remote.inPlace(bytes, url), representations, shown)
    return lowLatency ? chosen : mpdOfWholeSegments(chosen)
  }
  return { bytes: await readable(shown, read), url }
}

function isOlder(mpd: Mpd, than: Mpd): boolean {
  return mpd.publishTimeUs !== null && than.publishTimeUs !== null && mpd.publishTimeUs < than.publishTimeUs
}

function hasRepresentation({ mpd }: LivePlan, id: string): boolean {
  return mpd.periods.some(({ adaptationSets }) =>
    adaptationSets.some(({ representations }) => representations.some((each) => each.id === id)),
  )
}
