/**
 * Byte offset in the object of symbol `esi` of source block `sbn`, Compact No-Code FEC (RFC 5052 §9.1, RFC 5445 §3).
 * With `T = ceil(L/E)` symbols in `N = ceil(T/B)` blocks, the first `T - floor(T/N)*N` blocks are one symbol longer.
 * @param transferLength L, bytes
 * @param symbolLength E, bytes
 * @param maxSourceBlock B, symbols
 * @returns -1 where the object has no such symbol, or the sizes make no sense
 */
export function fluteBlockOffset(
  transferLength: number,
  symbolLength: number,
  maxSourceBlock: number,
  sbn: number,
  esi: number,
): number {
  if (!(transferLength >= 0 && symbolLength > 0 && maxSourceBlock > 0 && sbn >= 0 && esi >= 0)) return -1
  const symbols = Math.ceil(transferLength / symbolLength)
  // An empty object is one packet at its beginning.
  if (symbols === 0) return sbn === 0 && esi === 0 ? 0 : -1
  const blocks = Math.ceil(symbols / maxSourceBlock)
  if (sbn >= blocks) return -1
  const small = Math.floor(symbols / blocks)
  const large = Math.ceil(symbols / blocks)
  const largeBlocks = symbols - small * blocks
  const first = sbn <= largeBlocks ? sbn * large : largeBlocks * large + (sbn - largeBlocks) * small
  if (esi >= (sbn < largeBlocks ? large : small)) return -1
  return (first + esi) * symbolLength
}
