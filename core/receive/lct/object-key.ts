import type { LctPacket } from '../../protocol/lct/lct-packet.ts'

/**
 * The TOI; for TOI 0 with EXT_FDT each instance is an object of its own (RFC 6726 §3.4.1), and they may interleave.
 */
export function objectKey(lct: LctPacket): number {
  return lct.toi === 0 && lct.fdtInstance >= 0 ? -1 - lct.fdtInstance : lct.toi
}
