import type { ReceiveSpec, RepairSpec } from '../contract/session-spec.ts'
import { RECEIVER_PART, type ReceiverSpec } from '../engine/parts/receiver-options.ts'
import { REPAIR_PART, type RepairPartSpec } from '../engine/parts/repair-options.ts'
import { completePart } from '../engine/spec/part-spec.ts'

const { id: _, kind: __, ...receiver } = completePart<ReceiverSpec>(RECEIVER_PART, { id: 'receiver', kind: 'receiver' })
const {
  id: ___,
  kind: ____,
  keepCorrupt: _____,
  ...repair
} = completePart<RepairPartSpec>(REPAIR_PART, {
  id: 'repair',
  kind: 'repair',
})

/** Receive options at their defaults. */
export const DEFAULT_RECEIVE: ReceiveSpec = { services: 'first', ...receiver }
/** Repair options at their defaults. */
export const DEFAULT_REPAIR: RepairSpec = { urls: [], allow: [], ...repair }
