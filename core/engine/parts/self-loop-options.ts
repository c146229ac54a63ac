import type { OptionRow } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'

const SELF_LOOP_OPTIONS = [
  {
    key: 'selfCheck',
    option: '--self-check',
    gpac: null,
    type: { kind: 'flag' },
    default: false,
    group: 'Sending',
    level: 'basic',
    label: 'Receive it back',
    help: 'receive the broadcast back on this computer, and compare every object with the one that was sent',
    commands: ['send'],
    test: 'core/cli/send-self-check.process.test.ts',
    subject: true,
  },
] as const satisfies readonly OptionRow[]

/** The part `self-loop`. */
export const SELF_LOOP_PART: PartDescription = {
  kind: 'self-loop',
  title: 'Self-loop',
  help: 'compares the objects that are received with those that the same session sends',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: SELF_LOOP_OPTIONS,
}
