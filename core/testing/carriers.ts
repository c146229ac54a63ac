import type { Carrier, ChannelCarrier } from '../flow/carriers.ts'

type Carried = { readonly carrier: Carrier | ChannelCarrier }

/** TSI of what LCT carried; NaN of anything else. */
export function tsiOf({ carrier }: Carried): number {
  return carrier.kind === 'lct' ? carrier.tsi : Number.NaN
}

/** TOI of an object that LCT carried; NaN of anything else. */
export function toiOf({ carrier }: Carried): number {
  return 'toi' in carrier ? carrier.toi : Number.NaN
}

/** Which of the objects with its TOI this is; NaN where LCT did not carry it. */
export function instanceOf({ carrier }: Carried): number {
  return 'toi' in carrier ? carrier.instance : Number.NaN
}
