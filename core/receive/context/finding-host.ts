import type { FindingFacts } from '../../flow/findings.ts'

/** A transport session as its parts report findings to it: it adds its destination and whose service that is. */
export interface FindingHost {
  /**
   * @param tsi null where it is no channel's; `toi` likewise
   * @param frame of the packet that showed it, 0 unknown
   * @param object row of the object it is about
   */
  found(
    facts: FindingFacts,
    tsi: number | null,
    toi: number | null,
    timeUs: number,
    frame: number,
    object?: number | null,
  ): void
}
