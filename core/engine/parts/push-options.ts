import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { MAX_COUNT } from './shared-options.ts'

const RECEIVE = ['receive'] as const
const PUSHING = ['receive', 'send'] as const
const TEST = 'core/cli/push.process.test.ts'

const PUSH_OPTIONS = [
  {
    key: 'urls',
    choice: 'push',
    option: '--push',
    gpac: null,
    type: { kind: 'list', of: 'url' },
    default: null,
    group: 'Output',
    level: 'basic',
    label: 'Push to',
    help: 'send files to an HTTP server as they come: below URL/serviceN/, or one service beside the manifest that URL names; may be repeated',
    commands: RECEIVE,
    test: TEST,
    subject: true,
  },
  {
    key: 'post',
    choice: 'pushPost',
    option: '--push-post',
    gpac: { name: 'post' },
    type: { kind: 'flag' },
    default: false,
    group: 'Output',
    level: 'expert',
    label: 'Push with POST',
    help: 'push with POST instead of PUT',
    commands: PUSHING,
    test: TEST,
  },
  {
    key: 'headers',
    choice: 'pushHeaders',
    option: '--push-header',
    gpac: { name: 'hdrs' },
    type: { kind: 'list', of: 'words' },
    word: 'NAME,VALUE',
    default: null,
    group: 'Output',
    level: 'expert',
    label: 'Headers of pushes',
    help: 'add a header to every push; may be repeated, or have several pairs',
    commands: PUSHING,
    test: TEST,
  },
  {
    key: 'maxSegments',
    choice: 'pushSegments',
    option: '--push-segments',
    gpac: { name: 'max_segs' },
    type: { kind: 'number', unit: '', min: 0, max: MAX_COUNT },
    default: 0,
    group: 'Output',
    level: 'expert',
    label: 'Segments on the server',
    help: 'media segments kept per representation on the server, where older ones are removed with DELETE; 0 all',
    commands: PUSHING,
    test: TEST,
  },
  {
    key: 'timeoutS',
    choice: 'pushTimeout',
    option: '--push-timeout',
    gpac: { name: 'timeout' },
    type: { kind: 'duration', above: true, max: 3600 },
    default: 30,
    group: 'Output',
    level: 'expert',
    label: 'Time for failures',
    help: 'time for which files are pushed again after a server began to fail, before they are given up (default 30)',
    commands: PUSHING,
    test: TEST,
  },
  {
    key: 'wholeFiles',
    choice: 'pushWhole',
    option: '--push-whole',
    gpac: { name: 'cte', inverted: true },
    type: { kind: 'flag' },
    default: false,
    group: 'Output',
    level: 'expert',
    label: 'Push whole files only',
    help: 'push a segment once it is whole, with its length, not in chunks while it comes',
    commands: PUSHING,
    test: TEST,
  },
  {
    key: 'endsOnFailure',
    choice: 'pushEnds',
    option: '--push-or-end',
    gpac: { name: 'ka', inverted: true },
    type: { kind: 'flag' },
    default: false,
    group: 'Output',
    level: 'expert',
    label: 'End at the first failure',
    help: 'end the session when a server fails to take a file, rather than to try again and go on',
    commands: PUSHING,
    test: TEST,
  },
] as const satisfies readonly OptionRow[]

/** Options of pushing to HTTP servers. */
export type PushSpec = SpecOf<'push', typeof PUSH_OPTIONS>

/** The part `push`. */
export const PUSH_PART: PartDescription = {
  kind: 'push',
  title: 'Push',
  help: 'sends files to HTTP servers as they come',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: PUSH_OPTIONS,
}
