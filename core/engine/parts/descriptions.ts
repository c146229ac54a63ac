import type { PartDescription } from '../../contract/part-description.ts'
import { BROADCAST_PART } from './broadcast-options.ts'
import { CAPTURE_PART } from './capture-options.ts'
import { FOLDER_PART } from './folder-options.ts'
import { GATEWAY_PART } from './gateway-options.ts'
import { MULTICAST_PART } from './multicast-options.ts'
import { MULTICAST_OUT_PART } from './multicast-out-options.ts'
import { PRESENTATION_PART } from './presentation-options.ts'
import { RECEIVER_PART } from './receiver-options.ts'
import { RECORDER_PART } from './recorder-options.ts'
import { REPAIR_PART } from './repair-options.ts'
import { REPORT_PART } from './report-options.ts'
import { STORE_PART } from './store-options.ts'

/** Every kind of part, as data. The first whose `opens` fits a text opens it, so that the patterns that fit most come last. */
export const PART_DESCRIPTIONS: readonly PartDescription[] = [
  MULTICAST_PART,
  CAPTURE_PART,
  RECEIVER_PART,
  REPAIR_PART,
  FOLDER_PART,
  GATEWAY_PART,
  STORE_PART,
  REPORT_PART,
  RECORDER_PART,
  PRESENTATION_PART,
  BROADCAST_PART,
  MULTICAST_OUT_PART,
]
