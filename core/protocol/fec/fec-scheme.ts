/** FEC Encoding IDs of the two Raptors, in the registry of reliable multicast transport. */
export const FEC_ENCODING = { raptor: 1, raptorq: 6 } as const

const NAMES: Readonly<Record<number, string>> = {
  0: 'Compact No-Code (0)',
  1: 'Raptor (1)',
  2: 'Reed-Solomon GF(2^m) (2)',
  3: 'LDPC Staircase (3)',
  4: 'LDPC Triangle (4)',
  5: 'Reed-Solomon GF(2^8) (5)',
  6: 'RaptorQ (6)',
  128: 'Small Block, Large Block and Expandable (128)',
  129: 'Small Block Systematic (129)',
  130: 'Compact (130)',
}

/** A scheme's name with its number, for display. */
export function fecSchemeName(encodingId: number): string {
  return NAMES[encodingId] ?? `FEC Encoding ID ${encodingId}`
}
