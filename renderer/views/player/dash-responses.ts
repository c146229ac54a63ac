import { addDecodeTimes, lacksDecodeTime, type TrackDurations, trackDurations } from './chunk-times.ts'
import { Fillers } from './fillers.ts'
import type { PlayerOptions, PlayerProblem } from './player-adapter.ts'
import { refusalText } from './player-model.ts'
import { TextLimits } from './text-limits.ts'

/** Retries for a segment that is expected (503). */
export const SEGMENT_RETRIES = 4

/** A lost segment, which the player skips. */
export const LOST_SEGMENT: PlayerProblem = {
  kind: 'segments',
  message: 'A segment is missing.',
  tryThis: 'In the timeline, E steps through incomplete objects.',
  fatal: false,
}

/** A segment that no browser takes, since its fragments do not say when they begin. */
export function untimed(url: string): PlayerProblem {
  const name = decodeURIComponent(/[^/]*$/.exec(url.replace(/[?#].*$/, ''))?.[0] ?? '')
  return {
    kind: 'segments',
    message: `${name === '' ? 'A segment' : name} has no decode time (tfdt), without which no browser plays it.`,
    tryThis: 'Its sender has to write a tfdt in each track fragment; the inspector shows its boxes.',
    fatal: true,
  }
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
  const texts = new TextLimits((message) => options.onProblem({ ...LEFT_OUT, message }))
  return async (response) => {
    const { status = 0, data } = response
    const request = response.request.customData?.request
    const representation = request?.representation?.id ?? ''
    const timeline = `${request?.mediaType} ${request?.representation?.mediaInfo?.streamInfo?.id ?? ''}`
    const endS = (request?.mediaStartTime ?? Number.NaN) + (request?.duration ?? Number.NaN)
    const end = Number.isFinite(endS) ? endS : null
    const isText = request?.mediaType === 'text'
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
        }
        break
      case 'MediaSegment':
        if (status === 404 || status === 410 || status === 503) {
          const filler = () => (isText ? null : fillers.instead(timeline, representation, end))
          refuse(response, refusals, options, filler)
        } else if (!isText && data instanceof ArrayBuffer) {
          if (request.mediaType === 'video')
            options.onSegment(request.startTime ?? Number.NaN, request.duration ?? 0, response.url ?? '')
          const whole = timed(data, durations.get(representation))
          if (lacksDecodeTime(new Uint8Array(whole))) options.onProblem(untimed(response.url ?? ''))
          response.data = bufferOf(fillers.media(timeline, representation, new Uint8Array(whole), end))
        }
        break
    }
    return response
  }
}

/** Skips a refused segment. An expected one (503) stays a failure for SEGMENT_RETRIES requests, so that dash.js retries. */
function refuse(
  response: DashResponse,
  refusals: Map<string, number>,
  options: PlayerOptions,
  filler: () => Uint8Array | null,
): void {
  const { status = 0, url = '', data } = response
  const refused = (refusals.get(url) ?? 0) + 1
  refusals.set(url, refused)
  if (status === 503 && refused <= SEGMENT_RETRIES) return
  refusals.delete(url)
  const words = data instanceof ArrayBuffer ? new TextDecoder().decode(data.slice(0, 400)) : ''
  options.onProblem({ ...LOST_SEGMENT, message: `Skipped a segment. ${refusalText(status, '', words)}` })
  response.status = 200
  response.data = bufferOf(filler() ?? new Uint8Array(0))
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
