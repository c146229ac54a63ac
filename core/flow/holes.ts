/** Longest object with holes: this multiple of its received bytes, plus this much. */
const MAX_HOLE_RATIO = 8
const MAX_SMALL_HOLES = 64 << 10

/**
 * The longest plausible size of an object with this many received bytes: a forged offset or length would otherwise make
 * gigabytes of zeros out of one packet.
 */
export function believableBytes(receivedBytes: number): number {
  return receivedBytes * MAX_HOLE_RATIO + MAX_SMALL_HOLES
}
