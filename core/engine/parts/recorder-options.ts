import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { NO_MAX } from './shared-options.ts'

const RECORDER_OPTIONS = [
  {
    key: 'file',
    choice: 'captureOut',
    option: '--capture-out',
    gpac: null,
    type: { kind: 'text', of: 'file' },
    default: null,
    group: 'Recording',
    level: 'basic',
    label: 'Capture file',
    help: 'write packets to this pcapng',
    commands: ['receive', 'gateway', 'inspect', 'record', 'send'],
    test: 'core/cli/record.process.test.ts',
    subject: true,
  },
  {
    key: 'comment',
    option: '--comment',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    default: null,
    group: 'Recording',
    level: 'basic',
    label: 'Comment',
    help: 'comment in the file',
    commands: ['record'],
    test: 'core/cli/record.process.test.ts',
  },
  {
    key: 'joinedOnly',
    option: null,
    gpac: null,
    type: { kind: 'flag' },
    default: false,
    group: 'Recording',
    level: 'basic',
    label: 'Joined services only',
    help: 'only packets of joined services, with those of their signalling and of the LLS',
    commands: ['record'],
    test: 'core/cli/command-line.test.ts',
  },
  {
    key: 'rotateBytes',
    option: '--rotate-size',
    gpac: null,
    type: { kind: 'bytes', min: 64, max: NO_MAX },
    default: null,
    group: 'Recording',
    level: 'basic',
    label: 'New file after',
    help: 'begin a new file after this many bytes, such as 100M',
    commands: ['record'],
    test: 'core/cli/record.process.test.ts',
  },
  {
    key: 'rotateSeconds',
    option: '--rotate-time',
    gpac: null,
    type: { kind: 'duration', above: true },
    default: null,
    group: 'Recording',
    level: 'basic',
    label: 'New file after',
    help: 'begin a new file after this many seconds',
    commands: ['record'],
    test: 'core/cli/record.process.test.ts',
  },
  {
    key: 'snapBytes',
    option: '--snap',
    gpac: null,
    type: { kind: 'bytes', min: 64, max: NO_MAX },
    default: null,
    group: 'Recording',
    level: 'basic',
    label: 'Bytes of each packet',
    help: 'keep this many bytes of each packet',
    commands: ['record'],
    test: 'core/cli/record.process.test.ts',
  },
] as const satisfies readonly OptionRow[]

/** Options of a pcapng of received or sent packets, which grows by whole blocks. */
export type RecorderSpec = SpecOf<'recorder', typeof RECORDER_OPTIONS>

/** The part `recorder`. */
export const RECORDER_PART: PartDescription = {
  kind: 'recorder',
  title: 'Recorder',
  help: 'writes packets to a pcapng',
  takes: 'datagrams',
  gives: null,
  options: RECORDER_OPTIONS,
}
