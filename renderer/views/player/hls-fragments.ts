import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js'
import { LEFT_OUT, STATE_HEADER } from './dash-responses.ts'
import type { Fillers } from './fillers.ts'
import { PendingInits } from './hls-inits.ts'
import { type PlacedSegment, SegmentPlaces } from './hls-places.ts'
import type { MediaKind, PlayerOptions, PlayerProblem } from './player-adapter.ts'
import { SegmentCheck } from './segment-check.ts'
import { needsInit } from './segment-faults.ts'
import { segmentName } from './segment-log.ts'
import { TextLimits } from './text-limits.ts'

/** Requests for an expected segment (503) before it is one that does not come. */
export const SEGMENT_RETRIES = 4

/** Status of a segment that is not to be had. */
const LOST = 404

/** What a request of the library is for. */
export type FragmentContext = LoaderContext & {
  readonly frag?: {
    readonly type: string
    readonly level: number
    readonly cc: number
    readonly sn: number | 'initSegment'
    /** On the time line of the playlist, seconds. */
    readonly start: number
    readonly duration: number
    /** Null where its playlist names none. */
    readonly initSegment: { readonly url: string } | null
    readonly encrypted: boolean
  }
  /** Of low latency; null: a whole segment. */
  readonly part?: unknown
}
type FragmentLoader = Loader<FragmentContext>

/** A segment that is not to be had. */
export function missingSegment(status: number | undefined): PlayerProblem {
  return {
    kind: 'segments',
    message: `A segment is missing${status === undefined ? '' : ` (HTTP ${status})`}.`,
    tryThis: 'In the timeline, E steps through incomplete objects.',
    fatal: false,
  }
}

/**
 * The library's loader of fragments: a lost segment becomes what fills its time, as for DASH, since a browser stands still where picture
 * or sound lacks; subtitles are bounded.
 * @param codecs of all renditions
 */
export function fragmentLoader(
  Base: new (settings: unknown) => FragmentLoader,
  options: Pick<PlayerOptions, 'onProblem' | 'onDamage' | 'refused' | 'without'>,
  fillers: Fillers,
  codecs: () => string,
): new (
  settings: unknown,
) => FragmentLoader {
  const texts = new TextLimits((message) => options.onProblem({ ...LEFT_OUT, message }))
  const check = new SegmentCheck(options)
  const inits = new PendingInits()
  const places = new SegmentPlaces()
  const refusals = new Map<string, number>()
  return class extends Base {
    override load(
      context: FragmentContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<FragmentContext>,
    ): void {
      const { frag, url } = context
      const isText = frag?.type === 'subtitle'
      const isFilled = frag !== undefined && !isText && !frag.encrypted && (context.part ?? null) === null
      const representation = `${frag?.type} ${frag?.level}`
      const timeline = `${frag?.type} ${frag?.cc}`
      const endS = (): number | null => {
        const from = fillers.endOf(timeline)
        return from === null || frag === undefined ? null : from + frag.duration
      }
      const kind = kindOf(frag?.type, options.without)
      const isInit = frag?.sn === 'initSegment'
      if (isInit) inits.begun(url)
      const isRefused = (bytes: Uint8Array): boolean => {
        if (frag?.initSegment === null && needsInit(bytes)) {
          check.lacksInit(kind, url)
          return true
        }
        const segment = placed(frag, kind, url)
        const place = segment === null ? null : places.expected(segment)
        if (check.refuses(representation, kind, url, bytes, place)) return true
        const beginS = segment === null ? null : check.beginning(representation, bytes)
        if (segment !== null && beginS !== null) places.came(segment, beginS)
        return false
      }
      const damaged = (): void => {
        if (frag?.type === 'main' && !isInit) options.onDamage(frag.start, frag.duration, url)
      }
      let isAborted = false
      super.load(context, config, {
        ...callbacks,
        onSuccess(response, ...rest) {
          const { data } = response
          const [, , details] = rest
          if (hasState(details)) damaged()
          const take = (): void => {
            if (isAborted) return
            if (data instanceof ArrayBuffer) {
              const bytes = new Uint8Array(data)
              if (isText) response.data = texts.bounded(data, response.url)
              else if (isInit) {
                fillers.init(representation, codecs(), bytes.slice())
                if (frag?.encrypted === false) check.init(representation, kind, response.url, bytes)
              } else if (isFilled && isRefused(bytes)) {
                damaged()
                const filler = fillers.instead(timeline, representation, endS())
                if (filler === null) {
                  const [stats, at, details] = rest
                  callbacks.onError({ code: LOST, text: 'cannot be decoded' }, at, details, stats)
                  return
                }
                response.data = bufferOf(filler)
              } else if (isFilled) response.data = bufferOf(fillers.media(timeline, representation, bytes, endS()))
            }
            callbacks.onSuccess(response, ...rest)
          }
          if (isInit) {
            take()
            inits.over(url)
          } else inits.after(frag?.initSegment?.url ?? null, take)
        },
        onAbort: (...why) => {
          isAborted = true
          callbacks.onAbort?.(...why)
          if (isInit) inits.over(url)
        },
        onTimeout: (...why) => {
          callbacks.onTimeout(...why)
          if (isInit) inits.over(url)
        },
        onError: (error, at, details, stats) => {
          const refused = (refusals.get(url) ?? 0) + 1
          refusals.set(url, refused)
          const isLost = error.code === 404 || error.code === 410 || (error.code === 503 && refused > SEGMENT_RETRIES)
          if (isLost) damaged()
          const filler = isFilled && isLost ? fillers.instead(timeline, representation, endS()) : null
          if (filler === null) {
            callbacks.onError(error, at, details, stats)
            if (isInit) inits.over(url)
            return
          }
          refusals.delete(url)
          options.onProblem(missingSegment(error.code))
          const data = bufferOf(filler)
          stats.loaded = data.byteLength
          stats.total = data.byteLength
          stats.loading.end = performance.now()
          callbacks.onSuccess({ url, data, code: 200 }, stats, at, details)
        },
      })
    }
  }
}

/** Without pictures, the playlist of the sound is the main one. */
function kindOf(type: string | undefined, without: MediaKind | null): MediaKind {
  return type === 'audio' || without === 'video' ? 'audio' : 'video'
}

/** A segment by its playlist; null where that is no whole segment. */
function placed(frag: FragmentContext['frag'], kind: MediaKind, url: string): PlacedSegment | null {
  if (frag === undefined || typeof frag.sn !== 'number') return null
  const { sn: number, cc: section, start: startS, duration: durationS } = frag
  return { kind, name: segmentName(url) ?? 'another segment', section, number, startS, durationS }
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.byteLength === bytes.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.slice().buffer as ArrayBuffer)
}

/** Whether the gateway told a state with its answer: the segment is not whole. @param details hls.js's request */
function hasState(details: unknown): boolean {
  const asked = details as Partial<Pick<XMLHttpRequest, 'getResponseHeader'>> | null
  return (asked?.getResponseHeader?.(STATE_HEADER) ?? null) !== null
}
