import { THUMBNAIL } from '../contract/wall.ts'

/*
 * What is seen on a picture of the size of a thumbnail. A broadcast's black is 16 of 255 and has noise; the same picture encoded
 * twice differs a little everywhere, a picture that moves differs much somewhere.
 */

const PIXELS = THUMBNAIL.width * THUMBNAIL.height
/** Luma up to which a pixel is black, of 255. */
const BLACK_LUMA = 24
/** Share of pixels that may be brighter in a black picture. */
const BRIGHT_SHARE = 0.02
/** Mean difference of luma that encoding the same picture again makes at most. */
const SAME_MEAN = 1
/** A pixel that differs by more has changed; so few may, in a picture that stands still. */
const CHANGED_BY = 24
const CHANGED_PIXELS = PIXELS / 1000

/** Luma of each pixel, of 255 (ITU-R BT.601 weights). @param rgb of a thumbnail */
export function lumaOf(rgb: Uint8Array): Uint8Array {
  const luma = new Uint8Array(rgb.length / 3)
  for (let at = 0, from = 0; at < luma.length; at++, from += 3)
    luma[at] = (77 * (rgb[from] as number) + 150 * (rgb[from + 1] as number) + 29 * (rgb[from + 2] as number)) >> 8
  return luma
}

/** Whether nothing is to be seen on a picture. */
export function isBlack(luma: Uint8Array): boolean {
  let bright = 0
  for (const value of luma) if (value > BLACK_LUMA) bright++
  return bright <= luma.length * BRIGHT_SHARE
}

/** Whether two pictures show the same, as far as encoding leaves it the same. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let sum = 0
  let changed = 0
  for (let at = 0; at < one.length; at++) {
    const difference = Math.abs((one[at] as number) - (other[at] as number))
    sum += difference
    if (difference > CHANGED_BY) changed++
  }
  return sum <= one.length * SAME_MEAN && changed <= CHANGED_PIXELS
}
