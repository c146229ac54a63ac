import { asToi, asTsi, type Toi, type Tsi } from '../contract/ids.ts'

/** What brought an object, in that carrier's own terms. */
export type Carrier =
  /** `instance` counts the objects that had this TOI. */
  | {
      readonly kind: 'lct'
      readonly tsi: Tsi
      readonly toi: Toi
      readonly codepoint: number
      readonly instance: number
    }
  /** `instance` counts the transmissions of this MPU sequence number. */
  | { readonly kind: 'mmtp'; readonly packetId: number; readonly mpu: number; readonly instance: number }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'made'; readonly by: string }

/** Carrier of the objects of one channel: an LCT channel, or an asset of an MMTP flow. */
export type ChannelCarrier =
  | { readonly kind: 'lct'; readonly tsi: Tsi }
  | { readonly kind: 'mmtp'; readonly packetId: number }

/** No TSI and no TOI: signalling that arrives without them (MMTP), or all objects of a service. */
export const NO_TSI = asTsi(-1)
/** See `NO_TSI`. */
export const NO_TOI = asToi(-1)

/** Number of a channel: its TSI or packet_id. */
export function channelNumber(carrier: ChannelCarrier): number {
  return carrier.kind === 'lct' ? carrier.tsi : carrier.packetId
}

/** A channel in user-facing text: `TSI 10`. */
export function channelText(carrier: ChannelCarrier): string {
  return carrier.kind === 'lct' ? `TSI ${carrier.tsi}` : `packet_id ${carrier.packetId}`
}

/** A channel in one word, for folder names: `tsi10`, `packet5`. */
export function channelWord(carrier: ChannelCarrier): string {
  return carrier.kind === 'lct' ? `tsi${carrier.tsi}` : `packet${carrier.packetId}`
}

/** Number of an object in its channel: its TOI or MPU sequence number; null where its carrier has none. */
export function objectNumber(carrier: Carrier): number | null {
  return carrier.kind === 'lct' ? carrier.toi : carrier.kind === 'mmtp' ? carrier.mpu : null
}

/** An object's carrier in user-facing text: `TSI 10, TOI 5`. */
export function carrierText(carrier: Carrier): string {
  switch (carrier.kind) {
    case 'lct':
      return `TSI ${carrier.tsi}, TOI ${carrier.toi}`
    case 'mmtp':
      return `packet_id ${carrier.packetId}, MPU ${carrier.mpu}`
    case 'http':
      return carrier.url
    case 'file':
      return carrier.path
    case 'made':
      return `made by ${carrier.by}`
  }
}

/** The numbers of an alarm about an object; null where its carrier has none. */
export function alarmPlace(carrier: Carrier | ChannelCarrier): {
  readonly tsi: number | null
  readonly toi: number | null
} {
  const channel = carrier.kind === 'lct' || carrier.kind === 'mmtp' ? channelNumber(carrier) : null
  const object = 'toi' in carrier ? carrier.toi : 'mpu' in carrier ? carrier.mpu : null
  return { tsi: channel, toi: object }
}
