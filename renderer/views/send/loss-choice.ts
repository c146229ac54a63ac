import { chancesText, parseChances } from '../../../core/contract/option-values.ts'

/** Losses as a person chooses them: the share of the packets, in percent, and how many are lost in a row on average. */
export type LossChoice = { readonly percent: number; readonly burst: number }

/** Lengths of bursts that are offered. */
export const BURSTS = [1, 2, 5, 10, 20] as const
/** Largest share that is offered, percent. */
export const MOST_PERCENT = 30

/** Chances of the two states for a choice, to hundredths of a percent as GPAC has them. */
export function chancesOf({ percent, burst }: LossChoice): string {
  const share = percent / 100
  const ends = rounded(100 / burst)
  return chancesText({ begins: percent === 0 ? 0 : rounded(Math.min(100, (ends * share) / (1 - share))), ends })
}

/** What chances mean; null where they are none. */
export function choiceOf(chances: string): LossChoice | null {
  const read = parseChances(chances)
  if (read === null) return null
  const { begins, ends } = read
  const percent = begins === 0 ? 0 : (100 * begins) / (begins + ends)
  return { percent: Math.round(percent * 10) / 10, burst: ends === 0 ? Number.POSITIVE_INFINITY : rounded(100 / ends) }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
