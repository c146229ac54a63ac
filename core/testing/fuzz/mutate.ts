import { joinBytes } from '../../bytes/join-bytes.ts'

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x3c, 0x3e, 0x26, 0x22, 0x0d, 0x0a, 0x2d, 0x1f, 0x8b]

/** A damaged copy of a sample: bits, bytes, lengths, cuts, repeats, splices with another sample; sometimes only noise. */
export function mutate(sample: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit)
  if (random() < 0.02) return Uint8Array.from({ length: below(300) }, () => below(256))
  let bytes: Uint8Array = sample.slice()
  for (let change = 1 + below(4); change > 0 && bytes.length > 0; change--) {
    // Most formats have their important fields at the start.
    const at = random() < 0.5 ? below(Math.min(bytes.length, 32)) : below(bytes.length)
    switch (below(8)) {
      case 0:
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << below(8))
        break
      case 2:
        bytes[at] = below(256)
        break
      case 3:
        bytes[at] = INTERESTING[below(INTERESTING.length)] as number
        break
      case 4: {
        // A length or count field, made huge or off by one.
        const wide = [1, 2, 4, 6, 8][below(5)] as number
        bytes.fill(random() < 0.5 ? 0xff : below(2), at, at + wide)
        break
      }
      case 5:
        bytes = bytes.slice(0, at)
        break
      case 6: {
        const piece = bytes.slice(at, at + 1 + below(64))
        const to = below(bytes.length)
        bytes = joinBytes([bytes.subarray(0, to), piece, bytes.subarray(to)])
        break
      }
      default: {
        const from = below(other.length)
        bytes = joinBytes([
          bytes.subarray(0, at),
          other.subarray(from, from + below(200)),
          bytes.subarray(at + below(20)),
        ])
      }
    }
  }
  return bytes
}
