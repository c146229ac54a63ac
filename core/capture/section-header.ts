import { fileU32 } from './order.ts'

/** Type of the block that begins a pcapng section, the same in both byte orders. */
export const SECTION_BLOCK = 0x0a0d0d0a
/** Up to the byte-order mark. */
const MARKED_BYTES = 12

/** Whether a pcapng file, or a section of one, begins here. */
export function isSectionHeader(bytes: Uint8Array, at: number, to: number): boolean {
  if (bytes[at] !== 0x0a || to - at < MARKED_BYTES || fileU32(bytes, at, true) !== SECTION_BLOCK) return false
  return isLittleEndian(bytes, at) !== null
}

/** Byte order that the mark of the section header at `at` tells; null where it is none. */
export function isLittleEndian(bytes: Uint8Array, at: number): boolean | null {
  const mark = fileU32(bytes, at + 8, true)
  return mark === 0x1a2b3c4d ? true : mark === 0x4d3c2b1a ? false : null
}
