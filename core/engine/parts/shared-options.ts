import type { OptionRow } from '../../contract/option-row.ts'

/** Commands that receive. */
export const RECEIVING = ['receive', 'gateway', 'open', 'inspect', 'watch'] as const
/** Commands that may join a multicast. */
export const LIVE = ['receive', 'gateway', 'open', 'record', 'watch'] as const
/** Commands that serve what they receive. */
export const SERVED = ['gateway', 'open'] as const
/** Bound of counts that have none of their own. */
export const MAX_COUNT = 2 ** 31 - 1
/** Bound of sizes that have none of their own: 16 TiB. */
export const MAX_BYTES = 2 ** 44

/** Services to join, of each source. */
export const SERVICES = {
  key: 'services',
  option: '--services',
  gpac: { name: 'tunein', words: { all: '-1', first: '-2', none: '0', scan: '-3' } },
  type: { kind: 'services' },
  default: 'first',
  group: 'Services',
  level: 'basic',
  label: 'Join',
  help: 'which services to join: all, first, none, scan (list them, then end) or ids such as 1,5009',
  commands: [...RECEIVING, 'record'],
  test: 'core/receive/tune-in.test.ts',
} as const satisfies OptionRow

/** Option of receiver, repair and store, which all keep incomplete objects. */
export const KEEP_CORRUPT = {
  key: 'keepCorrupt',
  option: '--keep-corrupt',
  gpac: { name: 'kc' },
  type: { kind: 'flag' },
  default: false,
  group: 'Objects',
  level: 'basic',
  label: 'Keep corrupt files',
  help: 'keep objects that stayed incomplete, as NAME.partial',
  commands: RECEIVING,
  test: 'core/engine/receive-options.test.ts',
} as const satisfies OptionRow

/** Option of the gateway and of the app's store. */
export const CACHED_SEGMENTS = {
  key: 'maxSegments',
  choice: 'cachedSegments',
  option: '--cached-segments',
  gpac: { name: 'nbcached', default: '8' },
  type: { kind: 'number', unit: '', min: 0, max: MAX_COUNT },
  default: 0,
  group: 'Output',
  level: 'basic',
  label: 'Segments in memory',
  help: 'media segments the gateway and the app keep per representation, 0 all (app, live: 900)',
  commands: SERVED,
  test: 'core/engine/receive-options.test.ts',
} as const satisfies OptionRow

/** Option of sources that contain more than is asked for. */
export const CAPTURE_URL_OPTION = {
  key: 'url',
  choice: 'captureUrl',
  option: null,
  gpac: null,
  type: { kind: 'text', of: 'source' },
  default: null,
  group: 'Services',
  level: 'basic',
  label: 'Address',
  help: 'what to receive from the capture, as of a multicast; absent: everything found in it',
  commands: ['receive', 'gateway', 'record', 'watch'],
  test: 'core/cli/command-line.test.ts',
} as const satisfies OptionRow

/** Option of every source that is read as a capture. */
export const LINK_TYPE_OPTION = {
  key: 'linkType',
  option: '--link-type',
  gpac: null,
  type: { kind: 'choice', values: ['raw', 'eth', 'alp'] },
  word: 'type',
  default: null,
  group: 'Capture',
  level: 'basic',
  label: 'Link type',
  help: 'content of frames with a user-defined link type',
  commands: ['receive', 'gateway', 'inspect', 'record', 'watch'],
  test: 'core/cli/record.process.test.ts',
} as const satisfies OptionRow

/** Which pages may read what is served. */
export const CORS = {
  key: 'cors',
  option: '--cors',
  gpac: { name: 'cors' },
  type: { kind: 'choice', values: ['auto', 'on', 'off'] },
  default: 'auto',
  group: 'Serving',
  level: 'basic',
  label: 'Cross-origin requests',
  help: 'let pages of other origins read: auto those of this machine and of --allow-origin, on any, off none; browsers may ask first before a page of the internet reads from the local network',
  commands: ['gateway', 'serve'],
  test: 'core/gateway/gateway.socket.test.ts',
} as const satisfies OptionRow

/** Origins that `auto` allows. */
export const ALLOW_ORIGIN = {
  key: 'allowOrigins',
  option: '--allow-origin',
  gpac: null,
  type: { kind: 'list', of: 'words' },
  word: 'ORIGIN',
  default: null,
  group: 'Serving',
  level: 'expert',
  label: 'Allowed origins',
  help: 'let pages of this origin read, as https://player.example; may be repeated',
  commands: ['gateway', 'serve'],
  test: 'core/gateway/gateway.socket.test.ts',
} as const satisfies OptionRow
