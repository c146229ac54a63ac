/** Limits of the rules that a clock judges, µs: those of the rule table, or of the person. */
export type ClockLimits = {
  /** Time without any packet. */
  readonly signalUs: number
  /** Time without a packet of a service, while others are sent. */
  readonly serviceUs: number
}
