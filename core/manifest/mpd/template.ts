import { CodecError } from '../../bytes/codec-error.ts'

/** Values for the identifiers of a SegmentTemplate (ISO/IEC 23009-1 §5.3.9.4.4). */
export type TemplateValues = {
  readonly representationId: string
  readonly bandwidth: number | null
  readonly number?: number
  readonly time?: number
  readonly subNumber?: number
}

const NUMERIC = { Number: 'number', Time: 'time', Bandwidth: 'bandwidth', SubNumber: 'subNumber' } as const
type NumericName = keyof typeof NUMERIC
type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'id' }
  | { readonly kind: 'numeric'; readonly name: NumericName; readonly width: number }

/** No printed number of a segment name is wider; a hostile `%0999999999d` would otherwise size a string. */
const MAX_WIDTH = 32

/**
 * Puts values into a template such as `$RepresentationID$/seg-$Number%05d$.m4s`.
 * @throws CodecError mpd-template, for an unknown identifier, an unpaired `$`, or a value that is not given
 */
export function expandTemplate(template: string, values: TemplateValues): string {
  let text = ''
  for (const token of tokens(template)) {
    if (token.kind === 'text') text += token.text
    else if (token.kind === 'id') text += values.representationId
    else {
      const value = values[NUMERIC[token.name]]
      if (value === undefined || value === null)
        throw new CodecError('mpd-template', 0, `"${template}" uses $${token.name}$, which has no value here`)
      text += String(value).padStart(token.width, '0')
    }
  }
  return text
}

/** Which identifier tells the segments of a template apart; null where none does (one file). */
export function templateAddress(template: string): 'number' | 'time' | null {
  for (const token of tokens(template)) {
    if (token.kind === 'numeric' && token.name === 'Number') return 'number'
    if (token.kind === 'numeric' && token.name === 'Time') return 'time'
  }
  return null
}

/** Matches names made by a template, so that a request can be traced back to its segment. */
export type TemplateMatcher = (name: string) => { readonly number: number | null; readonly time: number | null } | null

/** The inverse of `expandTemplate` for one representation. The matcher returns null for any other name. */
export function templateMatcher(template: string, representationId: string, bandwidth: number | null): TemplateMatcher {
  const groups: NumericName[] = []
  const source = tokens(template).map((token) => {
    if (token.kind === 'text') return escapeRegExp(token.text)
    if (token.kind === 'id') return escapeRegExp(representationId)
    if (token.name === 'Bandwidth') return escapeRegExp(String(bandwidth ?? '').padStart(token.width, '0'))
    groups.push(token.name)
    return `(\\d{${token.width},${MAX_WIDTH}})`
  })
  const pattern = new RegExp(`^${source.join('')}$`)
  return (name) => {
    const found = pattern.exec(name)
    if (found === null) return null
    let number: number | null = null
    let time: number | null = null
    for (let index = 0; index < groups.length; index++) {
      const value = Number(found[index + 1])
      if (!Number.isSafeInteger(value)) return null
      if (groups[index] === 'Number') number = value
      else if (groups[index] === 'Time') time = value
    }
    return { number, time }
  }
}

function tokens(template: string): Token[] {
  const parts = template.split('$')
  if (parts.length % 2 === 0) throw new CodecError('mpd-template', 0, `unpaired $ in "${template.slice(0, 200)}"`)
  return parts.map((part, index): Token => {
    if (index % 2 === 0) return { kind: 'text', text: part }
    if (part === '') return { kind: 'text', text: '$' }
    if (part === 'RepresentationID') return { kind: 'id' }
    const found = /^(Number|Time|Bandwidth|SubNumber)(?:%0(\d{1,2})d)?$/.exec(part)
    const width = Number(found?.[2] ?? 1)
    if (found === null || width > MAX_WIDTH)
      throw new CodecError('mpd-template', 0, `unknown identifier $${part.slice(0, 60)}$ in a template`)
    return { kind: 'numeric', name: found[1] as NumericName, width: Math.max(1, width) }
  })
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
