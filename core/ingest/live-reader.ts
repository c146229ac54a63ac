import { asToi, type Toi } from '../contract/ids.ts'
import { shownText } from '../contract/shown-text.ts'
import { pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import { isClocked } from '../manifest/mpd/live-spans.ts'
import type { MpdRepresentation } from '../manifest/mpd/mpd.ts'
import { initSegment, namedSegment, type Span } from '../manifest/mpd/segments.ts'
import { templateAddress } from '../manifest/mpd/template.ts'
import { FIRST_RESERVED_TOI } from '../protocol/route/toi-plan.ts'
import { fileTemplateOf } from './file-template.ts'
import type { GrowingFile, GrowingOrigin, LiveFile } from './growing-origin.ts'
import {
  LOOK_MS,
  MAX_INIT_BYTES,
  MOST_BEHIND,
  MOST_BEHIND_US,
  MOST_WAITING,
  SILENT_SEGMENTS,
  SILENT_US,
} from './live-pace.ts'
import { type LiveEntry, liveInit, liveNames } from './live-plan.ts'
import { type ChannelPlan, isPartial, type LiveNext, LiveTimeline } from './live-timeline.ts'
import { PatientFetch } from './patient-fetch.ts'
import type { InlineFile, LiveSegment, LiveTrack } from './presentation.ts'

/** Something of a live presentation that a person should know. `retry`: it came after all. */
export type LiveReport = {
  readonly kind: 'lost' | 'retry' | 'manifest' | 'silent'
  readonly sentence: string
  readonly tryThis: string
}

/** What a reader works with. */
export type LiveHost = {
  readonly source: GrowingOrigin
  /** Clock of this machine, µs since the UNIX epoch. */
  readonly nowUs: () => number
  readonly report: (report: LiveReport) => void
  /** Called when a segment has come, or the reader has ended. */
  readonly news: () => void
}

/** Fetches the segments of one channel as they come, in order, each once. */
export class LiveReader implements LiveTrack {
  readonly repId: string
  readonly contentType: string | null
  readonly lang: string | null
  readonly bandwidth: number | null
  readonly playlist = null
  fileTemplate: string | null
  init: InlineFile | null = null
  endedUs: number | null = null
  readonly #host: LiveHost
  readonly #timeline: LiveTimeline
  readonly #waiting: LiveSegment[] = []
  readonly #over = new AbortController()
  readonly #patient: PatientFetch
  #initOf: string | null = null
  #toi = 0
  #lastUs: number
  #behindSinceUs: number | null = null
  #isSilent = false
  #wake: () => void = () => {}

  /** @param fromUs media time of the first segment; null: the newest one */
  constructor(plan: ChannelPlan, host: LiveHost, fromUs: number | null) {
    this.#host = host
    const clocks = { nowUs: host.nowUs, originUs: () => host.source.nowUs() }
    this.#timeline = new LiveTimeline(plan, clocks, fromUs)
    const { onAir } = this.#timeline.newestEntry
    this.repId = onAir.id
    this.contentType = onAir.contentType
    this.lang = onAir.lang
    this.bandwidth = onAir.bandwidth
    this.#lastUs = host.nowUs()
    this.#patient = new PatientFetch(host.source, host.nowUs, this.#over.signal)
    this.fileTemplate = liveTemplate(onAir)
  }

  peek(): LiveSegment | null {
    return this.#waiting[0] ?? null
  }

  take(): void {
    this.#waiting.shift()
    this.#wake()
  }

  /** Whether a plan goes on after the periods whose segments were all of it. */
  isContinuedBy(plan: ChannelPlan): boolean {
    return this.endedUs !== null && (plan.entries.at(-1)?.startUs ?? this.periodUs) > this.periodUs
  }

  /** Start of its newest period. */
  get periodUs(): number {
    return this.#timeline.newestEntry.startUs
  }

  update(plan: ChannelPlan): void {
    this.#timeline.update(plan)
    this.#wake()
  }

  /** Fetches no more; what has come is still sent. */
  stop(): void {
    this.#over.abort()
    this.#wake()
  }

  /** Whether it has what each of its segments needs. */
  get isReady(): boolean {
    return this.#initOf !== null || initSegment(this.#timeline.newestEntry.origin) === null
  }

  /** Whether it has all that the manifest lists, and needs more. */
  get isExhausted(): boolean {
    return this.endedUs === null && this.#timeline.ahead().first === null
  }

  get isPartial(): boolean {
    return isPartial(this.#timeline.newestEntry.origin)
  }

  /** Duration of the newest segments, µs. */
  get segmentUs(): number {
    return this.#timeline.segmentUs
  }

  /** Reads the initialisation segment of the newest period. @returns why it is not there; null where it is, or none is needed */
  readInit(): Promise<string | null> {
    return this.#readInit(this.#timeline.newestEntry)
  }

  async run(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const next = this.#upcoming()
      if (next === null) {
        if (this.#timeline.isComplete() || this.#timeline.isPeriodOver) break
        this.#noteSilence()
        await this.#wait(LOOK_MS)
        continue
      }
      const waitMs = (next.availableUs - this.#host.nowUs()) / 1000
      if (waitMs > 0) await this.#wait(Math.min(waitMs, LOOK_MS))
      else if (this.#waiting.length >= MOST_WAITING) await this.#wait(LOOK_MS)
      else await this.#fetch(next)
    }
    this.endedUs = this.#host.nowUs()
    this.#host.news()
  }

  /** The next segment; the newest where those before it have become too many. */
  #upcoming(): LiveNext | null {
    const { first, newest, complete } = this.#timeline.ahead()
    if (this.#timeline.isFinal || complete <= MOST_BEHIND || first === null || newest === null) return first
    if (newest.atUs - first.atUs < MOST_BEHIND_US) return first
    this.#host.report({
      kind: 'lost',
      sentence: `${complete - 1} segments of "${shownText(this.repId)}" were not sent: they came faster than they could be fetched and sent.`,
      tryThis: 'Check the speed of the origin and of this machine.',
    })
    this.#timeline.rejoin()
    return newest
  }

  async #fetch(next: LiveNext): Promise<void> {
    const { entry, span, availableUs } = next
    const { name, at, range } = liveNames(entry, span)
    const { nextUs } = this.#timeline
    // A part of a file is known to be whole by its length.
    const wholeUs = range === null ? this.#timeline.wholeUs(next) : null
    const wanted = { at, range, availableUs, durationUs: span.durationUs, wholeUs }
    const { file, trouble } = await this.#patient.fetch(wanted, () => this.#readInit(entry))
    // By the time it came the presentation had begun again.
    if (this.#timeline.nextUs !== nextUs) return
    const announcedUs = this.#timeline.announcedUs(next)
    this.#timeline.passed(next)
    if (file.kind === 'bytes' || file.kind === 'growing') {
      if (trouble !== null) this.#retried(at, trouble)
      await this.#give(entry, span, name, file, announcedUs)
    } else if (!this.#over.signal.aborted) this.#lost(entry, span, at, file.kind, file.reason)
  }

  /** Gives a segment to be sent, and waits for the end of one that is still coming. */
  async #give(entry: LiveEntry, span: Span, name: string, file: Content, announcedUs: number | null): Promise<void> {
    const arrivedUs = this.#host.nowUs()
    const growing = file.kind === 'growing' ? file.body : null
    this.#waiting.push({
      name,
      get bytes() {
        return file.kind === 'growing' ? file.body.bytes : file.bytes
      },
      contentType: entry.onAir.mimeType ?? 'application/octet-stream',
      toi: this.#toiOf(entry.onAir, span),
      announcedUs: announcedUs ?? arrivedUs,
      arrivedUs,
      durationUs: span.durationUs,
      init: this.init,
      growing,
    })
    this.#lastUs = arrivedUs
    this.#isSilent = false
    if (growing !== null) growing.onChange = () => this.#host.news()
    this.#host.news()
    await growing?.ended
    if (growing?.state !== 'broken' || this.#over.signal.aborted) return
    this.#host.report({
      kind: 'lost',
      sentence: `Segment ${span.number} of "${shownText(this.repId)}" was sent in part only: of "${this.#host.source.shown(name)}" no more came than ${growing.length} bytes.`,
      tryThis: 'Check the origin; the broadcast goes on with the segments after it.',
    })
  }

  /** Number or time as the template says; the next of an own count where it does not fit, from then on. */
  #toiOf({ addressing }: MpdRepresentation, span: Span): Toi {
    if (this.fileTemplate !== null && addressing.kind === 'template') {
      const toi = templateAddress(addressing.media) === 'time' ? span.time : span.number
      if (toi < FIRST_RESERVED_TOI) return asToi(toi)
      this.fileTemplate = null
    }
    this.#toi = (this.#toi % (FIRST_RESERVED_TOI - 1)) + 1
    return asToi(this.#toi)
  }

  async #readInit(entry: LiveEntry): Promise<string | null> {
    const { onAir, period } = entry
    const wanted = liveInit(entry)
    if (wanted === null) {
      this.init = null
      return null
    }
    const { name, at, range } = wanted
    // Each period has its own, even of the same name.
    const key = `${period.id ?? period.startUs}\n${at}\n${range?.join('-') ?? ''}`
    if (key === this.#initOf) return null
    const file = await this.#host.source.file(at, MAX_INIT_BYTES, this.#over.signal, range)
    if (file.kind !== 'bytes')
      return `its initialisation segment "${this.#host.source.shown(at)}" is not there: ${file.reason}`
    this.#initOf = key
    const { init } = this
    if (init === null || init.name !== name || Buffer.compare(init.bytes, file.bytes) !== 0)
      this.init = { name, contentType: onAir.mimeType ?? 'application/octet-stream', bytes: file.bytes }
    return null
  }

  #lost({ period, origin }: LiveEntry, span: Span, at: string, kind: LiveFile['kind'], reason: string): void {
    const { addressing } = origin
    const isRounded =
      addressing.kind === 'template' &&
      isClocked(addressing) &&
      period.durationUs !== null &&
      span.startUs + span.durationUs >= period.durationUs
    // The last one of a period may not exist by rounding (ISO/IEC 23009-1 §5.3.9.5.3).
    if (isRounded && kind === 'absent') return
    this.#host.report({
      kind: 'lost',
      sentence: `Segment ${span.number} of "${shownText(this.repId)}" was not sent: "${this.#host.source.shown(at)}" did not come, ${reason}.`,
      tryThis: 'Check the origin; the broadcast goes on with the segments after it.',
    })
  }

  #retried(at: string, reason: string): void {
    this.#host.report({
      kind: 'retry',
      sentence: `"${this.#host.source.shown(at)}" had to be fetched again: ${reason}.`,
      tryThis: 'Nothing is missing; check the origin if it goes on.',
    })
  }

  /** Tells once that nothing new comes, and begins again where the list stays behind what was sent. */
  #noteSilence(): void {
    const nowUs = this.#host.nowUs()
    this.#followBack(nowUs)
    if (this.#isSilent || nowUs - this.#lastUs < Math.max(SILENT_US, SILENT_SEGMENTS * this.segmentUs)) return
    this.#isSilent = true
    this.#host.report({
      kind: 'silent',
      sentence: `Nothing new of "${shownText(this.repId)}" for ${Math.round((nowUs - this.#lastUs) / 1e6)} s: the manifest lists no further segment.`,
      tryThis: 'Check that the presentation is still being made.',
    })
  }

  #followBack(nowUs: number): void {
    const newestUs = this.#timeline.newestUs()
    const { nextUs, segmentUs } = this.#timeline
    if (nextUs === null || newestUs === null || newestUs > nextUs - 1.5 * segmentUs) {
      this.#behindSinceUs = null
      return
    }
    this.#behindSinceUs ??= nowUs
    // One server of several may be late: it catches up soon.
    if (nowUs - this.#behindSinceUs < 3 * segmentUs) return
    this.#host.report({
      kind: 'manifest',
      sentence: `The manifest went backwards: the segments of "${shownText(this.repId)}" begin again ${Math.round((nextUs - newestUs) / 1e6)} s before what was sent.`,
      tryThis: 'Nothing has to be done; players may have to begin again.',
    })
    this.#behindSinceUs = null
    this.#timeline.rejoin()
  }

  async #wait(ms: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await pause(SYSTEM_CLOCK, ms, woken.signal)
    this.#wake = () => {}
  }
}

/** A segment that has come, or begun to. */
type Content = Extract<GrowingFile, { kind: 'bytes' | 'growing' }>

/** The fileTemplate of a live representation, tried on its first name. */
function liveTemplate(onAir: MpdRepresentation): string | null {
  const { addressing } = onAir
  if (addressing.kind !== 'template') return null
  const number = templateAddress(addressing.media) === 'time' ? 0 : addressing.startNumber
  if (number >= FIRST_RESERVED_TOI) return null
  const span = { number, time: number, duration: 0, timescale: 1, startUs: 0, durationUs: 0 }
  return fileTemplateOf(onAir, [{ toi: asToi(number), name: namedSegment(onAir, span, 0).name }])
}
