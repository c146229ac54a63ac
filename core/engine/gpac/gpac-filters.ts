import type { OptionRow, OptionType } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { MAX_RUN_MS } from './gpac-line.ts'

/** A kind of part whose options a filter of GPAC has: all of them with a word of GPAC, or those of these keys. */
type Taken = { readonly kind: string; readonly keys?: readonly string[] }

/** What an input gives: received files, the files of a manifest, a file of media, or the bytes of a socket. */
export type GpacContent = 'received' | 'presentation' | 'media' | 'socket'

/** A filter of GPAC that a line may name, as the parts of ours that have its options. */
export type FilterKind = {
  readonly name: string
  readonly role: 'source' | 'step' | 'sink'
  /** What a source gives whatever its address is; absent: the name of its file tells. */
  readonly content?: GpacContent
  /** A sink that is the app's player. */
  readonly plays?: true
  readonly takes: readonly Taken[]
  /** Options of the grammar that are no option of a part: what they mean is in `gpac-compose.ts`. */
  readonly own?: Readonly<Record<string, OptionType>>
  /** Properties that begin so may have any name. */
  readonly free?: string
  /** Another word of GPAC for the option of a part. */
  readonly also?: Readonly<Record<string, readonly { readonly kind: string; readonly key: string }[]>>
  /** Options that have no meaning here: what they ask for is always so, or never. */
  readonly idle?: readonly string[]
}

/** An option of a part by its word in GPAC. */
export type WordRow = { readonly kind: string; readonly row: OptionRow; readonly word: string }

const FLAG: OptionType = { kind: 'flag' }
const WORDS: OptionType = { kind: 'text', of: 'words' }

/** Every filter that a line may name. */
const FILTERS: readonly FilterKind[] = [
  {
    name: 'routein',
    role: 'source',
    content: 'received',
    takes: [
      { kind: 'multicast', keys: ['services', 'interfaces', 'bufferBytes'] },
      { kind: 'receiver' },
      { kind: 'repair' },
      { kind: 'folder', keys: ['maxSegments', 'splitTsi'] },
      { kind: 'gateway', keys: ['maxSegments', 'fullSegments', 'lowLatency', 'dynamicSelection'] },
      { kind: 'store', keys: ['maxSegments'] },
      { kind: 'media-objects' },
    ],
    own: { odir: { kind: 'text', of: 'folder' }, gcache: FLAG },
    also: { max_segs: [{ kind: 'gateway', key: 'maxSegments' }] },
    idle: ['chkiso', 'nbcached_dmx'],
  },
  {
    name: 'sockin',
    role: 'source',
    content: 'socket',
    takes: [{ kind: 'socket-in' }, { kind: 'media-reader', keys: ['fps'] }],
    idle: ['block', 'mwait'],
  },
  {
    name: 'fin',
    role: 'source',
    takes: [
      { kind: 'presentation' },
      { kind: 'media-in' },
      { kind: 'media-reader', keys: ['fps'] },
      { kind: 'scaler', keys: ['inputSize', 'inputFps'] },
    ],
    free: 'ice-',
    idle: ['block_size'],
  },
  {
    name: 'dashin',
    role: 'step',
    takes: [],
    own: { forward: { kind: 'choice', values: ['file', 'segb'] } },
  },
  {
    name: 'reframer',
    role: 'step',
    takes: [{ kind: 'media-reader', keys: ['realTime'] }],
    own: { rt: { kind: 'choice', values: ['on', 'off'] } },
  },
  {
    name: 'ffsws',
    role: 'step',
    takes: [{ kind: 'scaler', keys: ['size'] }],
  },
  {
    name: 'routeout',
    role: 'sink',
    takes: [{ kind: 'broadcast' }, { kind: 'multicast-out' }, { kind: 'presentation', keys: ['lowLatency'] }],
    own: {
      ip: { kind: 'text', of: 'address' },
      first_port: { kind: 'number', unit: '', min: 1, max: 65_535 },
      runfor: { kind: 'number', unit: 'ms', min: 0, max: MAX_RUN_MS },
    },
    idle: ['ext', 'mime'],
  },
  {
    name: 'httpout',
    role: 'sink',
    takes: [
      { kind: 'server' },
      { kind: 'gateway', keys: ['cors', 'requestLog', 'cert', 'key'] },
      { kind: 'push', keys: ['post', 'headers', 'timeoutS', 'wholeFiles', 'endsOnFailure'] },
      { kind: 'http-stream' },
      { kind: 'http-origin' },
      { kind: 'packager' },
      { kind: 'http-uploads' },
    ],
    own: {
      hmode: { kind: 'choice', values: ['default', 'push', 'source'] },
      ifce: { kind: 'text', of: 'interface' },
      port: { kind: 'number', unit: '', min: 0, max: 65_535 },
      rdirs: WORDS,
      sigfrag: FLAG,
    },
    also: { max_cache_segs: [{ kind: 'push', key: 'maxSegments' }] },
  },
  { name: 'sockout', role: 'sink', takes: [{ kind: 'socket-out' }] },
  { name: 'fout', role: 'sink', takes: [{ kind: 'media-out' }], own: { dynext: FLAG } },
  { name: 'vout', role: 'sink', plays: true, takes: [] },
  { name: 'aout', role: 'sink', plays: true, takes: [] },
]

/** Names of the filters. */
export const FILTER_NAMES: readonly string[] = FILTERS.map(({ name }) => name)

/** The filter of a name. */
export function filterKind(name: string): FilterKind {
  const found = FILTERS.find((each) => each.name === name)
  if (found === undefined) throw new RangeError(`no filter ${name}`)
  return found
}

/** Options that a filter has by a word of GPAC, of the kinds of parts that there are. */
export function rowsOf(filter: FilterKind, parts: readonly PartDescription[]): WordRow[] {
  const optionsOf = (kind: string): readonly OptionRow[] => parts.find((part) => part.kind === kind)?.options ?? []
  const direct = filter.takes.flatMap(({ kind, keys }) =>
    optionsOf(kind).flatMap((row): WordRow[] =>
      row.gpac === null || row.subject === true || (keys !== undefined && !keys.includes(row.key))
        ? []
        : [{ kind, row, word: row.gpac.name }],
    ),
  )
  const others = Object.entries(filter.also ?? {}).flatMap(([word, targets]) =>
    targets.flatMap(({ kind, key }) =>
      optionsOf(kind).flatMap((row): WordRow[] => (row.key === key ? [{ kind, row, word }] : [])),
    ),
  )
  return [...direct, ...others]
}
