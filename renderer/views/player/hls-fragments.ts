import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js'
import { LEFT_OUT } from './dash-responses.ts'
import type { Fillers } from './fillers.ts'
import type { PlayerOptions, PlayerProblem } from './player-adapter.ts'
import { SegmentCheck } from './segment-check.ts'
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
    readonly duration: number
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
  options: Pick<PlayerOptions, 'onProblem' | 'refused'>,
  fillers: Fillers,
  codecs: () => string,
): new (
  settings: unknown,
) => FragmentLoader {
  const texts = new TextLimits((message) => options.onProblem({ ...LEFT_OUT, message }))
  const check = new SegmentCheck(options)
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
      const kind = frag?.type === 'audio' ? 'audio' : 'video'
      super.load(context, config, {
        ...callbacks,
        onSuccess(response, ...rest) {
          const { data } = response
          if (data instanceof ArrayBuffer) {
            const bytes = new Uint8Array(data)
            if (isText) response.data = texts.bounded(data, response.url)
            else if (frag?.sn === 'initSegment') {
              fillers.init(representation, codecs(), bytes.slice())
              if (!frag.encrypted) check.init(representation, kind, response.url, bytes)
            } else if (isFilled && check.refuses(representation, kind, response.url, bytes, null)) {
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
        },
        onError: (error, at, details, stats) => {
          const refused = (refusals.get(url) ?? 0) + 1
          refusals.set(url, refused)
          const isLost = error.code === 404 || error.code === 410 || (error.code === 503 && refused > SEGMENT_RETRIES)
          const filler = isFilled && isLost ? fillers.instead(timeline, representation, endS()) : null
          if (filler === null) {
            callbacks.onError(error, at, details, stats)
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

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.byteLength === bytes.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.slice().buffer as ArrayBuffer)
}
