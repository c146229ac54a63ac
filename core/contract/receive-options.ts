import { DEFAULT_RECEIVE, DEFAULT_REPAIR, type TuneIn } from './session-spec.ts'

/** What a value may be, on a command line, in a form and in a saved session. */
export type ReceiveOptionType =
  /** Off unless it is named. */
  | { readonly kind: 'flag' }
  /** On unless the option, which is then `--no-…`, is named. */
  | { readonly kind: 'negated' }
  /** `on` or `off`. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'number'; readonly unit: string; readonly min: number; readonly max: number }
  /** Seconds; on a command line also `500ms` or `2s`. */
  | { readonly kind: 'duration' }
  /** Bytes; on a command line also `512K` or `4M`, by 1024. */
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'list'; readonly of: 'interface' | 'address' | 'url' }
  | { readonly kind: 'services' }
  | { readonly kind: 'folder' }

/** Headings of the help and the forms. */
export type ReceiveOptionGroup = 'Services' | 'Network' | 'Objects' | 'Output' | 'Repair' | 'Log'
/** Commands that take receive options. */
export type ReceiveCommand = 'receive' | 'gateway' | 'open' | 'inspect' | 'record'

/** GPAC's `routein` option and how a value is written there; `gpacValue` where it differs from ours. */
export type ReceiveOption = {
  readonly key: string
  /** As on a command line, without its value. */
  readonly option: `--${string}`
  /** GPAC's name; null where it has none. */
  readonly gpac: string | null
  /** GPAC's default where it is not ours, as its documentation writes it. */
  readonly gpacDefault?: string
  readonly type: ReceiveOptionType
  /** Null: nothing is asked for. */
  readonly standard: boolean | number | string | null
  readonly group: ReceiveOptionGroup
  readonly level: 'basic' | 'expert'
  /** What a form calls it. */
  readonly label: string
  /** One sentence without its full stop. */
  readonly help: string
  /** Field of the saved session it sets: `source.…`, `source.receive.…` or of a sink. */
  readonly path: string
  readonly commands: readonly ReceiveCommand[]
  /** The test that proves it. */
  readonly test: string
}

const EVERYWHERE = ['receive', 'gateway', 'open', 'inspect'] as const
const LIVE = ['receive', 'gateway', 'open', 'record'] as const
const SERVED = ['gateway', 'open'] as const
const MAX = Number.MAX_SAFE_INTEGER

/**
 * Every option of receiving, once: the command line, its help, the form, saved sessions and the table in README.md are made
 * from these rows. What is joined, then the network, then objects, then what becomes of them.
 */
export const RECEIVE_OPTIONS = [
  {
    key: 'services',
    option: '--services',
    gpac: 'tunein',
    type: { kind: 'services' },
    standard: 'first',
    group: 'Services',
    level: 'basic',
    label: 'Services',
    help: 'which services to join: all, first, none, scan (list them, then end) or ids such as 1,5009',
    path: 'source.receive.services',
    commands: [...EVERYWHERE, 'record'],
    test: 'core/receive/tune-in.test.ts',
  },
  {
    key: 'timeoutS',
    option: '--timeout',
    gpac: 'timeout',
    gpacDefault: '5000 ms',
    type: { kind: 'duration' },
    standard: null,
    group: 'Services',
    level: 'basic',
    label: 'Timeout',
    help: 'give up when nothing of a service came for so long: 10, 2.5 or 500ms; 0 never (receive: 10)',
    path: 'source.receive.timeoutS',
    commands: LIVE,
    test: 'core/engine/receive-options.socket.test.ts',
  },
  {
    key: 'keepAlive',
    option: '--keep-alive',
    gpac: 'ka',
    type: { kind: 'flag' },
    standard: DEFAULT_RECEIVE.keepAlive,
    group: 'Services',
    level: 'expert',
    label: 'Keep silent services',
    help: 'once something came, wait for it to come back instead of ending after the timeout',
    path: 'source.receive.keepAlive',
    commands: LIVE,
    test: 'core/engine/receive-options.socket.test.ts',
  },
  {
    key: 'interfaces',
    option: '--interface',
    gpac: 'ifce',
    type: { kind: 'list', of: 'interface' },
    standard: null,
    group: 'Network',
    level: 'basic',
    label: 'Network interface',
    help: 'multicast interface, by address or name; repeated: joined on each',
    path: 'source.interfaces',
    commands: LIVE,
    test: 'core/engine/receive-options.socket.test.ts',
  },
  {
    key: 'sourceAddresses',
    option: '--source',
    gpac: null,
    type: { kind: 'list', of: 'address' },
    standard: null,
    group: 'Network',
    level: 'expert',
    label: 'Only from senders',
    help: 'take datagrams of this sender only, by a source-specific join; may be repeated (absent: those DVB-MABR names, else anyone)',
    path: 'source.sourceAddresses',
    commands: LIVE,
    test: 'core/socket/source-filter.socket.test.ts',
  },
  {
    key: 'excludeSourceAddresses',
    option: '--exclude-source',
    gpac: null,
    type: { kind: 'list', of: 'address' },
    standard: null,
    group: 'Network',
    level: 'expert',
    label: 'Not from senders',
    help: 'pass over datagrams of this sender, in this program; may be repeated',
    path: 'source.excludeSourceAddresses',
    commands: LIVE,
    test: 'core/socket/source-filter.socket.test.ts',
  },
  {
    key: 'bufferBytes',
    option: '--buffer',
    gpac: 'buffer',
    gpacDefault: '524288',
    type: { kind: 'bytes', min: 2048, max: 2 ** 31 - 1 },
    standard: 16 << 20,
    group: 'Network',
    level: 'expert',
    label: 'Receive buffer',
    help: 'socket receive buffer to ask for, of each socket; the app shows what the system grants',
    path: 'source.bufferBytes',
    commands: LIVE,
    test: 'core/engine/receive-options.socket.test.ts',
  },
  {
    key: 'keepCorrupt',
    option: '--keep-corrupt',
    gpac: 'kc',
    type: { kind: 'flag' },
    standard: DEFAULT_RECEIVE.keepCorrupt,
    group: 'Objects',
    level: 'basic',
    label: 'Keep corrupt files',
    help: 'keep objects that stayed incomplete, as NAME.partial',
    path: 'source.receive.keepCorrupt',
    commands: EVERYWHERE,
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'keepRepeats',
    option: '--keep-repeats',
    gpac: 'skipr',
    type: { kind: 'flag' },
    standard: DEFAULT_RECEIVE.keepRepeats,
    group: 'Objects',
    level: 'expert',
    label: 'Deliver repeats',
    help: 'deliver a file again each time it is repeated unchanged',
    path: 'source.receive.keepRepeats',
    commands: EVERYWHERE,
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'onlyTsi',
    option: '--tsi',
    gpac: 'tsidbg',
    gpacDefault: '0',
    type: { kind: 'number', unit: '', min: 1, max: 2 ** 32 - 1 },
    standard: null,
    group: 'Objects',
    level: 'expert',
    label: 'Only TSI',
    help: 'rebuild the objects of this TSI only, beside the signalling',
    path: 'source.receive.onlyTsi',
    commands: EVERYWHERE,
    test: 'core/receive/receive-options.test.ts',
  },
  {
    key: 'reorder',
    option: '--no-reorder',
    gpac: 'reorder',
    type: { kind: 'negated' },
    standard: DEFAULT_RECEIVE.reorder,
    group: 'Objects',
    level: 'expert',
    label: 'Wait for packets out of order',
    help: 'end an object as soon as another TOI of its TSI begins',
    path: 'source.receive.reorder',
    commands: EVERYWHERE,
    test: 'core/receive/receive-options.test.ts',
  },
  {
    key: 'reorderMs',
    option: '--reorder-ms',
    gpac: 'rtimeout',
    type: { kind: 'number', unit: 'ms', min: 0, max: 3_600_000 },
    standard: DEFAULT_RECEIVE.reorderMs,
    group: 'Objects',
    level: 'expert',
    label: 'Reorder time',
    help: 'how long an incomplete object waits once a newer one of its TSI began',
    path: 'source.receive.reorderMs',
    commands: EVERYWHERE,
    test: 'core/receive/receive-options.test.ts',
  },
  {
    key: 'detectLoops',
    option: '--detect-loops',
    gpac: 'cloop',
    gpacDefault: 'false, our off',
    type: { kind: 'choice', values: ['auto', 'on', 'off'] },
    standard: DEFAULT_RECEIVE.detectLoops,
    group: 'Objects',
    level: 'expert',
    label: 'Detect loops',
    help: 'the content starts again when a TOI is over 100 below the last (on), also over 4 steps (auto), or never (off)',
    path: 'source.receive.detectLoops',
    commands: EVERYWHERE,
    test: 'core/receive/receive-options.test.ts',
  },
  {
    key: 'fec',
    option: '--fec',
    gpac: null,
    type: { kind: 'switch' },
    standard: DEFAULT_RECEIVE.fec,
    group: 'Repair',
    level: 'basic',
    label: 'AL-FEC',
    help: 'restore lost packets from AL-FEC repair flows, whatever --repair says',
    path: 'source.receive.fec',
    commands: EVERYWHERE,
    test: 'core/receive/fec/fec.test.ts',
  },
  {
    key: 'repair',
    option: '--repair',
    gpac: 'repair',
    type: { kind: 'choice', values: ['none', 'simple', 'strict', 'http'] },
    standard: DEFAULT_REPAIR.mode,
    group: 'Repair',
    level: 'basic',
    label: 'Incomplete files',
    help: 'what becomes of incomplete files: none, simple or strict patching, or http first (GPAC: full)',
    path: 'source.receive.repair.mode',
    commands: EVERYWHERE,
    test: 'core/repair/repair-stage.test.ts',
  },
  {
    key: 'repairUrls',
    option: '--repair-url',
    gpac: 'repair_urls',
    type: { kind: 'list', of: 'url' },
    standard: null,
    group: 'Repair',
    level: 'basic',
    label: 'Repair servers',
    help: 'HTTP server to fetch missing bytes from, tried in order; implies --repair http; may be repeated',
    path: 'source.receive.repair.urls',
    commands: EVERYWHERE,
    test: 'core/repair/http-repair.socket.test.ts',
  },
  {
    key: 'repairConnections',
    option: '--repair-connections',
    gpac: 'max_sess',
    type: { kind: 'number', unit: '', min: 1, max: 64 },
    standard: DEFAULT_REPAIR.connections,
    group: 'Repair',
    level: 'expert',
    label: 'Repair requests at a time',
    help: 'repair requests under way at a time',
    path: 'source.receive.repair.connections',
    commands: EVERYWHERE,
    test: 'core/repair/http-repair.socket.test.ts',
  },
  {
    key: 'repairMergeBytes',
    option: '--repair-merge',
    gpac: 'range_merge',
    type: { kind: 'bytes', min: 0, max: MAX },
    standard: DEFAULT_REPAIR.mergeBytes,
    group: 'Repair',
    level: 'expert',
    label: 'Merge gaps closer than',
    help: 'gaps closer than this are fetched by one request',
    path: 'source.receive.repair.mergeBytes',
    commands: EVERYWHERE,
    test: 'core/repair/http-repair.socket.test.ts',
  },
  {
    key: 'repairMinPercent',
    option: '--repair-min',
    gpac: 'minrecv',
    type: { kind: 'number', unit: '%', min: 0, max: 100 },
    standard: DEFAULT_REPAIR.minReceivedPercent,
    group: 'Repair',
    level: 'expert',
    label: 'Fetch whole files below',
    help: 'below this share received the whole file is fetched; 0 always',
    path: 'source.receive.repair.minReceivedPercent',
    commands: EVERYWHERE,
    test: 'core/repair/http-repair.socket.test.ts',
  },
  {
    key: 'repairOrder',
    option: '--repair-order',
    gpac: 'riso',
    type: { kind: 'choice', values: ['none', 'simple', 'partial', 'deps', 'depx'] },
    standard: DEFAULT_REPAIR.order,
    group: 'Repair',
    level: 'expert',
    label: 'Repair order',
    help: 'in which order, and how much, of an ISO BMFF file is fetched',
    path: 'source.receive.repair.order',
    commands: EVERYWHERE,
    test: 'core/repair/http-repair.socket.test.ts',
  },
  {
    key: 'out',
    option: '--out',
    gpac: 'odir',
    type: { kind: 'folder' },
    standard: null,
    group: 'Output',
    level: 'basic',
    label: 'Folder',
    help: 'write files to DIR/serviceN/… as they become whole',
    path: 'sinks[folder].dir',
    commands: ['receive'],
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'maxSegments',
    option: '--max-segments',
    gpac: 'max_segs',
    type: { kind: 'number', unit: '', min: 0, max: MAX },
    standard: 0,
    group: 'Output',
    level: 'basic',
    label: 'Segments on disk',
    help: 'media segments kept per representation, 0 all; a gateway takes it for --cached-segments',
    path: 'sinks[folder].maxSegments',
    commands: ['receive', 'gateway'],
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'splitTsi',
    option: '--split-tsi',
    gpac: 'stsi',
    type: { kind: 'flag' },
    standard: false,
    group: 'Output',
    level: 'expert',
    label: 'A folder for each TSI',
    help: 'write to DIR/serviceN/tsiT/…, signalling to tsi0',
    path: 'sinks[folder].splitTsi',
    commands: ['receive'],
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'cachedSegments',
    option: '--cached-segments',
    gpac: 'nbcached',
    gpacDefault: '8',
    type: { kind: 'number', unit: '', min: 0, max: MAX },
    standard: 0,
    group: 'Output',
    level: 'basic',
    label: 'Segments in memory',
    help: 'media segments the gateway and the app keep per representation, 0 all (app, live: 900)',
    path: 'sinks[gateway, store].maxSegments',
    commands: SERVED,
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'fullSegments',
    option: '--full-segments',
    gpac: 'fullseg',
    type: { kind: 'flag' },
    standard: DEFAULT_RECEIVE.fullSegments,
    group: 'Output',
    level: 'expert',
    label: 'Whole segments only',
    help: 'the gateway answers for a segment once it is whole, not while it arrives',
    path: 'source.receive.fullSegments',
    commands: SERVED,
    test: 'core/gateway/whole-segments.socket.test.ts',
  },
  {
    key: 'lowLatency',
    option: '--low-latency',
    gpac: 'llmode',
    type: { kind: 'switch' },
    standard: DEFAULT_RECEIVE.lowLatency,
    group: 'Output',
    level: 'expert',
    label: 'Low latency',
    help: 'off: whole segments only, and manifests that promise none earlier',
    path: 'source.receive.lowLatency',
    commands: SERVED,
    test: 'core/gateway/whole-segments.socket.test.ts',
  },
  {
    key: 'dynamicSelection',
    option: '--no-dynamic-selection',
    gpac: 'dynsel',
    type: { kind: 'negated' },
    standard: DEFAULT_RECEIVE.dynamicSelection,
    group: 'Output',
    level: 'expert',
    label: 'Leave what nobody plays',
    help: 'stay joined to representations on addresses of their own that no player of the gateway asks for, and to DVB-MABR sessions silent beyond their idle timeout',
    path: 'source.receive.dynamicSelection',
    commands: ['gateway'],
    test: 'core/engine/selection/dynamic-selection.socket.test.ts',
  },
  {
    key: 'statsMs',
    option: '--stats',
    gpac: 'stats',
    gpacDefault: '1000',
    type: { kind: 'number', unit: 'ms', min: -3_600_000, max: 3_600_000 },
    standard: DEFAULT_RECEIVE.statsMs,
    group: 'Log',
    level: 'expert',
    label: 'Statistics every',
    help: 'log statistics so often (see --log route@info), 0 never; less than 0: counted since the start',
    path: 'source.receive.statsMs',
    commands: EVERYWHERE,
    test: 'core/engine/receiving/receive-statistics.test.ts',
  },
] as const satisfies readonly ReceiveOption[]

type Row = (typeof RECEIVE_OPTIONS)[number]
type ValueOf<Type extends ReceiveOptionType> = Type extends { kind: 'flag' | 'negated' | 'switch' }
  ? boolean
  : Type extends { kind: 'number' | 'duration' | 'bytes' }
    ? number
    : Type extends { kind: 'choice'; values: readonly (infer Value)[] }
      ? Value
      : Type extends { kind: 'list' }
        ? readonly string[]
        : Type extends { kind: 'services' }
          ? TuneIn
          : string

/** Names of the rows, in code. */
export type ReceiveOptionKey = Row['key']
/** What somebody chose, by the key of each row; what is not there is as it is by default. */
export type ReceiveChoices = { readonly [Each in Row as Each['key']]?: ValueOf<Each['type']> }

/** The order in which groups are shown. */
export const RECEIVE_OPTION_GROUPS: readonly ReceiveOptionGroup[] = [
  'Services',
  'Network',
  'Output',
  'Objects',
  'Repair',
  'Log',
]
