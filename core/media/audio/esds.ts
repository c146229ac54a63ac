/** objectTypeIndication (ISO/IEC 14496-1 Table 5). */
export const OBJECT_TYPES = { aac: 0x40, mpeg2Audio: 0x69, mpeg1Audio: 0x6b } as const

/**
 * Content of an `esds` box (ISO/IEC 14496-14 §5.6): version, ES_Descriptor with DecoderConfigDescriptor and SLConfigDescriptor.
 * @param specific AudioSpecificConfig; empty where the format has none
 */
export function makeEsds(objectType: number, specific: Uint8Array): Uint8Array {
  const info = specific.length === 0 ? [] : [5, specific.length, ...specific]
  const decoder = [objectType, 0x15, ...new Array<number>(11).fill(0), ...info]
  const es = [0, 0, 0, 4, decoder.length, ...decoder, 6, 1, 2]
  return Uint8Array.from([0, 0, 0, 0, 3, es.length, ...es])
}

/** What an `esds` says; null where it is malformed. */
export function openEsds(esds: Uint8Array): { readonly objectType: number; readonly specific: Uint8Array } | null {
  let at = 4
  let objectType = -1
  while (at + 2 <= esds.length) {
    const tag = esds[at++] as number
    let length = 0
    for (let group = 0; group < 4 && at < esds.length; group++) {
      const byte = esds[at++] as number
      length = length * 128 + (byte & 0x7f)
      if ((byte & 0x80) === 0) break
    }
    if (tag === 3) {
      const flags = esds[at + 2] ?? 0
      at += 3 + ((flags & 0x80) === 0 ? 0 : 2) + ((flags & 0x40) === 0 ? 0 : 1 + (esds[at + 3] ?? 0))
      if ((flags & 0x20) !== 0) at += 2
    } else if (tag === 4) {
      objectType = esds[at] ?? -1
      at += 13
      if (length <= 13) return { objectType, specific: new Uint8Array(0) }
    } else if (tag === 5) return { objectType, specific: esds.subarray(at, Math.min(esds.length, at + length)) }
    else at += length
  }
  return objectType < 0 ? null : { objectType, specific: new Uint8Array(0) }
}
