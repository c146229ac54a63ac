import { formatOfExtension } from '../../media/stream/media-formats.ts'
import { GpacFault } from './gpac-fault.ts'
import type { GpacContent } from './gpac-filters.ts'
import { argumentNamed, type GpacNode } from './gpac-links.ts'

/** A way from an input to an output, with the filters between. */
export type Way = { readonly source: GpacNode; readonly steps: readonly GpacNode[] }

/** Name of a manifest. */
export const MANIFEST = /\.(?:mpd|m3u8)(?:$|[?#])/i

/** Path of an http(s) address. */
export function pathOf(url: string): string {
  return /^https?:\/\/[^/]*(\/[^?#]*)/i.exec(url)?.[1] ?? '/'
}

/**
 * A template as a folder without words, and names below it of a folder and a file.
 * @throws GpacFault where it names no folder
 */
export function splitTemplate(template: string, column: number): { dir: string; names: string } {
  const components = template.split('/')
  const first = components.findIndex((each) => each.includes('$'))
  const begin = Math.min(first, components.length - 2)
  if (begin < 0)
    throw new GpacFault(column, `'${template}' names no folder`, 'Right form: -o FOLDER$ServiceID$/$File$:dynext.')
  const dir = components.slice(0, begin).join('/')
  return { dir: dir === '' ? (begin > 0 ? '/' : '.') : dir, names: components.slice(begin).join('/') }
}

/** Ending of a file of pictures without a codec. */
export const RAW_PICTURES = 'yuv'

/** Ending of a file's name in small letters, without its dot; empty: none. */
export function extensionOf(path: string): string {
  return /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
}

/** The size of raw pictures where the name of their file has it. */
export function sizeInName(path: string): { inputSize?: string } {
  const inputSize = /(?:^|[^\da-z])(\d{2,5}x\d{2,5})(?:[^\da-z]|$)/i.exec(path.slice(path.search(/[^/\\]*$/)))?.[1]
  return inputSize === undefined ? {} : { inputSize }
}

/** Whether a file is raw pictures by its name. */
export function isRaw({ filter }: GpacNode): boolean {
  return extensionOf(filter.subject) === RAW_PICTURES
}

/** Whether a file is media by its name. */
export function isMedia({ filter }: GpacNode): boolean {
  return formatOfExtension(extensionOf(filter.subject)) !== null
}

/** Whether what comes on a way can be taken apart as media. */
export function isOfMedia({ source }: Way): boolean {
  return ['media', 'socket'].includes(contentOf(source))
}

/** What stands in a sentence for a filter. */
export function shown({ filter, kind }: GpacNode): string {
  return filter.subject === '' ? kind.name : filter.subject
}

/** What an input gives, by its filter and the name of its file. */
export function contentOf({ kind, filter, gives }: GpacNode): GpacContent {
  if (gives) return 'received'
  return kind.content ?? (MANIFEST.test(filter.subject) ? 'presentation' : 'media')
}

/** The address of a filter: what it declares, or its option `src` or `dst`. */
export function namedAddress({ filter, kind }: GpacNode): string {
  return filter.subject || (argumentNamed(filter, kind.role === 'source' ? 'src' : 'dst')?.value ?? '')
}

/** The fault of an output that cannot take what an input gives; `takes` says what it takes. */
export function refused(node: GpacNode, source: GpacNode, takes: string): GpacFault {
  return new GpacFault(
    node.filter.column,
    `'${shown(node)}' cannot take what '${shown(source)}' gives: ${takes}`,
    'Choose another output.',
  )
}
