import type { LossSpans } from './loss.ts'
import type { ReportFec } from './report.ts'
import type { TableView } from './table-view.ts'

type FactTypes = {
  number: number
  'number | null': number | null
  'ReportFec | null': ReportFec | null
  LossSpans: LossSpans
}

/** One fact of a channel. */
export type ChannelFact = {
  readonly type: keyof FactTypes
  /** The receiver counts it, under this name, in ChannelFacts; else it is worked out in `inspect/report/channel-snapshots.ts`. */
  readonly counted?: true
  /** What the line of a flow shows: what the flow itself counts, or the sum of its channels; absent: nothing. */
  readonly flow?: 'own' | 'sum'
  /** More than 0 is bad news. */
  readonly bad?: true
  readonly view?: TableView
}

/**
 * Facts of a channel. From this follow ChannelFacts, ChannelSnapshot and the columns of the view of flows; the report has what
 * its own format says.
 */
export const CHANNEL_FACTS = {
  rateBps: { type: 'number', flow: 'own', view: { title: 'Rate', format: 'rate', weight: 10, width: 76 } },
  packets: {
    type: 'number',
    counted: true,
    flow: 'own',
    view: { title: 'Packets', format: 'count', weight: 20, width: 64 },
  },
  /** Bytes known to be missing from incomplete objects. */
  lost: {
    type: 'number',
    counted: true,
    flow: 'sum',
    bad: true,
    view: { title: 'Lost', unit: 'B', format: 'count', weight: 30, width: 64 },
  },
  /** Packets and bytes lost, before and after repair. */
  loss: { type: 'LossSpans' },
  /** Null where there was no repair packet and nothing was given back. */
  fec: { type: 'ReportFec | null' },
  /** Objects that lost bytes on the way, or whose end nobody told. */
  incomplete: {
    type: 'number',
    counted: true,
    flow: 'sum',
    bad: true,
    view: { title: 'Incomplete', format: 'count', weight: 50, width: 84 },
  },
  /** Objects begun before reception, or not over at its end: they lost nothing. */
  cutOff: {
    type: 'number',
    counted: true,
    flow: 'sum',
    view: {
      title: 'Cut off',
      format: 'count',
      weight: 75,
      width: 64,
      hint: 'Objects begun before reception, or not over when it ended: no loss',
    },
  },
  /** Announced objects of which no packet arrived. */
  missingObjects: {
    type: 'number',
    flow: 'sum',
    bad: true,
    view: {
      title: 'Missing',
      format: 'count',
      weight: 60,
      width: 84,
      hint: 'Objects announced by a manifest, playlist or file table, without a single packet',
    },
  },
  complete: {
    type: 'number',
    counted: true,
    flow: 'sum',
    view: { title: 'Complete', format: 'count', weight: 70, width: 76 },
  },
  /** UDP payload. */
  bytes: {
    type: 'number',
    counted: true,
    flow: 'own',
    view: { title: 'Bytes', format: 'count', weight: 80, width: 104 },
  },
  /** Packets without new bytes, of an object still arriving. */
  duplicates: {
    type: 'number',
    counted: true,
    flow: 'sum',
    view: { title: 'Duplicates', format: 'count', weight: 90, width: 82 },
  },
  outOfOrder: {
    type: 'number',
    counted: true,
    flow: 'sum',
    view: { title: 'Out of order', format: 'count', weight: 100, width: 92 },
  },
  /** Arrival less sender current time of the last object that carried one, µs; null where none does. */
  senderDelayUs: {
    type: 'number | null',
    view: {
      title: 'SCT delay',
      format: 'duration',
      weight: 110,
      width: 92,
      hint: 'Arrival minus sender current time (EXT_TIME) of the last object with one',
    },
  },
  lastTimeUs: { type: 'number', counted: true },
} as const satisfies Record<string, ChannelFact>

type Table = typeof CHANNEL_FACTS

/** Any fact of a channel. */
export type ChannelFactKey = keyof Table
/** Facts that the receiver counts. */
export type CountedFact = {
  [Key in ChannelFactKey]: Table[Key] extends { readonly counted: true } ? Key : never
}[ChannelFactKey]
/** Values of the facts of one channel. */
export type ChannelFactValues = { readonly [Key in ChannelFactKey]: FactTypes[Table[Key]['type']] }

const KEYS = Object.keys(CHANNEL_FACTS) as ChannelFactKey[]
/** The facts that the receiver counts. */
export const COUNTED_FACTS = KEYS.filter((key) => 'counted' in CHANNEL_FACTS[key]) as readonly CountedFact[]
