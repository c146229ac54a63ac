import type { Toi } from '../contract/ids.ts'
import type { MpdRepresentation } from '../manifest/mpd/mpd.ts'
import { resolveReference } from '../manifest/reference.ts'
import { applyFileTemplate } from '../protocol/flute/file-template.ts'

/** The EFDT fileTemplate that gives every segment its name; null where TOIs do not determine the names. */
export function fileTemplateOf(
  representation: MpdRepresentation,
  segments: readonly { readonly toi: Toi; readonly name: string }[],
): string | null {
  const { addressing, id, bandwidth, baseUrl } = representation
  if (addressing.kind !== 'template') return null
  const literal = (text: string): string => text.replaceAll('$', '$$$$')
  const expanded = addressing.media
    .split('$')
    .map((part, index) => {
      if (index % 2 === 0) return part
      if (part === '') return '$$'
      if (part === 'RepresentationID') return literal(id)
      if (part.startsWith('Bandwidth')) {
        const width = Number(/%0(\d+)d/.exec(part)?.[1] ?? 1)
        return String(bandwidth ?? '').padStart(width, '0')
      }
      return `$TOI${part.replace(/^(Number|Time)/, '')}$`
    })
    .join('')
  const template = resolveReference(literal(baseUrl), expanded)
  return segments.every((segment) => applyFileTemplate(template, segment.toi) === segment.name) ? template : null
}
