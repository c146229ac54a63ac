import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { CAPTURE_URL_OPTION, LINK_TYPE_OPTION, MAX_COUNT, SERVICES } from './shared-options.ts'

const PLAYED = ['receive', 'gateway', 'inspect', 'record', 'watch'] as const

const CAPTURE_OPTIONS = [
  {
    key: 'files',
    choice: 'capture',
    option: '--capture',
    gpac: null,
    type: { kind: 'list', of: 'file' },
    disk: { use: 'reads', called: 'the capture' },
    default: null,
    group: 'Capture',
    level: 'basic',
    label: 'Captures',
    help: 'take packets from this capture (may be repeated)',
    commands: ['receive', 'gateway', 'record', 'watch'],
    test: 'core/cli/receive.process.test.ts',
    subject: true,
  },
  CAPTURE_URL_OPTION,
  SERVICES,
  {
    key: 'pace',
    option: '--pace',
    gpac: null,
    type: { kind: 'choice', values: ['fast', 'real'] },
    word: 'pace',
    default: 'fast',
    group: 'Capture',
    level: 'basic',
    label: 'Pace',
    help: 'as fast as possible, or at the captured times',
    commands: PLAYED,
    test: 'core/cli/receive.process.test.ts',
  },
  {
    key: 'loop',
    option: '--loop',
    gpac: null,
    type: { kind: 'number', unit: '', min: 0, max: MAX_COUNT },
    default: 1,
    group: 'Capture',
    level: 'basic',
    label: 'Loop',
    help: 'play the capture n times, 0 for ever',
    commands: PLAYED,
    test: 'core/cli/inspect.process.test.ts',
  },
  LINK_TYPE_OPTION,
] as const satisfies readonly OptionRow[]

/** Options of pcap or pcapng files to read, plain or gzip-compressed, merged by time. */
export type CaptureSpec = SpecOf<'capture', typeof CAPTURE_OPTIONS>

/** The part `capture`. */
export const CAPTURE_PART: PartDescription = {
  kind: 'capture',
  title: 'Capture',
  help: 'reads packets from pcap or pcapng files, plain or gzip-compressed, several as one',
  takes: null,
  gives: 'datagrams',
  side: 'receive',
  options: CAPTURE_OPTIONS,
  opens: [{ pattern: '', group: 'Open', label: 'A capture', example: 'air.pcapng', shown: 'file name' }],
  ends: true,
}
