/*
 * Closed captions within pictures: cc_data() of ATSC A/53 Part 4 §6.2.3 and CTA-708-E §4.4, in SEI messages of H.264 and H.265.
 */

/** Kinds of captions by cc_type (CTA-708-E table 2). */
export const CC_TYPE = { field1: 0, field2: 1, packetData: 2, packetStart: 3 } as const

/** nal_unit_type of SEI: H.264 table 7-1; prefix SEI of H.265 table 7-1. */
const AVC_SEI = 6
const HEVC_PREFIX_SEI = 39
/** payloadType of user_data_registered_itu_t_t35. */
const REGISTERED_USER_DATA = 4
/** itu_t_t35_country_code, provider code of ATSC, `GA94`, and user_data_type_code of cc_data. */
const CC_DATA = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03] as const
/** A longer SEI has no captions: cc_data takes 100 bytes at most. */
const MAX_SEI_BYTES = 64 * 1024

/**
 * Reads the valid caption triplets of one NAL unit (cc_type, cc_data_1, cc_data_2), in order. What is malformed or cut off ends them:
 * a picture without captions is no error.
 * @param take gets each
 */
export function eachTriplet(
  bytes: Uint8Array,
  start: number,
  end: number,
  codec: 'avc' | 'hevc',
  take: (type: number, first: number, second: number) => void,
): void {
  const headerBytes = codec === 'avc' ? 1 : 2
  if (end - start <= headerBytes || end - start > MAX_SEI_BYTES) return
  const header = bytes[start] as number
  const type = codec === 'avc' ? header & 0x1f : (header >> 1) & 0x3f
  if (type !== (codec === 'avc' ? AVC_SEI : HEVC_PREFIX_SEI)) return
  const sei = withoutEmulation(bytes.subarray(start + headerBytes, end))
  let at = 0
  // sei_message(): the last byte has the trailing bits.
  while (at + 2 < sei.length) {
    const payload = varied(sei, at)
    const size = varied(sei, payload.at)
    const until = Math.min(sei.length, size.at + size.value)
    if (payload.value === REGISTERED_USER_DATA) readUserData(sei, size.at, until, take)
    at = size.at + size.value
  }
}

/** A number of sei_message(): 255 for each byte 0xff before its last. */
function varied(sei: Uint8Array, from: number): { readonly value: number; readonly at: number } {
  let at = from
  let value = 0
  while (sei[at] === 0xff) {
    value += 0xff
    at++
  }
  return { value: value + (sei[at] ?? 0), at: at + 1 }
}

function readUserData(
  sei: Uint8Array,
  from: number,
  until: number,
  take: (type: number, first: number, second: number) => void,
): void {
  if (!CC_DATA.every((byte, place) => sei[from + place] === byte)) return
  const flags = from + CC_DATA.length
  // process_cc_data_flag and cc_count; em_data follows.
  const head = sei[flags] ?? 0
  if ((head & 0x40) === 0) return
  for (let at = flags + 2, left = head & 0x1f; left > 0 && at + 3 <= until; at += 3, left--) {
    const marker = sei[at] as number
    if ((marker & 0xf8) !== 0xf8 || (marker & 0x04) === 0) continue
    take(marker & 3, sei[at + 1] as number, sei[at + 2] as number)
  }
}

/** The RBSP: without emulation_prevention_three_byte (H.264 §7.4.1). */
function withoutEmulation(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length)
  let length = 0
  let zeros = 0
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    zeros = byte === 0 ? zeros + 1 : 0
    out[length++] = byte
  }
  return out.subarray(0, length)
}
