/** What is sent exactly in its interval arrives a little earlier or later: factor of the limits. */
export const JITTER = 1.05

/** Limits of the rules that a clock judges, µs: those of the rule table, or of the person. */
export type ClockLimits = {
  /** Time without any packet. */
  readonly signalUs: number
  /** Time without a packet of a service, while others are sent. */
  readonly serviceUs: number
  /** Time of listening without LLS, and without the signalling of a joined service. */
  readonly llsUs: number
  readonly slsPresentUs: number
  /** Times between arrivals of a table, and what should be usual. */
  readonly sltUs: number
  readonly sltUsualUs: number
  readonly systemTimeUs: number
  readonly slsUs: number
  readonly slsUsualUs: number
  /** Least time without the repetition of a manifest that is usually repeated. */
  readonly manifestUs: number
  /** Least time without a packet of a channel, beside two segments. */
  readonly channelUs: number
  /** Time after its availability at which a segment is late. */
  readonly segmentLateUs: number
  /** Least time after which what was announced must be on air, beside two segments. */
  readonly agreementUs: number
}
