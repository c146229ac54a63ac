import type { Attribute } from '@peculiar/asn1-cms'
import { AsnConvert } from '@peculiar/asn1-schema'
import { joinBytes } from '../../bytes/join-bytes.ts'

const SET = 0x31

/** RFC 5652 §5.4: the signature covers the attributes' DER encoding as a SET, not the transmitted [0]. */
export function derSet(attributes: readonly Attribute[]): Uint8Array {
  const parts = attributes.map((each) => new Uint8Array(AsnConvert.serialize(each)))
  let length = 0
  for (const part of parts) length += part.length
  const lengthBytes: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) lengthBytes.unshift(left % 256)
  const head = length < 128 ? [SET, length] : [SET, 0x80 + lengthBytes.length, ...lengthBytes]
  return joinBytes([Uint8Array.from(head), ...parts])
}
