import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'

const TEST = 'core/cli/scaler.process.test.ts'
const ROW = { option: null, group: 'Sending', level: 'expert', commands: [], test: TEST } as const

const SCALER_OPTIONS = [
  {
    ...ROW,
    key: 'size',
    gpac: { name: 'osize' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Size',
    help: 'size of the pictures it gives, such as 640x360; absent: as they are',
  },
  {
    ...ROW,
    key: 'from',
    gpac: null,
    type: { kind: 'choice', values: ['media', 'yuv'] },
    default: 'media',
    label: 'Takes',
    help: 'a stream of coded media, or raw pictures (yuv420p)',
  },
  {
    ...ROW,
    key: 'to',
    gpac: null,
    type: { kind: 'choice', values: ['avc', 'yuv'] },
    default: 'avc',
    label: 'Gives',
    help: 'H.264 Annex B, or raw pictures (yuv420p)',
  },
  {
    ...ROW,
    key: 'inputSize',
    gpac: { name: 'size' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Size of raw pictures',
    help: 'size of the raw pictures it takes, such as 1280x720; absent: as the name of their file says',
  },
  {
    ...ROW,
    key: 'inputFps',
    gpac: { name: 'fps' },
    type: { kind: 'text', of: 'words' },
    default: '25',
    label: 'Raw pictures per second',
    help: 'rate of the raw pictures it takes, such as 25 or 30000/1001',
  },
] as const satisfies readonly OptionRow[]

/** Options of scaling pictures. */
export type ScalerSpec = SpecOf<'scaler', typeof SCALER_OPTIONS>

/** The part `scaler`. */
export const SCALER_PART: PartDescription = {
  kind: 'scaler',
  title: 'Scaler',
  help: 'decodes, scales and encodes pictures by an installed ffmpeg',
  takes: 'bytes',
  gives: 'bytes',
  options: SCALER_OPTIONS,
}

const BYTE_OUT_OPTIONS = [
  {
    ...ROW,
    key: 'file',
    choice: 'byteOut',
    gpac: null,
    type: { kind: 'text', of: 'file' },
    disk: { use: 'writes', called: 'the output' },
    default: null,
    label: 'File',
    help: 'file to write',
    subject: true,
  },
] as const satisfies readonly OptionRow[]

/** Options of writing a stream to a file as it is. */
export type ByteOutSpec = SpecOf<'byte-out', typeof BYTE_OUT_OPTIONS>

/** The part `byte-out`. */
export const BYTE_OUT_PART: PartDescription = {
  kind: 'byte-out',
  title: 'File out',
  help: 'writes a stream to a file as it is',
  takes: 'bytes',
  gives: null,
  options: BYTE_OUT_OPTIONS,
}
