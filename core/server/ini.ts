import { AppFailure } from '../failure/app-failure.ts'

/** One section: its name, and its keys in the order of the file. */
export type IniSection = { readonly name: string; readonly line: number; readonly values: ReadonlyMap<string, string> }

/**
 * Reads sections of `key=value` lines, as GPAC writes them; lines that begin with `#` or `;` are remarks.
 * @param file its name in messages
 * @throws AppFailure input-unusable, with the line
 */
export function readIni(text: string, file: string): readonly IniSection[] {
  const sections: { name: string; line: number; values: Map<string, string> }[] = []
  for (const [at, whole] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = whole.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const name = /^\[(.+)\]$/.exec(line)?.[1]?.trim()
    if (name !== undefined) {
      sections.push({ name, line: at + 1, values: new Map() })
      continue
    }
    const [, key, value] = /^([\w-]+)\s*=\s*(.*)$/.exec(line) ?? []
    const section = sections.at(-1)
    if (key === undefined || value === undefined || section === undefined)
      throw new AppFailure(
        'input-unusable',
        `Line ${at + 1} of ${file} is neither [SECTION] nor KEY=VALUE below a section.`,
        'Correct the line.',
      )
    section.values.set(key, value)
  }
  return sections
}
