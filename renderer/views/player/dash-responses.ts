import { addDecodeTimes, type TrackDurations, trackDurations } from './chunk-times.ts'
import type { PlayerOptions, PlayerProblem } from './player-adapter.ts'
import { refusalText } from './player-model.ts'

/** How often a segment that is only expected is asked for again. */
export const SEGMENT_RETRIES = 4

/** A segment that will not come: playing goes on behind it. */
export const LOST_SEGMENT: PlayerProblem = {
  kind: 'segments',
  message: 'A segment is missing.',
  tryThis: 'In the timeline, E steps through incomplete objects.',
  fatal: false,
}

/** As much of dash.js's response as is read and changed here (its CommonMediaResponse). */
export type DashResponse = {
  status?: number
  data?: unknown
  readonly url?: string
  readonly request: {
    readonly customData?: {
      readonly request?: { readonly type?: string; readonly representation?: { readonly id?: string } | null }
    }
  }
}

/**
 * What is changed in the gateway's answers before dash.js sees them. A lost segment becomes an empty one: dash.js would
 * otherwise give up the only base address it has and stop, while what follows the gap can be played. Fragments get the
 * decode times that browsers demand. With `wholeSegments` the manifest no longer offers segments that still arrive.
 */
export function responseChanges(options: PlayerOptions): (response: DashResponse) => Promise<DashResponse> {
  const refusals = new Map<string, number>()
  const durations = new Map<string, TrackDurations>()
  return async (response) => {
    const { status = 0, data } = response
    const request = response.request.customData?.request
    const representation = request?.representation?.id ?? ''
    switch (request?.type) {
      case 'MPD':
        if (options.wholeSegments && typeof data === 'string') response.data = withoutPartialSegments(data)
        break
      case 'InitializationSegment':
        if (data instanceof ArrayBuffer) durations.set(representation, trackDurations(new Uint8Array(data)))
        break
      case 'MediaSegment':
        if (status === 404 || status === 410 || status === 503) refuse(response, refusals, options)
        else if (data instanceof ArrayBuffer) response.data = timed(data, durations.get(representation))
        break
    }
    return response
  }
}

/** One that is only expected (503) stays a failure, so that dash.js asks for it again, a few times. */
function refuse(response: DashResponse, refusals: Map<string, number>, options: PlayerOptions): void {
  const { status = 0, url = '', data } = response
  const refused = (refusals.get(url) ?? 0) + 1
  refusals.set(url, refused)
  if (status === 503 && refused <= SEGMENT_RETRIES) return
  refusals.delete(url)
  const words = data instanceof ArrayBuffer ? new TextDecoder().decode(data.slice(0, 400)) : ''
  options.onProblem({ ...LOST_SEGMENT, message: `Skipped a segment. ${refusalText(status, '', words)}` })
  response.status = 200
  response.data = new ArrayBuffer(0)
}

function timed(data: ArrayBuffer, durations: TrackDurations = new Map()): ArrayBuffer {
  const bytes = new Uint8Array(data)
  try {
    const whole = addDecodeTimes(bytes, durations)
    return whole === bytes ? data : (whole.buffer as ArrayBuffer)
  } catch {
    // Not the boxes it should be: the browser will say so better than we can.
    return data
  }
}

/** The manifest without the attributes that let a player ask for a segment while it still arrives. */
export function withoutPartialSegments(mpd: string): string {
  return mpd.replace(/\savailabilityTime(?:Offset|Complete)="[^"]*"/g, '')
}
