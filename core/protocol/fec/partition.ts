/**
 * Division of `symbols` into `blocks` that differ by at most one: first `largeBlocks` of `large` symbols, then the others of
 * `small`. `Partition[I, J]` of RFC 6330 §4.4.1.2, and the blocking of RFC 5052 §9.1.
 */
export type Partition = {
  readonly blocks: number
  readonly large: number
  readonly small: number
  readonly largeBlocks: number
}

/** RFC 5052 §9.1: `symbols` over `blocks`, large ones first. Both are at least 1. */
export function partition(symbols: number, blocks: number): Partition {
  const small = Math.floor(symbols / blocks)
  return { blocks, large: Math.ceil(symbols / blocks), small, largeBlocks: symbols - small * blocks }
}

/** Symbols of block `sbn`; 0 where there is no such block. */
export function blockSymbols(of: Partition, sbn: number): number {
  if (sbn >= of.blocks) return 0
  return sbn < of.largeBlocks ? of.large : of.small
}

/** Number of the block's first symbol in the object. */
export function blockStart(of: Partition, sbn: number): number {
  return sbn <= of.largeBlocks ? sbn * of.large : of.largeBlocks * of.large + (sbn - of.largeBlocks) * of.small
}
