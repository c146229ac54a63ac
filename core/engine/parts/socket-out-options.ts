import { MAX_SECONDS, type OptionRow, type SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { MAX_COUNT } from './shared-options.ts'
import { RELAY_TEST, SOCKET_INTERFACE, SOCKET_PORT, SOCKET_SERVER, STREAM_FORMAT } from './socket-in-options.ts'

const ROW = { option: null, group: 'Sending', level: 'expert', commands: [], test: RELAY_TEST } as const

/** Storage of MP4, in GPAC's words. */
export const MP4_STORE = {
  ...ROW,
  key: 'store',
  gpac: { name: 'store' },
  type: { kind: 'choice', values: ['inter', 'flat', 'fstart', 'tight', 'frag', 'sfrag'] },
  default: 'inter',
  label: 'Storage of MP4',
  help: 'frag, sfrag: in fragments; all others: one movie, whose header is written at the end',
} as const satisfies OptionRow

/** Duration of a fragment. */
export const MP4_CHUNK = {
  ...ROW,
  key: 'chunkS',
  gpac: { name: 'cdur' },
  type: { kind: 'duration', above: true, max: 3600 },
  default: 1,
  label: 'Fragments of',
  help: 'duration of a fragment of MP4',
} as const satisfies OptionRow

const SOCKET_OUT_OPTIONS = [
  {
    ...ROW,
    key: 'address',
    choice: 'socketOut',
    gpac: null,
    type: { kind: 'text', of: 'source' },
    default: null,
    level: 'basic',
    label: 'Address',
    help: 'udp://, tcp:// or tcpu:// address to send to',
    subject: true,
  },
  SOCKET_PORT,
  SOCKET_INTERFACE,
  ...STREAM_FORMAT,
  ...SOCKET_SERVER,
  MP4_STORE,
  MP4_CHUNK,
  {
    ...ROW,
    key: 'keepPackets',
    gpac: { name: 'kp' },
    type: { kind: 'switch' },
    default: true,
    label: 'Keep for the next',
    help: 'what is sent while no client is connected waits for the next one',
  },
  {
    ...ROW,
    key: 'sendBuffer',
    gpac: { name: 'sockbuf' },
    type: { kind: 'number', unit: 'bytes', min: 1, max: MAX_COUNT },
    default: 65_536,
    label: 'Send buffer',
    help: 'send buffer of the socket',
  },
  {
    ...ROW,
    key: 'ttl',
    choice: 'socketTtl',
    gpac: { name: 'ttl' },
    type: { kind: 'number', unit: '', min: 0, max: 127 },
    default: 0,
    label: 'Time to live',
    help: 'multicast time to live; 0: that of the system',
  },
  {
    ...ROW,
    key: 'rateBps',
    gpac: { name: 'rate' },
    type: { kind: 'number', unit: 'bit/s', min: 0, max: MAX_COUNT },
    default: 0,
    label: 'Rate',
    help: 'send no more than this; 0: no limit',
  },
  {
    ...ROW,
    key: 'reorder',
    choice: 'swapPackets',
    gpac: { name: 'pckr' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Swap packets',
    help: 'N/D: swap the Nth packet of every D with the next; N 0: one at random',
  },
  {
    ...ROW,
    key: 'drop',
    choice: 'dropPackets',
    gpac: { name: 'pckd' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Drop packets',
    help: 'N/D: leave out the Nth packet of every D; N 0: one at random',
  },
  {
    ...ROW,
    key: 'pace',
    choice: 'socketPace',
    gpac: null,
    type: { kind: 'choice', values: ['auto', 'real', 'fast'] },
    default: 'auto',
    label: 'Pace',
    help: 'real: at the times of the media; fast: as it comes; auto: real by UDP',
  },
  {
    ...ROW,
    key: 'startS',
    choice: 'mediaStart',
    gpac: { name: 'start', default: '0.0' },
    type: { kind: 'duration', max: MAX_SECONDS },
    default: 0,
    label: 'Start at',
    help: 'begin at the first random access point at or after this time of the media',
  },
  {
    ...ROW,
    key: 'speed',
    choice: 'mediaSpeed',
    gpac: { name: 'speed', default: '1.0' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Speed',
    help: 'send faster or slower than in real time: 2 is twice as fast',
  },
  {
    ...ROW,
    key: 'groupPackets',
    gpac: { name: 'nb_pack', default: '4' },
    type: { kind: 'number', unit: 'packets', min: 1, max: 7 },
    default: 7,
    label: 'Packets of TS in one',
    help: 'packets of a transport stream in one datagram',
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

/** Options of sending a byte stream to a socket. */
export type SocketOutSpec = SpecOf<'socket-out', typeof SOCKET_OUT_OPTIONS>

/** The part `socket-out`. */
export const SOCKET_OUT_PART: PartDescription = {
  kind: 'socket-out',
  title: 'Socket out',
  help: 'sends media as a byte stream by UDP, TCP or a Unix socket',
  takes: 'samples',
  gives: null,
  options: SOCKET_OUT_OPTIONS,
}
