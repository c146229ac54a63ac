import { addDecodeTimes, type TrackDurations, trackDurations } from './chunk-times.ts'
import { Fillers } from './fillers.ts'
import type { MediaKind, PlayerOptions, PlayerProblem } from './player-adapter.ts'
import { refusalText } from './player-model.ts'
import { SegmentCheck } from './segment-check.ts'
import { TextLimits } from './text-limits.ts'

/** Retries for a segment that is expected (503). */
export const SEGMENT_RETRIES = 4

/** Names what is wrong with a file that the gateway serves all the same, as `patched`. */
export const STATE_HEADER = 'x-routescope-state'

/** A lost segment, which the player skips. */
export const LOST_SEGMENT: PlayerProblem = {
  kind: 'segments',
  message: 'A segment is missing.',
  tryThis: 'In the timeline, E steps through incomplete objects.',
  fatal: false,
}

/** Subtitles that are left out. */
export const LEFT_OUT: PlayerProblem = {
  kind: 'segments',
  message: 'Subtitles are left out.',
  tryThis: 'Save the files with Dump and open them elsewhere.',
  fatal: false,
}

/** The part of dash.js's CommonMediaResponse that is read and changed here. */
export type DashResponse = {
  status?: number
  data?: unknown
  readonly url?: string
  /** By names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly request: {
    readonly customData?: {
      readonly request?: {
        readonly type?: string
        readonly mediaType?: string
        /** Of the segment on the media's time line, and its duration, seconds. */
        readonly mediaStartTime?: number
        readonly duration?: number
        /** On the presentation's time line, seconds. */
        readonly startTime?: number
        readonly representation?: {
          readonly id?: string
          readonly codecs?: string | null
          readonly mediaInfo?: {
            readonly codec?: string | null
            readonly streamInfo?: { readonly id?: string | null } | null
          } | null
        } | null
      }
    }
  }
}

/**
 * Changes the gateway's responses for dash.js. A lost segment becomes what fills its time, or an empty one: dash.js would otherwise
 * drop its only base URL and stop before the gap. Fragments get the decode times that browsers require, and subtitles are bounded. With
 * `wholeSegments` the manifest does not offer segments that still arrive.
 */
export function responseChanges(
  options: PlayerOptions,
  fillers = new Fillers(),
): (response: DashResponse) => Promise<DashResponse> {
  const refusals = new Map<string, number>()
  const durations = new Map<string, TrackDurations>()
  const check = new SegmentCheck(options)
  const texts = new TextLimits((message) => options.onProblem({ ...LEFT_OUT, message }))
  return async (response) => {
    const { status = 0, data } = response
    const request = response.request.customData?.request
    const representation = request?.representation?.id ?? ''
    const timeline = `${request?.mediaType} ${request?.representation?.mediaInfo?.streamInfo?.id ?? ''}`
    const endS = (request?.mediaStartTime ?? Number.NaN) + (request?.duration ?? Number.NaN)
    const end = Number.isFinite(endS) ? endS : null
    const isText = request?.mediaType === 'text'
    const kind = kindOf(request?.mediaType)
    const damaged = (): void => {
      if (kind === 'video')
        options.onDamage(request?.startTime ?? Number.NaN, request?.duration ?? 0, response.url ?? '')
    }
    if (isText && data instanceof ArrayBuffer && status < 400) response.data = texts.bounded(data, response.url ?? '')
    switch (request?.type) {
      case 'MPD':
        if (options.wholeSegments && typeof data === 'string') response.data = withoutPartialSegments(data)
        break
      case 'InitializationSegment':
        if (!isText && data instanceof ArrayBuffer) {
          durations.set(representation, trackDurations(new Uint8Array(data)))
          const codecs = request.representation?.codecs ?? request.representation?.mediaInfo?.codec ?? ''
          fillers.init(representation, codecs, new Uint8Array(data))
          if (kind !== null) check.init(representation, kind, response.url ?? '', new Uint8Array(data))
        }
        break
      case 'MediaSegment':
        if (status === 404 || status === 410 || status === 503) {
          const filler = () => (isText ? null : fillers.instead(timeline, representation, end))
          if (refuse(response, refusals, options, filler)) damaged()
        } else if (!isText && data instanceof ArrayBuffer) {
          if (kind !== null)
            options.onSegment(kind, request.startTime ?? Number.NaN, request.duration ?? 0, response.url ?? '')
          const whole = new Uint8Array(timed(data, durations.get(representation)))
          const placeS = request.mediaStartTime
          const place = placeS === undefined ? null : { timeS: placeS, by: 'its manifest has it' }
          const isRefused = kind !== null && check.refuses(representation, kind, response.url ?? '', whole, place)
          if (isRefused || response.headers?.[STATE_HEADER] !== undefined) damaged()
          // Manifests of the gateway lay a segment over the time of lost ones behind it.
          const lacksS = kind === 'video' && end !== null ? fillers.lackS(representation, whole, end) : 0
          if (lacksS > 0)
            options.onDamage((request.startTime ?? Number.NaN) + (request.duration ?? 0) - lacksS, lacksS, null)
          response.data = bufferOf(
            isRefused
              ? (fillers.instead(timeline, representation, end) ?? new Uint8Array(0))
              : fillers.media(timeline, representation, whole, end),
          )
        }
        break
    }
    return response
  }
}

/**
 * Skips a refused segment. An expected one (503) stays a failure for SEGMENT_RETRIES requests, so that dash.js retries.
 * @returns whether it is skipped
 */
function refuse(
  response: DashResponse,
  refusals: Map<string, number>,
  options: PlayerOptions,
  filler: () => Uint8Array | null,
): boolean {
  const { status = 0, url = '', data } = response
  const refused = (refusals.get(url) ?? 0) + 1
  refusals.set(url, refused)
  if (status === 503 && refused <= SEGMENT_RETRIES) return false
  refusals.delete(url)
  const words = data instanceof ArrayBuffer ? new TextDecoder().decode(data.slice(0, 400)) : ''
  options.onProblem({ ...LOST_SEGMENT, message: `Skipped a segment. ${refusalText(status, '', words)}` })
  response.status = 200
  response.data = bufferOf(filler() ?? new Uint8Array(0))
  return true
}

function kindOf(mediaType: string | undefined): MediaKind | null {
  return mediaType === 'video' || mediaType === 'audio' ? mediaType : null
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes
  return buffer.byteLength === byteLength
    ? (buffer as ArrayBuffer)
    : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
}

function timed(data: ArrayBuffer, durations: TrackDurations = new Map()): ArrayBuffer {
  const bytes = new Uint8Array(data)
  try {
    const whole = addDecodeTimes(bytes, durations)
    return whole === bytes ? data : (whole.buffer as ArrayBuffer)
  } catch {
    // Malformed boxes: the browser reports the error.
    return data
  }
}

/** The manifest without the attributes by which players request arriving segments. */
export function withoutPartialSegments(mpd: string): string {
  return mpd.replace(/\savailabilityTime(?:Offset|Complete)="[^"]*"/g, '')
}
