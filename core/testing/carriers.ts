import type { Carrier, CarrierPlace, ChannelCarrier } from '../flow/carriers.ts'

type Carried = { readonly carrier: Carrier | ChannelCarrier }

/** TSI of an LCT carrier; NaN for others. */
export function tsiOf({ carrier }: Carried): number {
  return carrier.kind === 'lct' ? carrier.tsi : Number.NaN
}

/** TOI of an object carried by LCT; NaN for others. */
export function toiOf({ carrier }: Carried): number {
  return 'toi' in carrier ? carrier.toi : Number.NaN
}

/** Instance number among the objects with its TOI; NaN for carriers other than LCT. */
export function instanceOf({ carrier }: Carried): number {
  return 'toi' in carrier ? carrier.instance : Number.NaN
}

/** TOI of the object an alarm is about; NaN for other carriers. */
export function toiOfAlarm({ carrier }: { readonly carrier: CarrierPlace | null }): number {
  return carrier?.kind === 'lct' ? (carrier.toi ?? Number.NaN) : Number.NaN
}
