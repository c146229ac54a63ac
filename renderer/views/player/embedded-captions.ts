import type { CaptionCue, CaptionLine, SegmentCaptions } from '../../../core/contract/captions.ts'
import { captionsUrl } from '../../../core/contract/captions.ts'
import type { TrackChoices } from './media-tracks.ts'

/** Segments without captions, after which only every so many are asked for. */
const MANY_WITHOUT = 6
const ONE_OF = 6
/** Cues that touch each other and show the same are one, seconds. */
const TOUCH_S = 0.06
/** Cues of a track are kept for so long, seconds. */
const KEPT_S = 180

/** Text tracks of each video element by their names: a browser cannot remove them, so that they are used again. */
const TRACKS = new WeakMap<HTMLVideoElement, Map<string, TextTrack>>()
const EMBEDDED = new WeakSet<TextTrack>()

/** Whether a track has captions from within pictures. */
export function isEmbedded(track: TextTrack): boolean {
  return EMBEDDED.has(track)
}

/**
 * Captions within pictures (CTA-608-E, CTA-708-E), which the gateway reads out of each segment, drawn by the browser as tracks of the
 * video element.
 */
export class EmbeddedCaptions {
  readonly #video: HTMLVideoElement
  readonly #stop = new AbortController()
  readonly #shown = new Map<string, TextTrack>()
  #chosen: string | null = null
  #without = 0
  /** The request in progress: captions of a segment go on from the one before. */
  #asking: Promise<void> = Promise.resolve()

  constructor(video: HTMLVideoElement) {
    this.#video = video
  }

  /** Takes a segment of the picture. @param startS its place on the time line of the video, seconds */
  segment(startS: number, _durationS: number, url: string): void {
    const skips = this.#without >= MANY_WITHOUT && this.#without % ONE_OF !== 0
    if (skips) this.#without++
    if (skips || !Number.isFinite(startS) || !/\/service\d+\//.test(url)) return
    this.#asking = this.#asking.then(() => this.#ask(startS, captionsUrl(url)))
  }

  /** Choices of a player with these tracks beside its own. */
  beside<Choices extends TrackChoices>(choices: Choices): Choices {
    const own = [...this.#shown.keys()].sort().map((id) => ({ id, label: labelOf(id) }))
    return { ...choices, captions: [...choices.captions, ...own], caption: this.#chosen ?? choices.caption }
  }

  /** Draws one of these tracks, or none of them. @returns whether the id is of one */
  choose(id: string | null): boolean {
    this.#chosen = id !== null && this.#shown.has(id) ? id : null
    for (const [each, track] of this.#shown) track.mode = each === this.#chosen ? 'showing' : 'hidden'
    return this.#chosen !== null
  }

  /** Forgets all cues: another time line begins. */
  clear(): void {
    for (const track of this.#shown.values()) {
      for (const cue of [...(track.cues ?? [])]) track.removeCue(cue)
    }
  }

  close(): void {
    this.#stop.abort()
    this.clear()
    for (const track of this.#shown.values()) track.mode = 'disabled'
  }

  async #ask(startS: number, url: string): Promise<void> {
    const { signal } = this.#stop
    try {
      const answer = await fetch(url, { signal })
      const captions = answer.ok ? ((await answer.json()) as SegmentCaptions) : null
      if (signal.aborted || captions === null) return
      this.#without = captions.tracks.length > 0 ? 0 : this.#without + 1
      for (const { id, cues } of captions.tracks) this.#show(id, startS, cues)
    } catch {
      // Without captions the picture plays as before.
      this.#without++
    }
  }

  #show(id: string, startS: number, cues: readonly CaptionCue[]): void {
    const track = this.#track(id)
    for (const cue of cues) {
      for (const line of cue.lines) addLine(track, line, startS + cue.startS, startS + cue.endS)
    }
    for (const cue of [...(track.cues ?? [])]) {
      if (Math.abs(cue.endTime - startS) <= KEPT_S) continue
      track.removeCue(cue)
    }
  }

  #track(id: string): TextTrack {
    const known = this.#shown.get(id)
    if (known !== undefined) return known
    const all = TRACKS.get(this.#video) ?? new Map<string, TextTrack>()
    TRACKS.set(this.#video, all)
    const track = all.get(id) ?? this.#video.addTextTrack('captions', labelOf(id))
    all.set(id, track)
    EMBEDDED.add(track)
    track.mode = 'hidden'
    this.#shown.set(id, track)
    return track
  }
}

/** `CC1`; `Service 1` of CTA-708-E. */
function labelOf(id: string): string {
  return id.replace(/^S(?=\d)/, 'Service ')
}

/** Adds a row, or lengthens the one that it continues, as at the border of two segments. */
function addLine(track: TextTrack, line: CaptionLine, startS: number, endS: number): void {
  const text = line.runs.map(markup).join('')
  const position = percent(line.left)
  const top = percent(line.top)
  for (const cue of track.cues ?? []) {
    const same = cue instanceof VTTCue && cue.text === text && cue.line === top && cue.position === position
    if (!same || startS > cue.endTime + TOUCH_S || endS < cue.startTime - TOUCH_S) continue
    cue.startTime = Math.min(cue.startTime, startS)
    cue.endTime = Math.max(cue.endTime, endS)
    return
  }
  const cue = new VTTCue(startS, endS, text)
  cue.snapToLines = false
  cue.line = top
  cue.position = position
  cue.positionAlign = line.align === 'start' ? 'line-left' : line.align === 'end' ? 'line-right' : 'center'
  cue.align = line.align === 'start' ? 'left' : line.align === 'end' ? 'right' : 'center'
  track.addCue(cue)
}

/** WebVTT of a run: its classes of colours are those of the contract. */
function markup({ text, colour, italic, underline }: CaptionLine['runs'][number]): string {
  let words = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  if (underline) words = `<u>${words}</u>`
  if (italic) words = `<i>${words}</i>`
  return colour === 'white' ? words : `<c.${colour}>${words}</c>`
}

function percent(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10
}
