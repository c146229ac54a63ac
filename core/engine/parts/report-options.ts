import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'

const REPORT_OPTIONS = [
  {
    key: 'file',
    choice: 'report',
    option: '--report',
    gpac: null,
    type: { kind: 'text', of: 'file' },
    disk: { use: 'writes', called: '--report' },
    default: null,
    group: 'Recording',
    level: 'basic',
    label: 'Report',
    help: 'write the report at the end',
    commands: ['receive', 'gateway', 'inspect', 'record', 'watch'],
    test: 'core/cli/receive.process.test.ts',
    subject: true,
  },
] as const satisfies readonly OptionRow[]

/** Options of the report document, written when the session ends. */
export type ReportSpec = SpecOf<'report', typeof REPORT_OPTIONS>

/** The part `report`. */
export const REPORT_PART: PartDescription = {
  kind: 'report',
  title: 'Report',
  help: 'writes the report when the session ends',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: REPORT_OPTIONS,
}

const JUNIT_OPTIONS = [
  {
    key: 'file',
    choice: 'junit',
    option: '--junit',
    gpac: null,
    type: { kind: 'text', of: 'file' },
    disk: { use: 'writes', called: '--junit' },
    default: null,
    group: 'Recording',
    level: 'basic',
    label: 'JUnit file',
    help: 'write the verdict of each rule as JUnit XML at the end, as test servers read it',
    commands: ['inspect'],
    test: 'core/cli/watch.process.test.ts',
    subject: true,
  },
] as const satisfies readonly OptionRow[]

/** Options of the verdicts of the rules, written when the session ends. */
export type JunitSpec = SpecOf<'junit', typeof JUNIT_OPTIONS>

/** The part `junit`. */
export const JUNIT_PART: PartDescription = {
  kind: 'junit',
  title: 'Verdicts',
  help: 'writes the verdict of each rule when the session ends',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: JUNIT_OPTIONS,
}
