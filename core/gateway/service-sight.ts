import type { ServiceId } from '../contract/ids.ts'
import { type ServiceLook, type SoundLevel, THUMBNAIL, type Thumbnail } from '../contract/wall.ts'
import { isBlack, isSame, lumaOf } from '../decode/picture-facts.ts'
import { SeenStretches } from '../decode/seen-stretches.ts'
import type { SoundFacts } from '../decode/sound-facts.ts'
import type { StoredFile } from '../files/stored-file.ts'
import type { FindingFacts } from '../flow/findings.ts'
import type { LookTrack } from './look-tracks.ts'

/** A track whose newest segment came so long before that of another is not sent any more, µs. */
const STALE_US = 10_000_000

/** What is seen and heard of one service. */
export class ServiceSight {
  readonly id: ServiceId
  name: string | null = null
  /** When it was looked at last, ms of the process; long ago at first. */
  lookedMs = Number.NEGATIVE_INFINITY
  thumbnail: Thumbnail | null = null
  #picture = 0
  #pictureUs: number | null = null
  #object: number | null = null
  #luma: { readonly luma: Uint8Array; readonly timeUs: number; readonly lane: string } | null = null
  #levels: readonly SoundLevel[] = []
  #noPicture: string | null = null
  #noSound: string | null = null
  readonly #looked: Record<'picture' | 'sound', StoredFile | null> = { picture: null, sound: null }
  readonly #walks: Record<'picture' | 'sound', number> = { picture: 0, sound: 0 }
  readonly #black = new SeenStretches()
  readonly #frozen = new SeenStretches()
  readonly #silent = new SeenStretches()

  constructor(id: ServiceId) {
    this.id = id
  }

  look(): ServiceLook {
    return {
      serviceId: this.id,
      picture: this.#picture,
      pictureUs: this.#pictureUs,
      object: this.#object,
      levels: this.#levels,
      blackSinceUs: this.#black.sinceUs,
      frozenSinceUs: this.#frozen.sinceUs,
      silentSinceUs: this.#silent.sinceUs,
      noPicture: this.#noPicture,
      noSound: this.#noSound,
    }
  }

  /** The segment that was looked at last. */
  lookedAt(what: 'picture' | 'sound'): StoredFile | null {
    return this.#looked[what]
  }

  /** The track of pictures to look at: that of before while it is sent, else the one with the shortest segments. */
  video(tracks: readonly LookTrack[]): LookTrack | null {
    const found = fresh(tracks.filter(({ kind }) => kind !== 'audio'))
    const size = ({ segments }: LookTrack): number => segments.at(-1)?.size ?? 0
    const cheapest = [...found].sort((a, b) => size(a) - size(b))[0] ?? null
    return found.find(({ lane }) => lane === this.#looked.picture?.lane) ?? cheapest
  }

  /** The track of sound to listen to: that of before while it is sent, else the first one that is decoded. */
  audio(tracks: readonly LookTrack[], decodes: (codec: string | null) => boolean): LookTrack | null {
    const found = fresh(tracks.filter(({ kind }) => kind !== 'video')).sort((a, b) =>
      a.lane.localeCompare(b.lane, 'en', { numeric: true }),
    )
    const known = found.find(({ lane }) => lane === this.#looked.sound?.lane)
    return known ?? found.find(({ codec }) => decodes(codec)) ?? found[0] ?? null
  }

  /** The next segment of a finished capture after the newest was looked at: all of them from the first on, once. */
  walk(what: 'picture' | 'sound', segments: readonly StoredFile[], most: number): StoredFile | null {
    const step = Math.ceil(segments.length / most)
    const at = this.#walks[what]
    if (at >= segments.length) return null
    this.#walks[what] = at + step >= segments.length && at < segments.length - 1 ? segments.length - 1 : at + step
    return segments[at] ?? null
  }

  /** It has sound, and no pictures. */
  withoutPicture(): void {
    if (this.#picture === 0) this.#noPicture = 'Sound only'
  }

  /** Takes the key frames of a segment. */
  saw(segment: StoredFile, pictures: readonly Uint8Array[], found: (facts: FindingFacts) => void): void {
    this.#looked.picture = segment
    this.#noPicture = null
    const lumas = pictures.map(lumaOf)
    const [rgb, luma] = [pictures[0], lumas[0]]
    if (rgb === undefined || luma === undefined) return
    this.thumbnail = { ...THUMBNAIL, rgb }
    this.#picture++
    this.#pictureUs = segment.firstTimeUs
    this.#object = segment.objectIndex < 0 ? null : segment.objectIndex
    const timeUs = segment.firstTimeUs
    const black = this.#black.look(lumas.every(isBlack), timeUs)
    if (black !== null) found({ kind: 'pictureBlack', serviceName: this.name, ...black })
    const before = this.#luma
    // A black picture stands still, too, which is said once.
    const still =
      black?.over !== false &&
      before !== null &&
      before.lane === segment.lane &&
      lumas.every((each) => isSame(each, before.luma))
    const frozen = this.#frozen.look(still, timeUs, before?.timeUs)
    if (frozen !== null) found({ kind: 'pictureFrozen', serviceName: this.name, ...frozen })
    this.#luma = { luma, timeUs, lane: segment.lane }
  }

  /** Takes how loud a segment is. */
  heard(segment: StoredFile, { levels, silent }: SoundFacts, found: (facts: FindingFacts) => void): void {
    this.#looked.sound = segment
    this.#noSound = null
    this.#levels = levels
    const stretch = this.#silent.look(silent, segment.firstTimeUs)
    if (stretch !== null) found({ kind: 'soundSilent', serviceName: this.name, ...stretch })
  }

  /** Nothing is seen or heard of a segment. */
  failed(what: 'picture' | 'sound', segment: StoredFile, reason: string): void {
    this.#looked[what] = segment
    if (what === 'picture') this.#noPicture = reason
    else {
      this.#noSound = reason
      this.#levels = []
    }
  }
}

/** Tracks that are still sent. */
function fresh(tracks: readonly LookTrack[]): LookTrack[] {
  const last = ({ segments }: LookTrack): number => segments.at(-1)?.lastTimeUs ?? 0
  const newestUs = Math.max(...tracks.map(last))
  return tracks.filter((track) => newestUs - last(track) < STALE_US)
}
