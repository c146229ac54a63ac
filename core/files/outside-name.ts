import { ODD_CHARACTERS } from '../contract/shown-text.ts'
import { isReservedName, type NameRules, systemRules } from './safe-name.ts'

/** Limits of file systems. */
const MAX_COMPONENT_BYTES = 255
const MAX_PATH_BYTES = 4096

/** A relative path with `/`, or why there is none, as the end of a sentence that begins with the name and `which`. */
export type OutsidePath =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly problem: string }

/**
 * Path of a name in a URL, as a manifest has it: decoded once, then checked. A bare `%`, which is no escape, is itself.
 */
export function pathOfReference(reference: string, rules: NameRules = systemRules()): OutsidePath {
  let name: string
  try {
    name = decodeURIComponent(reference)
  } catch {
    if (!/%(?![0-9a-f]{2})/i.test(reference)) return refused('is not UTF-8 once its %-escapes are decoded')
    name = reference
  }
  return pathOfName(name, rules)
}

/** Path of a name that is not encoded, such as that of an entry of a folder below the root. */
export function pathOfName(name: string, rules: NameRules = systemRules()): OutsidePath {
  if (name.includes('\0')) return refused('contains a NUL character')
  if (name.search(ODD_CHARACTERS) >= 0) return refused('contains a control or direction character')
  if (name.includes('\\')) return refused('contains a backslash')
  if (/^\/|^[a-z]:|^file:/i.test(name)) return refused('is an absolute path')
  if (Buffer.byteLength(name) > MAX_PATH_BYTES) return refused(`is longer than ${MAX_PATH_BYTES} bytes`)
  for (const component of name.split('/')) {
    const problem = componentProblem(component, rules)
    if (problem !== null) return refused(problem)
  }
  return { ok: true, path: name }
}

function componentProblem(component: string, rules: NameRules): string | null {
  if (component === '' || component === '.' || component === '..') return 'is not a plain path below its own folder'
  if (Buffer.byteLength(component) > MAX_COMPONENT_BYTES) {
    return `has a component of more than ${MAX_COMPONENT_BYTES} bytes`
  }
  if (rules !== 'windows') return null
  if (isReservedName(component)) return 'has the name of a device of Windows'
  return /[<>:"|?*]|[. ]$/.test(component) ? 'has a character that Windows does not allow' : null
}

function refused(problem: string): OutsidePath {
  return { ok: false, problem }
}
