import type { Toi, Tsi } from '../contract/ids.ts'

/** What brought an object, in that carrier's own terms. */
export type Carrier =
  /** `instance` counts the objects that had this TOI. */
  | {
      readonly kind: 'lct'
      readonly tsi: Tsi
      readonly toi: Toi
      /** Value of a TOI above 2^53-1, for which `toi` only stands. */
      readonly wideToi?: string
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

/** An object by its numbers, whichever transmission of it, or a whole channel. Each `Carrier` and `ChannelCarrier` is one. */
export type CarrierPlace =
  | { readonly kind: 'lct'; readonly tsi: Tsi; readonly toi?: Toi; readonly wideToi?: string }
  | { readonly kind: 'mmtp'; readonly packetId: number; readonly mpu?: number }
  | Exclude<Carrier, { readonly kind: 'lct' | 'mmtp' }>

/** What brought fragments of signalling: an object, or a message that `key` identifies within its service. */
export type SignallingCarrier =
  | { readonly kind: 'lct'; readonly tsi: Tsi; readonly toi: Toi }
  | { readonly kind: 'message'; readonly key: number }

/** True where both name the same object or message. */
export function isSameCarrier(one: SignallingCarrier, other: SignallingCarrier): boolean {
  if (one.kind === 'lct') return other.kind === 'lct' && one.tsi === other.tsi && one.toi === other.toi
  return other.kind === 'message' && one.key === other.key
}

/** True where a place is on this LCT channel. */
export function isOnChannel(channel: ChannelCarrier, place: CarrierPlace | null): boolean {
  return channel.kind === 'lct' && place?.kind === 'lct' && channel.tsi === place.tsi
}

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
export function objectNumber(carrier: CarrierPlace): number | null {
  return (carrier.kind === 'lct' ? carrier.toi : carrier.kind === 'mmtp' ? carrier.mpu : null) ?? null
}

/** An object's number in user-facing text: `TOI 5`, `MPU 5`; null for a channel, and where its carrier has none. */
export function objectText(carrier: CarrierPlace): string | null {
  const number = (carrier.kind === 'lct' ? carrier.wideToi : undefined) ?? objectNumber(carrier)
  return number === null ? null : `${carrier.kind === 'lct' ? 'TOI' : 'MPU'} ${number}`
}

/** A carrier in user-facing text: `TSI 10, TOI 5`; for a channel `TSI 10`. */
export function carrierText(carrier: CarrierPlace): string {
  switch (carrier.kind) {
    case 'lct':
    case 'mmtp': {
      const object = objectText(carrier)
      return object === null ? channelText(carrier) : `${channelText(carrier)}, ${object}`
    }
    case 'http':
      return carrier.url
    case 'file':
      return carrier.path
    case 'made':
      return `made by ${carrier.by}`
  }
}
