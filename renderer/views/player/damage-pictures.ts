import type { DamagedRange } from './damage-log.ts'

/** A picture that did not come by then will not, ms. */
const LONGEST_MS = 8000
/** After a seek, the picture comes within this, ms. */
const SHOWN_MS = 500
/** Width of the pictures taken, pixels. */
const WIDTH = 480

/** One picture around or within what is damaged. */
export type DamagePicture = {
  readonly place: 'before' | 'damaged' | 'after'
  /** Null: nothing is decoded there. */
  readonly picture: ImageBitmap | null
  /** Start of the picture, else the time it was looked for, media seconds. */
  readonly timeS: number
}

/** What is looked at. Times are media seconds. */
export type DamagedPlay = {
  readonly video: HTMLVideoElement
  /** Duration of a picture. */
  readonly frameS: number
  readonly startS: number
  readonly endS: number
  /** The damaged range nearest to a time, as far as it is known by now. */
  readonly near: (timeS: number) => DamagedRange | null
}

/**
 * Takes the last good picture before a damaged range, the first, middle and last one within, and the next good one. Pauses, seeks
 * to each, and back.
 * @returns in order of time; empty where nothing is damaged
 */
export async function takeDamagePictures(play: DamagedPlay, signal: AbortSignal): Promise<readonly DamagePicture[]> {
  const { video, frameS, near } = play
  const backS = video.currentTime
  let range = near(backS)
  if (range === null) return []
  video.pause()
  const half = frameS / 2
  const take = async (
    place: DamagePicture['place'],
    timeS: number,
    { startS, endS }: Pick<DamagedRange, 'startS' | 'endS'>,
  ): Promise<DamagePicture> => {
    const none = { place, picture: null, timeS }
    if (signal.aborted || timeS < play.startS || timeS > play.endS) return none
    const shownS = await seekTo(video, timeS, frameS, signal)
    if (shownS === null || shownS < startS - half || shownS >= endS || signal.aborted) return none
    const size = { resizeWidth: WIDTH, resizeQuality: 'medium' } as const
    // An element without a picture has none to take.
    const picture = await createImageBitmap(video, size).catch(() => null)
    return { place, picture, timeS: shownS }
  }
  let before: DamagePicture
  let after: DamagePicture
  for (;;) {
    const { startS, endS } = range
    before = await take('before', startS - half, { startS: Number.NEGATIVE_INFINITY, endS: startS - half / 2 })
    after = await take('after', endS + half, { startS: endS, endS: Number.POSITIVE_INFINITY })
    // That a neighbour is damaged as well is known once it was asked for.
    const wider = near((startS + endS) / 2)
    if (signal.aborted || wider === null || (wider.startS >= startS && wider.endS <= endS)) break
    range = wider
  }
  const within: DamagePicture[] = []
  for (const timeS of [range.startS + half, (range.startS + range.endS) / 2, range.endS - half]) {
    const taken = await take('damaged', timeS, range)
    if (taken.picture !== null && within.at(-1)?.timeS !== taken.timeS) within.push(taken)
  }
  if (within.length === 0) within.push({ place: 'damaged', picture: null, timeS: range.startS })
  if (!signal.aborted) await seekTo(video, backS, frameS, signal)
  return [before, ...within, after]
}

/** Shows the picture of a time. @returns its start, media seconds; null where none is shown */
function seekTo(video: HTMLVideoElement, timeS: number, frameS: number, signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    let shownS: number | null = null
    let callback = 0
    let timer = setTimeout(() => finish(null), LONGEST_MS)
    const finish = (at: number | null): void => {
      clearTimeout(timer)
      video.cancelVideoFrameCallback(callback)
      video.removeEventListener('seeked', sought)
      signal.removeEventListener('abort', aborted)
      resolve(at)
    }
    const aborted = (): void => finish(null)
    const isThere = (): boolean => {
      const sinceS = video.currentTime - (shownS ?? Number.NaN)
      return !video.seeking && sinceS > -frameS / 2 && sinceS < frameS * 1.5
    }
    const watch = (): void => {
      callback = video.requestVideoFrameCallback((_, { mediaTime }) => {
        shownS = mediaTime
        if (isThere()) finish(shownS)
        else watch()
      })
    }
    const sought = (): void => {
      if (isThere()) {
        finish(shownS)
        return
      }
      // The same picture as before is not shown again, and one in the background not at all.
      clearTimeout(timer)
      timer = setTimeout(() => finish(shownS ?? video.currentTime), SHOWN_MS)
    }
    watch()
    video.addEventListener('seeked', sought)
    signal.addEventListener('abort', aborted)
    video.currentTime = Math.max(0, timeS)
  })
}
