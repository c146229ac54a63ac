/** Words of one style. */
export type CaptionRun = {
  readonly text: string
  readonly colour: CaptionColour
  readonly italic: boolean
  readonly underline: boolean
}

/** The colours of CTA-608-E; those of CTA-708-E are the nearest of them. */
export type CaptionColour = 'white' | 'lime' | 'cyan' | 'red' | 'yellow' | 'magenta' | 'blue' | 'black'

/** One row of a caption. Places are shares of the picture, 0 to 1. */
export type CaptionLine = {
  readonly top: number
  /** Of its start, centre or end, as `align` tells. */
  readonly left: number
  readonly align: 'start' | 'center' | 'end'
  readonly runs: readonly CaptionRun[]
}

/** What is shown for some time, seconds from the first picture of its segment. */
export type CaptionCue = { readonly startS: number; readonly endS: number; readonly lines: readonly CaptionLine[] }

/** A caption channel or service: `CC1` to `CC4` of CTA-608-E, `S1` to `S63` of CTA-708-E. */
export type CaptionTrack = { readonly id: string; readonly cues: readonly CaptionCue[] }

/** Captions within the pictures of one segment; those that go on from the segments before included. */
export type SegmentCaptions = { readonly tracks: readonly CaptionTrack[] }

/** First component of a name below a service: the captions of the segment that the rest names. */
export const CAPTIONS_FOLDER = '~captions'

/** Address of the captions of a segment, also of one that is decoded for players. @param url `…/serviceN/<name>` */
export function captionsUrl(url: string): string {
  return url.replace(/\/service(\d+)\/(?:~decoded~[^/]*\/)?/, `/service$1/${CAPTIONS_FOLDER}/`)
}
