import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { HOST_OPTIONS, SERVER_LISTEN } from './http-host-options.ts'

const SERVE = ['serve'] as const
const TEST = 'core/cli/streams.process.test.ts'

/** How fast a file is served as a stream. */
export const STREAM_PACE = {
  key: 'pace',
  choice: 'streamPace',
  option: '--stream-pace',
  gpac: null,
  type: { kind: 'choice', values: ['real', 'fast'] },
  default: 'real',
  group: 'Serving',
  level: 'basic',
  label: 'Pace of streams',
  help: 'give the files of --stream at the pace of their media (MP3, ADTS, MPEG-2 TS, fragmented MP4), or as fast as they are taken',
  commands: SERVE,
  test: TEST,
} as const satisfies OptionRow

/** How a stream is given to its clients, of every part that serves some. */
export const STREAM_OPTIONS = [
  {
    key: 'hold',
    option: '--hold',
    gpac: { name: 'hold' },
    type: { kind: 'flag' },
    default: false,
    group: 'Serving',
    level: 'basic',
    label: 'Wait for a client',
    help: 'begin a stream with its first client; without it, what nobody is there to get is dropped',
    commands: SERVE,
    test: TEST,
  },
  {
    key: 'ice',
    option: '--ice',
    gpac: { name: 'ice' },
    type: { kind: 'flag' },
    default: false,
    group: 'Serving',
    level: 'basic',
    label: 'Radio headers',
    help: 'tell radio players of a stream what it is (icy-name, icy-br, icy-pub, ice-audio-info)',
    commands: SERVE,
    test: TEST,
  },
  {
    key: 'iceName',
    option: '--ice-name',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    word: 'NAME',
    default: null,
    group: 'Serving',
    level: 'expert',
    label: 'Name of the station',
    help: 'icy-name of streams, with --ice',
    commands: SERVE,
    test: TEST,
  },
  {
    key: 'iceTitle',
    option: '--ice-title',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    word: 'TITLE',
    default: null,
    group: 'Serving',
    level: 'expert',
    label: 'Title',
    help: 'title inside the stream for players that ask for it (icy-metaint), with --ice',
    commands: SERVE,
    test: TEST,
  },
  {
    key: 'iceHeaders',
    option: '--ice-header',
    gpac: null,
    type: { kind: 'list', of: 'words' },
    word: 'NAME,VALUE',
    default: null,
    group: 'Serving',
    level: 'expert',
    label: 'More radio headers',
    help: 'add ice-… and icy-… headers to streams, with --ice: ice-genre,Cool Rock',
    commands: SERVE,
    test: TEST,
  },
  {
    key: 'maxQueue',
    option: '--max-queue',
    gpac: { name: 'max_async_buf' },
    type: { kind: 'bytes', min: 0, max: 1024 * 1024 * 1024 },
    default: 100_000,
    group: 'Serving',
    level: 'expert',
    label: 'Queue of a client',
    help: 'bytes of a stream that wait for a client whose connection takes no more, before it is disconnected',
    commands: SERVE,
    test: TEST,
  },
  {
    key: 'quit',
    option: '--quit',
    gpac: { name: 'quit' },
    type: { kind: 'flag' },
    default: false,
    group: 'Serving',
    level: 'expert',
    label: 'End after the streams',
    help: 'end once every stream is over and its clients have all of it',
    commands: SERVE,
    test: TEST,
  },
] as const satisfies readonly OptionRow[]

const HTTP_STREAM_OPTIONS = [
  {
    key: 'path',
    choice: 'streamPath',
    option: null,
    gpac: null,
    type: { kind: 'text', of: 'words' },
    default: null,
    group: 'Serving',
    level: 'basic',
    label: 'Path',
    help: 'path of the stream on its server: /live.mp3',
    commands: [],
    test: TEST,
    subject: true,
  },
  SERVER_LISTEN,
  {
    key: 'contentType',
    choice: 'streamType',
    option: null,
    gpac: { name: 'mime' },
    type: { kind: 'text', of: 'words' },
    default: null,
    group: 'Serving',
    level: 'expert',
    label: 'Media type',
    help: 'Content-Type of the stream; absent: that of its source, or of its first bytes',
    commands: [],
    test: TEST,
  },
  ...STREAM_OPTIONS,
  ...HOST_OPTIONS,
] as const satisfies readonly OptionRow[]

/** Options of a stream for HTTP clients. */
export type HttpStreamSpec = SpecOf<'http-stream', typeof HTTP_STREAM_OPTIONS>

/** The part `http-stream`. */
export const HTTP_STREAM_PART: PartDescription = {
  kind: 'http-stream',
  title: 'HTTP stream',
  help: 'serves one stream to all clients of an HTTP server',
  takes: 'bytes',
  gives: null,
  options: HTTP_STREAM_OPTIONS,
}

const BYTE_FILE_OPTIONS = [
  {
    key: 'file',
    choice: 'byteFile',
    option: null,
    gpac: null,
    type: { kind: 'text', of: 'file' },
    disk: { use: 'reads', called: 'the stream' },
    default: null,
    group: 'Serving',
    level: 'basic',
    label: 'File',
    help: 'file that is read as one stream',
    commands: [],
    test: TEST,
    subject: true,
  },
  { ...STREAM_PACE, default: 'fast' },
] as const satisfies readonly OptionRow[]

/** Options of a file as a stream. */
export type ByteFileSpec = SpecOf<'byte-file', typeof BYTE_FILE_OPTIONS>

/** The part `byte-file`. */
export const BYTE_FILE_PART: PartDescription = {
  kind: 'byte-file',
  title: 'File as a stream',
  help: 'reads a file as one stream of bytes',
  takes: null,
  gives: 'bytes',
  ends: true,
  options: BYTE_FILE_OPTIONS,
}
