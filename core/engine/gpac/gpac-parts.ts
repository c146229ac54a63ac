import type { GpacForm } from '../../contract/gpac-form.ts'

/** Parts that feed each other without links: received files, broadcasts, or media. */
export type GpacFamily = 'received' | 'sent' | 'media'

/** How a kind of part stands in a line of GPAC's grammar: what reading, writing and the forms know of it. */
export type GpacPart = {
  /**
   * An input, an output, a step between them that links name, one that the graph puts there by itself (`implied`), or a part that
   * another one brings with it (`beside`).
   */
  readonly role: 'input' | 'output' | 'step' | 'implied' | 'beside'
  /** Filter that has its options: that of its own word, or of the word that they are written with. */
  readonly filter: string
  /** Parts that it is linked with by default; null: it takes from none. */
  readonly family: GpacFamily | null
  /** Its family in a session with a part of another kind. */
  readonly familyWith?: { readonly kind: string; readonly family: GpacFamily }
  /** Family that a step gives to what it takes from its own. */
  readonly joins?: GpacFamily
  /** What the word of an output begins with: a template of names, an address where it listens or sends, or the filter. Absent: its subject. */
  readonly word?: 'template' | 'address' | 'filter' | 'destination'
  /** Arguments that its word always has. */
  readonly always?: readonly string[]
  /** Numbers that are always written, by another word than their own, and what they are in a line without. */
  readonly numbers?: readonly { readonly word: string; readonly key: string; readonly unsaid: number }[]
  /** Words of an output for options of its inputs, which a line without the word turns off. */
  readonly ofInputs?: Readonly<Record<string, string>>
  /** Options that are written with the output. */
  readonly withOutput?: readonly string[]
  /** Options without a word of their own that are written all the same. */
  readonly wordless?: readonly string[]
  /** Its links are written even where they are the default: they join what is sent to what is received. */
  readonly hasLinks?: true
  /** It serves until somebody ends it, so that a line with it does not end for lack of packets. */
  readonly serves?: true
  /** Time without packets after which a line ends that does not serve, s; 0 in a line is for ever. */
  readonly endsAfterS?: number
  /** Form of the app that has its options. */
  readonly form?: GpacForm['kind']
  /** The form has its options, but does not make it. */
  readonly isUnmade?: true
}

/** Every kind of part that a line can have. What else a session has, GPAC has no words for. */
const GPAC_PARTS: Readonly<Record<string, GpacPart>> = {
  multicast: { role: 'input', filter: 'routein', family: 'received', form: 'listen' },
  receiver: { role: 'implied', filter: 'routein', family: 'received', endsAfterS: 5, form: 'listen' },
  repair: { role: 'implied', filter: 'routein', family: 'received', form: 'listen' },
  store: { role: 'beside', filter: 'routein', family: 'received' },
  folder: {
    role: 'output',
    filter: 'fout',
    family: 'received',
    word: 'template',
    always: ['dynext'],
    wordless: ['names'],
  },
  gateway: {
    role: 'output',
    filter: 'httpout',
    family: 'received',
    word: 'filter',
    serves: true,
    form: 'listen',
    isUnmade: true,
  },
  push: {
    role: 'output',
    filter: 'httpout',
    family: 'received',
    familyWith: { kind: 'packager', family: 'media' },
    always: ['hmode=push'],
    numbers: [{ word: 'max_cache_segs', key: 'maxSegments', unsaid: 8 }],
  },
  server: { role: 'output', filter: 'httpout', family: null, word: 'filter' },

  presentation: { role: 'input', filter: 'fin', family: 'sent', withOutput: ['lowLatency'], form: 'send' },
  broadcast: {
    role: 'output',
    filter: 'routeout',
    family: 'sent',
    word: 'destination',
    ofInputs: { llmode: 'lowLatency' },
    form: 'send',
  },
  'multicast-out': { role: 'beside', filter: 'routeout', family: 'sent', form: 'send' },
  'ingest-objects': { role: 'step', filter: 'fin', family: 'received', hasLinks: true },

  'byte-file': { role: 'input', filter: 'fin', family: 'media', wordless: ['pace'] },
  'media-in': { role: 'input', filter: 'fin', family: 'media' },
  'socket-in': { role: 'input', filter: 'sockin', family: 'media' },
  'media-objects': { role: 'step', filter: 'routein', family: 'received', joins: 'media' },
  'media-reader': { role: 'step', filter: 'fin', family: 'media' },
  scaler: { role: 'step', filter: 'ffsws', family: 'media', wordless: ['from', 'to'] },
  packager: { role: 'step', filter: 'httpout', family: 'media', wordless: ['manifest'] },
  'http-origin': { role: 'output', filter: 'httpout', family: 'media', word: 'address', wordless: ['path'] },
  'http-stream': {
    role: 'output',
    filter: 'httpout',
    family: 'media',
    word: 'address',
    wordless: ['path', 'iceHeaders'],
  },
  'socket-out': { role: 'output', filter: 'sockout', family: 'media' },
  'media-out': { role: 'output', filter: 'fout', family: 'media' },
  'byte-out': { role: 'output', filter: 'fout', family: 'media' },
}

/** Kinds that the graph puts between an input of a family and its outputs. */
export const IMPLIED_KINDS: readonly string[] = Object.keys(GPAC_PARTS).filter(
  (kind) => GPAC_PARTS[kind]?.role === 'implied',
)

/** How a kind of part stands in a line; undefined where it cannot. */
export function gpacPart({ kind }: { readonly kind: string }): GpacPart | undefined {
  return Object.hasOwn(GPAC_PARTS, kind) ? GPAC_PARTS[kind] : undefined
}
