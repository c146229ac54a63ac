import { asToi, type Toi } from '../contract/ids.ts'
import type { MpdRepresentation } from '../manifest/mpd/mpd.ts'
import { resolveReference } from '../manifest/reference.ts'
import { applyFileTemplate } from '../protocol/flute/file-template.ts'
import { FIRST_RESERVED_TOI } from '../protocol/route/toi-plan.ts'

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

/** The EFDT template and first number of names with consecutive numbers; null for other names. */
export function numberingOf(names: readonly string[]): { readonly template: string; readonly first: number } | null {
  const [name = ''] = names
  const literal = (text: string): string => text.replaceAll('$', '$$$$')
  // The segment number is usually the last one in the name, so the search starts at the end.
  for (const { 0: digits, index } of [...name.matchAll(/\d{1,10}/g)].reverse()) {
    const first = Number(digits)
    if (first + names.length >= FIRST_RESERVED_TOI) continue
    const token = digits.startsWith('0') && digits.length > 1 ? `$TOI%0${digits.length}d$` : '$TOI$'
    const template = literal(name.slice(0, index)) + token + literal(name.slice(index + digits.length))
    if (names.every((each, at) => applyFileTemplate(template, asToi(first + at)) === each)) return { template, first }
  }
  return null
}
