/** A run of text with one colour. */
export type SyntaxRun = { readonly text: string; readonly kind: 'tag' | 'attribute' | 'value' | 'comment' | null }

/** Texts longer than this, in characters, are not coloured. */
export const SYNTAX_LIMIT = 300_000

/*
 * One alternative each: comment or declaration, tag name with its bracket, closing bracket, attribute with `=`, quoted value.
 * Text between tags falls through as plain.
 */
const XML = /(<!--[\s\S]*?-->|<[?!][^>]*>)|(<\/?[\w:.-]+)|(\/?>)|([\w:.-]+)(?==["'])|("[^"]*"|'[^']*')/g
const PLAYLIST = /(^#(?!EXT).*$)|(^#EXT[A-Z0-9-]*)|([A-Z][A-Z0-9-]+)(?==)|("[^"\n]*")/gm

/** Splits a text into coloured runs, which joined are the text. */
export function syntaxRuns(text: string, language: 'xml' | 'plain'): readonly SyntaxRun[] {
  if (text.length > SYNTAX_LIMIT) return [{ text, kind: null }]
  if (language === 'xml') return runs(text, XML, ['comment', 'tag', 'tag', 'attribute', 'value'])
  return text.startsWith('#EXTM3U')
    ? runs(text, PLAYLIST, ['comment', 'tag', 'attribute', 'value'])
    : [{ text, kind: null }]
}

function runs(text: string, pattern: RegExp, kinds: readonly SyntaxRun['kind'][]): readonly SyntaxRun[] {
  const out: SyntaxRun[] = []
  let end = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) out.push({ text: text.slice(end, match.index), kind: null })
    const group = match.slice(1).findIndex((part) => part !== undefined)
    out.push({ text: match[0], kind: kinds[group] ?? null })
    end = match.index + match[0].length
  }
  if (end < text.length) out.push({ text: text.slice(end), kind: null })
  return out
}

/**
 * Indents XML by depth, one element per line: off-air tables are a single line. Elements with only text stay on one line, and
 * text mixed with elements is not changed.
 */
export function indentXml(text: string): string {
  const parts = text.match(/<!--[\s\S]*?-->|<[^>]+>|[^<]+/g) ?? []
  const lines: string[] = []
  let depth = 0
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? ''
    if (part.trim() === '') continue
    const closing = part.startsWith('</')
    if (closing) depth = Math.max(0, depth - 1)
    const opens =
      part.startsWith('<') && !closing && !part.startsWith('<!') && !part.startsWith('<?') && !part.endsWith('/>')
    const next = parts[at + 1] ?? ''
    const after = parts[at + 2] ?? ''
    if (opens && !next.startsWith('<') && after.startsWith('</')) {
      lines.push(`${'  '.repeat(depth)}${part}${next.trim()}${after}`)
      at += 2
      continue
    }
    lines.push(`${'  '.repeat(depth)}${part.trim()}`)
    if (opens) depth += 1
  }
  return lines.join('\n')
}
