import type { Toi, Tsi } from '../../contract/ids.ts'
import type { FindingFacts } from '../../flow/findings.ts'

/** Reports the findings of a transport session's parts; adds its destination and its service. */
export interface FindingHost {
  /**
   * @param tsi null for no channel; `toi` likewise
   * @param frame of the packet that shows it, 0 unknown
   * @param object row of the object it is about
   */
  found(
    facts: FindingFacts,
    tsi: Tsi | null,
    toi: Toi | null,
    timeUs: number,
    frame: number,
    object?: number | null,
  ): void
}
