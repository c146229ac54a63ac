import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'

const TEST = 'core/media/package/live-packager.test.ts'
const ROW = { option: null, group: 'Sending', level: 'expert', commands: [], test: TEST } as const

const PACKAGER_OPTIONS = [
  {
    ...ROW,
    key: 'manifest',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    default: 'live.mpd',
    label: 'Manifest',
    help: 'name of the manifest, .mpd of DASH or .m3u8 of HLS; those of segments begin with it',
  },
  {
    ...ROW,
    key: 'mode',
    choice: 'packageMode',
    gpac: { name: 'dmode' },
    type: { kind: 'choice', values: ['static', 'dynamic'] },
    default: 'static',
    label: 'Manifest is',
    help: 'dynamic: there while segments are made; static: there once all are',
  },
  {
    ...ROW,
    key: 'dual',
    choice: 'packageDual',
    gpac: { name: 'dual' },
    type: { kind: 'flag' },
    default: false,
    label: 'DASH and HLS',
    help: 'make the manifests of both',
  },
  {
    ...ROW,
    key: 'segmentS',
    gpac: { name: 'segdur' },
    type: { kind: 'duration', above: true, max: 3600 },
    default: 1,
    label: 'Segments of',
    help: 'least duration of a segment, which ends at the next picture that can be decoded alone',
  },
  {
    ...ROW,
    key: 'chunkS',
    choice: 'packageChunk',
    gpac: { name: 'cdur' },
    type: { kind: 'duration', above: true, max: 3600 },
    default: null,
    unset: 'whole segments',
    label: 'Chunks of',
    help: 'duration of the chunks of a segment, each of which is served as soon as it is made',
  },
] as const satisfies readonly OptionRow[]

/** Options of packaging media. */
export type PackagerSpec = SpecOf<'packager', typeof PACKAGER_OPTIONS>

/** The part `packager`. */
export const PACKAGER_PART: PartDescription = {
  kind: 'packager',
  title: 'Packager',
  help: 'makes a DASH or HLS presentation of pictures and sound while they come',
  takes: 'samples',
  gives: 'objects',
  side: 'receive',
  options: PACKAGER_OPTIONS,
}
