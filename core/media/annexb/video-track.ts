import { u32At } from '../../bytes/ints.ts'
import type { SampleTrack } from '../../flow/samples.ts'
import { hevcProfileText } from '../mmt/codec-string.ts'
import type { PictureFormat } from './video-format.ts'

/** Describes a track of H.264 or H.265 by its configuration. */
export function videoTrack(
  codec: 'avc' | 'hevc',
  configuration: Uint8Array,
  { width, height }: Pick<PictureFormat, 'width' | 'height'>,
  track: Pick<SampleTrack, 'id' | 'timescale'> & { readonly startTicks?: number },
): SampleTrack {
  const hex = (at: number): string => (configuration[at] ?? 0).toString(16).padStart(2, '0')
  const text = codec === 'avc' ? `avc1.${hex(1)}${hex(2)}${hex(3)}` : `hvc1.${hevcProfileText(configuration)}`
  return { ...track, kind: 'video', codec: text, configuration, language: null, width, height }
}

/** NAL units of parameter sets in `avcC` or `hvcC`, in the order in which a decoder needs them. Empty where it is malformed. */
export function parameterSetsOf(codec: 'avc' | 'hevc', configuration: Uint8Array): Uint8Array[] {
  const sets: Uint8Array[] = []
  const c = configuration
  const take = (at: number, count: number): number => {
    let next = at
    for (let set = 0; set < count && next + 2 <= c.length; set++) {
      const length = ((c[next] as number) << 8) | (c[next + 1] as number)
      if (length > 0 && next + 2 + length <= c.length) sets.push(c.subarray(next + 2, next + 2 + length))
      next += 2 + length
    }
    return next
  }
  if (codec === 'avc') {
    if (c.length < 7) return []
    const at = take(6, (c[5] as number) & 31)
    if (at < c.length) take(at + 1, c[at] as number)
    return sets
  }
  let at = 23
  for (let array = 0; array < (c[22] ?? 0) && at + 3 <= c.length; array++)
    at = take(at + 3, ((c[at + 1] as number) << 8) | (c[at + 2] as number))
  return sets
}

/** Length of the length fields of a track's NAL units: 1, 2 or 4. */
export function nalLengthBytes(codec: 'avc' | 'hevc', configuration: Uint8Array): number {
  return ((configuration[codec === 'avc' ? 4 : 21] ?? 3) & 3) + 1
}

/** Calls `take` with the range of each NAL unit of a sample; stops at a length that leads out of it. @returns false there */
export function eachNal(data: Uint8Array, lengthBytes: number, take: (start: number, end: number) => void): boolean {
  let at = 0
  while (at + lengthBytes <= data.length) {
    let length = 0
    if (lengthBytes === 4) length = u32At(data, at)
    else for (let byte = 0; byte < lengthBytes; byte++) length = length * 256 + (data[at + byte] as number)
    at += lengthBytes
    if (length > data.length - at) return false
    if (length > 0) take(at, at + length)
    at += length
  }
  return at === data.length
}

/** `avc` or `hevc` by a codec string; null for any other codec. */
export function nalCodecOf(codec: string): 'avc' | 'hevc' | null {
  if (/^avc[1-4]/.test(codec)) return 'avc'
  return /^(hev1|hvc1)/.test(codec) ? 'hevc' : null
}
