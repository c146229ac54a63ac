import { asServiceId, asToi, asTsi } from '../../contract/ids.ts'
import { type Finding, type FindingFacts, type FindingPlace, placeAt } from '../../flow/findings.ts'

/** What examples of rules have in common. */
export const fault = { code: 'xml-syntax', message: 'no end' }
export const passed = { count: 5, perSecond: 900 }
const carrier = { kind: 'lct', tsi: asTsi(10), toi: asToi(7), codepoint: 8, instance: 0 } as const
const place = { service: asServiceId(1), carrier, object: 3, destination: '239.1.1.1:5000' }
export const mpu = { carrier: { kind: 'mmtp', packetId: 35, mpu: 9 } } as const
export const tsi = (number: number): Partial<FindingPlace> => ({ carrier: { kind: 'lct', tsi: asTsi(number) } })
export const sls = (toi: number): Partial<FindingPlace> => ({
  carrier: { kind: 'lct', tsi: asTsi(0), toi: asToi(toi) },
})
export const HOUR_US = 3_600e6
export const outage = { fromUs: 1_700_000_000e6, untilUs: null, lengthUs: null, limitUs: 3e6 }
export const gap = { sinceUs: 1_700_000_000e6, longestUs: 5e6, times: 1, limitUs: 5.25e6 }
export const past = { ...gap, sinceUs: null, longestUs: 7e6, times: 3 }
export const slow = { medianUs: () => 2e6, limitUs: 1.05e6 }
export const ended = { ...outage, untilUs: 1_700_000_012.345e6, lengthUs: 12.345e6 }

/** A finding at a place of the example. */
export const at = (facts: FindingFacts, rest: Partial<FindingPlace> = {}): Finding => {
  return { ...facts, ...placeAt(1_700_000_000e6, 5, { ...place, ...rest }) }
}

export const wentBack = { kind: 'sessionRestarted', channel: 0, from: 9, to: 1, far: false, follows: false } as const

/** Findings that raise a rule, one for each of its sentences, and one that does not. */
export type Example = { readonly raises: readonly Finding[]; readonly quiet?: Finding }
