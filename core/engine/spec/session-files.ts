import type { OptionRow } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import type { FileUse } from '../../files/file-clashes.ts'

/** The files and folders that a part of a session names, by the rows of its table. */
export function filesOfPart(spec: PartSpec, description: PartDescription): FileUse[] {
  return description.options.flatMap((row) => {
    const value = spec[row.key]
    return row.disk === undefined || value === undefined ? [] : usesOf(row, value, spec)
  })
}

/** The files and folders that the parts of a session name. */
export function filesOfSpec(spec: SessionSpec, parts: readonly PartDescription[]): FileUse[] {
  return spec.parts.flatMap((part) => {
    const description = parts.find(({ kind }) => kind === part.kind)
    return description === undefined ? [] : filesOfPart(part, description)
  })
}

function usesOf(row: OptionRow, value: OptionValue, spec: PartSpec): FileUse[] {
  const { disk, type } = row
  if (disk === undefined) return []
  const writes = disk.use === 'writes'
  const inSeries = disk.seriesWith?.some((key) => spec[key] !== undefined) === true
  const shape = inSeries ? 'series' : 'of' in type && type.of === 'folder' ? 'folder' : 'file'
  const texts = Array.isArray(value) ? (value as readonly string[]) : [String(value)]
  return texts.flatMap((text) => {
    if (text === '-') return [{ path: '/dev/stdin', writes, shape, name: 'standard input' }]
    // Addresses are no files: `http://…`, `demo:`.
    if (!writes && /^(?!pipe:)(?:[a-z][a-z0-9+.-]+:\/\/|demo:)/i.test(text)) return []
    const use = { path: writes ? text : text.replace(/^pipe:/i, ''), writes, shape, name: disk.called } as const
    return [disk.shared === true ? { ...use, shared: true } : use]
  })
}
