import type { LossCause, Severity } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import { type CarrierPlace, channelText, objectText } from '../../flow/carriers.ts'
import type { FindingPlace } from '../../flow/findings.ts'

/**
 * A finding that matters to a person, by the id of its health rule. Live: it counts later findings of the same kind.
 */
export type Alarm = Omit<FindingPlace, 'service'> & {
  service: FindingPlace['service']
  readonly rule: RuleId
  readonly severity: Severity
  /** With the values of now. */
  readonly text: string
  /** Cause of the loss; `object`: the current cause of its object's loss. */
  readonly cause: LossCause | 'object' | null
  /** What speaks for that cause; null with `object`. */
  readonly evidence: string | null
  /** Number of findings. */
  count: number
  /** Time of the last finding. */
  lastTimeUs: number
  /** End of what it is about, stream µs: null while it lasts, undefined while it comes and goes; absent: it is about a moment. */
  readonly endUs?: EndUs | undefined
}

/** When something ended, stream µs: null while it lasts, undefined while what comes and goes is not there. */
export type EndUs = () => number | null | undefined

/** `3 packets`, `1 gap`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** Channel of a place in user-facing text: `TSI 10`, `packet_id 5`. */
export function channelOf({ carrier }: Pick<FindingPlace, 'carrier'>): string {
  return carrier !== null && hasChannel(carrier) ? channelText(carrier) : 'an unknown channel'
}

/** Object of a place in user-facing text: `TOI 5`, `MPU 5`. */
export function objectOf({ carrier }: Pick<FindingPlace, 'carrier'>): string {
  return (carrier === null ? null : objectText(carrier)) ?? 'an unknown object'
}

/** True for what arrives in channels. */
export function hasChannel(carrier: CarrierPlace): carrier is Extract<CarrierPlace, { readonly kind: 'lct' | 'mmtp' }> {
  return carrier.kind === 'lct' || carrier.kind === 'mmtp'
}
