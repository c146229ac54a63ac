import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { HOST_OPTIONS } from './http-host-options.ts'
import { MAX_COUNT } from './shared-options.ts'

const RECEIVE = ['receive', 'open'] as const
const TEST = 'core/cli/origin.process.test.ts'

const HTTP_ORIGIN_OPTIONS = [
  {
    key: 'listen',
    choice: 'originListen',
    option: '--origin',
    gpac: null,
    type: { kind: 'text', of: 'endpoint' },
    default: null,
    group: 'Output',
    level: 'basic',
    label: 'Live origin on',
    help: 'serve files under their names at this address, segments while they come (chunked), as a low-latency origin does',
    commands: RECEIVE,
    test: TEST,
    unset: 'HOST:PORT',
    subject: true,
  },
  {
    key: 'path',
    choice: 'originPath',
    option: '--origin-path',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    word: '/PATH',
    default: '/',
    group: 'Output',
    level: 'basic',
    label: 'Path of the origin',
    help: 'path of the manifest of one service, the others being left out (/live.mpd), or a folder of all services (/, /tv/)',
    commands: RECEIVE,
    test: TEST,
  },
  {
    key: 'folder',
    choice: 'originFolder',
    option: '--origin-dir',
    gpac: { name: 'rdirs' },
    type: { kind: 'text', of: 'folder' },
    disk: { use: 'writes', called: '--origin-dir', shared: true },
    default: null,
    group: 'Output',
    level: 'basic',
    label: 'Folder of the origin',
    help: 'folder that whole files are written to and served from; without it they stay in memory',
    commands: RECEIVE,
    test: TEST,
  },
  {
    key: 'maxSegments',
    choice: 'originSegments',
    option: '--origin-segments',
    gpac: { name: 'max_cache_segs' },
    type: { kind: 'number', unit: '', min: -MAX_COUNT, max: MAX_COUNT },
    default: 5,
    group: 'Output',
    level: 'expert',
    label: 'Segments of the origin',
    help: 'media segments kept per representation: in memory N, or fewer where the time shift is shorter; in a folder N or the time shift, all without one, with 0 all, with -N always N',
    commands: RECEIVE,
    test: TEST,
  },
  {
    key: 'holdS',
    choice: 'originHold',
    option: '--origin-hold',
    gpac: null,
    type: { kind: 'duration', max: 3600 },
    default: 10,
    group: 'Output',
    level: 'expert',
    label: 'Wait for the next segment',
    help: 'longest time that a request for a segment waits that comes next (default 10)',
    commands: RECEIVE,
    test: TEST,
  },
  ...HOST_OPTIONS,
] as const satisfies readonly OptionRow[]

/** Options of an origin for received files. */
export type HttpOriginSpec = SpecOf<'http-origin', typeof HTTP_ORIGIN_OPTIONS>

/** The part `http-origin`. */
export const HTTP_ORIGIN_PART: PartDescription = {
  kind: 'http-origin',
  title: 'Origin',
  help: 'serves files over HTTP while they come, under the path that is asked for',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: HTTP_ORIGIN_OPTIONS,
}
