import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { MAX_COUNT } from './shared-options.ts'

/** Test of sockets and media files. */
export const RELAY_TEST = 'core/cli/relay.process.test.ts'
const ROW = { option: null, group: 'Network', level: 'expert', commands: [], test: RELAY_TEST } as const

/** Port of addresses without one. */
export const SOCKET_PORT = {
  ...ROW,
  key: 'port',
  choice: 'socketPort',
  gpac: { name: 'port' },
  type: { kind: 'number', unit: '', min: 1, max: 65535 },
  default: 1234,
  label: 'Port',
  help: 'port where the address has none',
} as const satisfies OptionRow

/** Interface of a socket. */
export const SOCKET_INTERFACE = {
  ...ROW,
  key: 'interface',
  choice: 'socketInterface',
  gpac: { name: 'ifce' },
  type: { kind: 'text', of: 'interface' },
  default: null,
  label: 'Network interface',
  help: 'interface for multicast, and address that a UDP socket is bound to',
} as const satisfies OptionRow

/** Declared format. */
export const STREAM_FORMAT = [
  {
    ...ROW,
    key: 'ext',
    choice: 'streamExt',
    gpac: { name: 'ext' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Suffix',
    help: 'format by its suffix: ts, mp4, avc, hevc, aac, mp3, ac3',
  },
  {
    ...ROW,
    key: 'mime',
    choice: 'streamMime',
    gpac: { name: 'mime' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Media type',
    help: 'format by its media type',
  },
] as const satisfies readonly OptionRow[]

/** Servers of byte streams. */
export const SOCKET_SERVER = [
  {
    ...ROW,
    key: 'listen',
    choice: 'socketListen',
    gpac: { name: 'listen' },
    type: { kind: 'flag' },
    default: false,
    label: 'Listen',
    help: 'wait for connections at the address instead of opening one',
  },
  {
    ...ROW,
    key: 'keepAlive',
    choice: 'socketKeepAlive',
    gpac: { name: 'ka' },
    type: { kind: 'flag' },
    default: false,
    label: 'Stay for the next',
    help: 'go on when a connection ends: the next one continues the stream',
  },
  {
    ...ROW,
    key: 'maxConnections',
    choice: 'socketConnections',
    gpac: { name: 'maxc', default: '+I' },
    type: { kind: 'number', unit: '', min: 1, max: 4096 },
    default: 16,
    label: 'Connections',
    help: 'most connections at a time',
  },
] as const satisfies readonly OptionRow[]

const SOCKET_IN_OPTIONS = [
  {
    ...ROW,
    key: 'address',
    choice: 'socketIn',
    gpac: null,
    type: { kind: 'text', of: 'source' },
    default: null,
    level: 'basic',
    label: 'Address',
    help: 'udp://, tcp:// or tcpu:// address to receive from',
    subject: true,
  },
  SOCKET_PORT,
  SOCKET_INTERFACE,
  ...STREAM_FORMAT,
  ...SOCKET_SERVER,
  {
    ...ROW,
    key: 'blockSize',
    gpac: { name: 'block_size' },
    type: { kind: 'number', unit: 'bytes', min: 2000, max: MAX_COUNT },
    default: 393_216,
    label: 'Block size',
    help: 'receive buffer of the socket',
  },
  {
    ...ROW,
    key: 'tsProbe',
    gpac: { name: 'tsprobe' },
    type: { kind: 'switch' },
    default: true,
    label: 'Look for TS',
    help: 'recognise a transport stream, and one in RTP, by the first bytes',
  },
  {
    ...ROW,
    key: 'timeoutMs',
    choice: 'socketTimeout',
    gpac: { name: 'timeout', default: '10000' },
    type: { kind: 'number', unit: 'ms', min: 0, max: MAX_COUNT },
    default: 10_000,
    label: 'Time-out',
    help: 'silence after which a UDP stream is over; 0: never',
  },
  {
    ...ROW,
    key: 'idleMs',
    test: 'core/engine/relay.socket.test.ts',
    choice: 'socketIdle',
    gpac: null,
    type: { kind: 'number', unit: 'ms', min: 0, max: MAX_COUNT },
    default: 0,
    label: 'Idle time-out',
    help: 'silence after which a connection is closed; 0: never',
  },
  {
    ...ROW,
    key: 'reorderPackets',
    gpac: { name: 'reorder_pck' },
    type: { kind: 'number', unit: 'packets', min: 1, max: 3000 },
    default: 100,
    label: 'RTP window',
    help: 'RTP packets that may wait for a missing one',
  },
  {
    ...ROW,
    key: 'reorderDelayMs',
    gpac: { name: 'reorder_delay' },
    type: { kind: 'number', unit: 'ms', min: 1, max: 60_000 },
    default: 10,
    label: 'RTP delay',
    help: 'time for which RTP packets wait for a missing one',
  },
  {
    ...ROW,
    key: 'sources',
    choice: 'socketSources',
    gpac: { name: 'ssm', separator: ',' },
    type: { kind: 'list', of: 'address' },
    default: [],
    label: 'Only senders',
    help: 'take multicast of these senders only',
  },
  {
    ...ROW,
    key: 'notSources',
    choice: 'socketNotSources',
    gpac: { name: 'ssmx', separator: ',' },
    type: { kind: 'list', of: 'address' },
    default: [],
    label: 'Not senders',
    help: 'take multicast of all senders but these',
  },
  {
    ...ROW,
    key: 'retry',
    choice: 'socketRetry',
    gpac: null,
    type: { kind: 'flag' },
    default: false,
    label: 'Try again',
    help: 'try a refused connection again, at growing intervals',
  },
] as const satisfies readonly OptionRow[]

/** Options of receiving a byte stream from a socket. */
export type SocketInSpec = SpecOf<'socket-in', typeof SOCKET_IN_OPTIONS>

/** The part `socket-in`. */
export const SOCKET_IN_PART: PartDescription = {
  kind: 'socket-in',
  title: 'Socket in',
  help: 'receives a byte stream by UDP, TCP or a Unix socket',
  takes: null,
  gives: 'bytes',
  options: SOCKET_IN_OPTIONS,
}
