import type { Severity } from '../../contract/report.ts'

/** A session as its parts tell it of what matters to a person: it adds whose service that is. */
export interface RaisesAlarms {
  /**
   * @param rule id of the health rule
   * @param tsi null where it is no channel's; `toi` likewise
   * @param frame of the packet that showed it, 0 unknown
   */
  alarm(
    rule: string,
    text: string,
    tsi: number | null,
    toi: number | null,
    timeUs: number,
    frame: number,
    severity?: Severity,
  ): void
}
