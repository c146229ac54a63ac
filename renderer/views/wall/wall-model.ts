import type { DecoderSnapshot } from '../../../core/contract/decoder.ts'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import type { ServiceLook, SoundLevel, WallSnapshot } from '../../../core/contract/wall.ts'
import { formatDuration } from '../../model/format.ts'

/** Narrowest card, px, and the space between two. */
const CARD_MIN_WIDTH = 168
export const CARD_GAP = 10
/** Height of the lines below a picture, px. */
const CARD_TEXT_HEIGHT = 46

/** Columns that fit, and the size of a card. */
export function cardLayout(width: number): {
  readonly columns: number
  readonly width: number
  readonly height: number
} {
  const columns = Math.max(1, Math.floor((width + CARD_GAP) / (CARD_MIN_WIDTH + CARD_GAP)))
  const own = Math.floor((width - CARD_GAP * (columns - 1)) / columns)
  return { columns, width: own, height: Math.round((own * 9) / 16) + CARD_TEXT_HEIGHT }
}

/** Position that a key goes to; null for another key. */
export function cardKey(key: string, at: number, columns: number, count: number, rows: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * rows,
    PageDown: columns * rows,
    Home: -count,
    End: count,
  }
  const step = steps[key]
  if (step === undefined || count === 0) return null
  if (at < 0) return 0
  const next = at + step
  // Up and down stay in their column.
  if ((key === 'ArrowUp' && next < 0) || (key === 'ArrowDown' && next >= count)) return at
  return Math.min(count - 1, Math.max(0, next))
}

/** Quietest level that a bar shows, dBFS. */
const LEAST_DB = -60

/** Length of a bar, of 1. */
export const barLength = (db: number): number => Math.min(1, Math.max(0, 1 - db / LEAST_DB))

/** `Sound −18 and −20 dBFS, peaks −6 and −8`. */
export function levelText(levels: readonly SoundLevel[]): string {
  const all = (of: (level: SoundLevel) => number): string =>
    levels.map((level) => String(Math.round(of(level))).replace('-', '−')).join(' and ')
  return `Sound ${all(({ rms }) => rms)} dBFS, peaks ${all(({ peak }) => peak)}`
}

/** What is wrong with what is seen and heard, each with how long it has been so. */
export function factsOf(look: ServiceLook): readonly { readonly word: string; readonly text: string }[] {
  const { pictureUs, blackSinceUs, frozenSinceUs, silentSinceUs } = look
  const known = [
    { word: 'Black', since: blackSinceUs, what: 'The picture is black' },
    { word: 'Still', since: frozenSinceUs, what: 'The picture does not move' },
    { word: 'Silent', since: silentSinceUs, what: 'There is no sound above −60 dBFS' },
  ]
  return known.flatMap(({ word, since, what }) => {
    if (since === null) return []
    const long = pictureUs === null || pictureUs <= since ? '' : ` for ${formatDuration(pictureUs - since)}`
    return [{ word, text: `${what}${long}` }]
  })
}

/** How to get pictures, by the state of the engine's ffmpeg; null where it works. */
const LACKS: Readonly<Record<DecoderSnapshot['state'], string | null>> = {
  absent: 'No ffmpeg, so no thumbnails: get it from ffmpeg.org or your package manager, then reopen the session.',
  off: 'No thumbnails: ffmpeg is switched off (--ffmpeg off).',
  asking: 'Looking for an ffmpeg.',
  ready: null,
  unfit: null,
}

/** The line over the cards. */
export function wallLine(wall: WallSnapshot | null, services: readonly ServiceSnapshot[]): string {
  if (wall === null) return 'Nothing is served in this session, so that there are no thumbnails.'
  const { decoder, problem, share } = wall
  const lack = problem ?? decoder.reason ?? LACKS[decoder.state]
  if (lack !== null) return lack
  const seen = wall.services.filter(({ picture }) => picture > 0).length
  const cost = share === null ? '' : `, ffmpeg takes ${Math.round(share * 100)} % of a core at most`
  return `${seen} of ${services.length} ${services.length === 1 ? 'service' : 'services'} seen${cost}`
}

/** Whether there are no thumbnails for a reason that stays: while an ffmpeg is looked for, nobody knows yet. */
export function lacksPictures(wall: WallSnapshot | null): boolean {
  if (wall === null || wall.problem !== null) return true
  return wall.decoder.state !== 'ready' && wall.decoder.state !== 'asking'
}

/** What the last look lacked, where the card has a picture of one before, or sound was not heard; null: nothing. */
export function lackText({ picture, noPicture, noSound }: ServiceLook): string | null {
  return noSound ?? (picture > 0 && noPicture !== null ? `No newer picture: ${noPicture}` : null)
}

/** Why a card has no picture, in a few words; nothing lies over one that it has. */
export function noPictureText(
  service: Pick<ServiceSnapshot, 'state'>,
  look: ServiceLook | null,
  wall: WallSnapshot | null,
  ended: boolean,
): string {
  if (look?.noPicture != null) return look.picture > 0 ? '' : look.noPicture
  if (lacksPictures(wall)) return 'No thumbnail'
  if (service.state === 'announced' || service.state === 'not-joined') return 'Not received'
  return look === null || look.pictureUs === null ? (ended ? 'No picture' : 'No picture yet') : ''
}
