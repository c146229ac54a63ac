import type { CarrierPlace } from '../../flow/carriers.ts'
import type { FindingFacts } from '../../flow/findings.ts'

/** Reports the findings of a transport session's parts; adds its destination and its service. */
export interface FindingHost {
  /**
   * @param carrier channel or object; null for none. It is kept
   * @param frame of the packet that shows it, 0 unknown
   * @param object row of the object it is about
   */
  found(facts: FindingFacts, carrier: CarrierPlace | null, timeUs: number, frame: number, object?: number | null): void
}
