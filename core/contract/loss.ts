/** Packets and bytes. */
export type LossCount = { readonly packets: number; readonly bytes: number }

/**
 * What was sent, as far as known, and lost: packets of sources and their UDP payload, without repair packets. `before`: of the channels
 * that have repair, what was missing before it (FEC, HTTP, a repetition); without any, the same as after.
 */
export type LossFigures = {
  readonly sent: LossCount
  readonly lost: LossCount
  readonly before: { readonly sent: LossCount; readonly lost: LossCount }
}

/** Losses since the start, and over the last 10 s and 60 s of stream time. */
export type LossSpans = {
  readonly total: LossFigures
  readonly last10: LossFigures
  readonly last60: LossFigures
}

/** No packets. */
export const NO_PACKETS: LossCount = { packets: 0, bytes: 0 }
const NO_FIGURES: LossFigures = { sent: NO_PACKETS, lost: NO_PACKETS, before: { sent: NO_PACKETS, lost: NO_PACKETS } }
/** Nothing sent and nothing lost. */
export const NO_LOSS: LossSpans = { total: NO_FIGURES, last10: NO_FIGURES, last60: NO_FIGURES }

/**
 * A share of a whole in percent with three significant digits: `4.83 %`, `0.646 %`; a loss never rounds to 0, nor to 100. `–` where
 * there is no whole.
 */
export function shareText(part: number, whole: number): string {
  if (!(whole > 0)) return '–'
  if (part <= 0) return '0 %'
  if (part >= whole) return '100 %'
  const percent = (part / whole) * 100
  if (percent < 0.001) return '< 0.001 %'
  if (percent >= 99.95) return '> 99.9 %'
  return `${percent.toFixed(percent >= 9.995 ? 1 : percent >= 0.9995 ? 2 : 3)} %`
}
