import { asToi, type Toi } from '../../contract/ids.ts'
/**
 * Name of an object from the EFDT's fileTemplate (A/331 A.3.3.2.6): `$TOI$` becomes the TOI in decimal, `$TOI%05d$` the same
 * padded with zeros to 5 digits, `$$` a dollar. Other text is kept.
 */
export function applyFileTemplate(template: string, toi: Toi | string): string {
  return template.replace(TOKEN, (token, width: string | undefined) => {
    if (token === '$$') return '$'
    return String(toi).padStart(width === undefined ? 0 : Math.min(Number(width), MAX_WIDTH), '0')
  })
}

/** The TOI whose name through `template` is `name`; null where there is none, or the template has not exactly one TOI. */
export function toiOfFileName(template: string, name: string): Toi | null {
  const at = template.search(/\$TOI(?:%0\d+d)?\$/)
  if (at < 0) return null
  const prefix = applyFileTemplate(template.slice(0, at), asToi(0))
  if (!name.startsWith(prefix)) return null
  const digits = /^\d{1,16}/.exec(name.slice(prefix.length))?.[0]
  if (digits === undefined) return null
  // The text after the token may start with digits: try the longest number first.
  for (let length = digits.length; length > 0; length--) {
    const toi = asToi(Number(digits.slice(0, length)))
    if (applyFileTemplate(template, toi) === name) return toi
  }
  return null
}

const TOKEN = /\$(?:TOI(?:%0(\d+)d)?)?\$/g
const MAX_WIDTH = 20
