import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { MAX_COUNT } from './shared-options.ts'

const FOLDER_OPTIONS = [
  {
    key: 'dir',
    choice: 'out',
    option: '--out',
    gpac: { name: 'odir' },
    type: { kind: 'text', of: 'folder' },
    disk: { use: 'writes', called: '--out' },
    default: null,
    group: 'Output',
    level: 'basic',
    label: 'Folder',
    help: 'write files to DIR/serviceN/… as they become whole',
    commands: ['receive'],
    test: 'core/engine/receive-options.test.ts',
    subject: true,
  },
  {
    key: 'names',
    option: '--names',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    word: 'template',
    default: 'service$ServiceID$/$File$',
    group: 'Output',
    level: 'expert',
    label: 'Names of files',
    help: 'FOLDER/NAME below --out: the folder may have $ServiceID$, the name $File$ (as it was sent) or $num$ (counted)',
    commands: ['receive'],
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'maxSegments',
    option: '--max-segments',
    gpac: { name: 'max_segs' },
    type: { kind: 'number', unit: '', min: 0, max: MAX_COUNT },
    default: 0,
    group: 'Output',
    level: 'basic',
    label: 'Segments on disk',
    help: 'media segments kept per representation, 0 all; a gateway takes it for --cached-segments',
    commands: ['receive', 'gateway'],
    test: 'core/engine/receive-options.test.ts',
  },
  {
    key: 'splitTsi',
    option: '--split-tsi',
    gpac: { name: 'stsi' },
    type: { kind: 'flag' },
    default: false,
    group: 'Output',
    level: 'expert',
    label: 'A folder for each TSI',
    help: 'write to DIR/serviceN/tsiT/…, signalling to tsi0',
    commands: ['receive'],
    test: 'core/engine/receive-options.test.ts',
  },
] as const satisfies readonly OptionRow[]

/** Options of a folder of received files. */
export type FolderSpec = SpecOf<'folder', typeof FOLDER_OPTIONS>

/** The part `folder`. */
export const FOLDER_PART: PartDescription = {
  kind: 'folder',
  title: 'Folder',
  help: 'writes files to a folder as they become whole',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: FOLDER_OPTIONS,
}
