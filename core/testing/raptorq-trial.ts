import { decodeBlock, encodeBlock } from '../protocol/fec/raptorq-codec.ts'
import { seeded } from './seeded.ts'

/** Result of many random losses. */
export type TrialResult = {
  readonly trials: number
  readonly recovered: number
  /** Blocks decoded to wrong bytes. */
  readonly wrong: number
}

/** Repair symbols per source symbol, from which a trial draws. */
const REPAIRS = 0.5
const EXTRA_REPAIRS = 12

/**
 * Decodes blocks from K + 2 of their symbols, drawn at random from source and repair symbols, over many K and T: mostly small
 * ones, which fail most often. The same seed gives the same losses.
 */
export function recoveryTrial(trials: number, seed: number): TrialResult {
  const random = seeded(seed)
  let recovered = 0
  let wrong = 0
  for (let done = 0; done < trials; ) {
    const k = blockSize(random())
    const symbolBytes = 1 + Math.floor(random() * (random() < 0.9 ? 80 : 1460))
    const data = new Uint8Array(k * symbolBytes)
    for (let i = 0; i < data.length; i++) data[i] = random() * 256
    const repairs = Math.ceil(k * REPAIRS) + EXTRA_REPAIRS
    const repair = encodeBlock(k, symbolBytes, data, repairs)
    // Several losses per block: encoding costs as much as decoding.
    for (let turn = 0; turn < 20 && done < trials; turn++, done++) {
      const ids = draw(k + repairs, k + 2, random)
      const bytes = new Uint8Array(ids.length * symbolBytes)
      ids.forEach((id, at) => {
        const from = id < k ? data.subarray(id * symbolBytes) : repair.subarray((id - k) * symbolBytes)
        bytes.set(from.subarray(0, symbolBytes), at * symbolBytes)
      })
      const decoded = decodeBlock(k, symbolBytes, { ids, bytes })
      if (decoded === null) continue
      if (Buffer.compare(decoded, data) === 0) recovered++
      else wrong++
    }
  }
  return { trials, recovered, wrong }
}

/** Half of them up to 40 symbols, the others up to 1000. */
function blockSize(random: number): number {
  if (random < 0.5) return 1 + Math.floor(random * 2 * 40)
  if (random < 0.9) return 41 + Math.floor((random - 0.5) * 2.5 * 160)
  return 201 + Math.floor((random - 0.9) * 10 * 800)
}

/** `count` different numbers less than `below`. */
function draw(below: number, count: number, random: () => number): number[] {
  const all = Array.from({ length: below }, (_, i) => i)
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (below - i))
    const swap = all[i] as number
    all[i] = all[other] as number
    all[other] = swap
  }
  return all.slice(0, count)
}
