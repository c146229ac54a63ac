/** An object with holes may be so many times longer than what came of it, and this much more. */
const MAX_HOLE_RATIO = 8
const MAX_SMALL_HOLES = 64 << 10

/**
 * The longest size that is believed of an object of which so many bytes came: a forged offset or length would otherwise make
 * gigabytes of zeros out of one packet.
 */
export function believableBytes(receivedBytes: number): number {
  return receivedBytes * MAX_HOLE_RATIO + MAX_SMALL_HOLES
}
