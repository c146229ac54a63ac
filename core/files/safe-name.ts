import { createHash } from 'node:crypto'
import { ODD_CHARACTERS } from '../contract/shown-text.ts'

/** Which characters a file name may have: Windows also forbids `<>:"|?*`. */
export type NameRules = 'posix' | 'windows'

/** Room for `~2` and `.partial` is left below the 255 bytes that file systems allow. */
const MAX_COMPONENT_BYTES = 235
const MAX_PATH_BYTES = 1000
const MAX_DEPTH = 32
/** Device names of Windows, with any extension. Changed on every system, so that a dump can be copied to another machine. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i
const RESERVED_WITHIN = new RegExp(RESERVED.source.replace('^', '(?:^|/)'), 'i')
/** Matches common names: nothing to encode in any component, and not too deep. */
const PLAIN_PATH = /^[A-Za-z0-9_~-][A-Za-z0-9_~.-]*(?:(?<!\.)\/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*){0,31}(?<!\.)$/
/** Prefix of temporary files, which a name from the network must not have. */
export const ASIDE_PREFIX = '.routescope-'

/**
 * Makes a relative path with `/` of a name from the network, which stays inside any folder it is joined to. Ordinary names are
 * unchanged (`video/seg-1.m4s`, `tag:host.2025/x.mp4`, `a%20b.mp4`). Dangerous parts are percent-encoded:
 * `..`, `\`, control and direction characters, trailing dots and spaces, device names; empty and `.` components are dropped, a component
 * that is too long is cut and ends in a hash. Different names may give one path: `PathNames` makes those unique.
 */
export function safeRelativePath(name: string, rules: NameRules = systemRules()): string {
  if (PLAIN_PATH.test(name) && name.length <= MAX_COMPONENT_BYTES && !RESERVED_WITHIN.test(name)) return name
  const components = name
    .split('/')
    .filter((component) => component !== '' && component !== '.')
    .map((component) => safeComponent(component, rules))
  if (components.length === 0) return 'unnamed'
  const path = components.join('/')
  if (components.length <= MAX_DEPTH && Buffer.byteLength(path) <= MAX_PATH_BYTES) return path
  return shortened(components.at(-1) ?? '', name)
}

/** Rules of this machine. */
export function systemRules(): NameRules {
  return process.platform === 'win32' ? 'windows' : 'posix'
}

/** Whether Windows takes a file name for a device, whatever its extension. */
export function isReservedName(component: string): boolean {
  return RESERVED.test(component)
}

/**
 * Unique paths of names in one folder. Of two names that are equal on a volume that ignores case or normalises Unicode, the
 * later one gets `~2`, `~3` … before its extension, on every system. A name that is a folder of another
 * (`a` beside `a/b`) is treated the same.
 */
export class PathNames {
  readonly #rules: NameRules
  readonly #paths = new Map<string, string>()
  readonly #files = new Set<string>()
  /** Folders with the number of files below them. */
  readonly #folders = new Map<string, number>()

  constructor(rules: NameRules = systemRules()) {
    this.#rules = rules
  }

  /** Path of a name, constant until `forget`. */
  pathOf(name: string): string {
    const known = this.#paths.get(name)
    if (known !== undefined) return known
    const path = this.#free(safeRelativePath(name, this.#rules).split('/'))
    this.#paths.set(name, path)
    this.#files.add(caseKey(path))
    for (const folder of foldersOf(path)) this.#folders.set(folder, (this.#folders.get(folder) ?? 0) + 1)
    return path
  }

  /** Forgets a name whose file was removed. */
  forget(name: string): void {
    const path = this.#paths.get(name)
    if (path === undefined) return
    this.#paths.delete(name)
    this.#files.delete(caseKey(path))
    for (const folder of foldersOf(path)) {
      const left = (this.#folders.get(folder) ?? 1) - 1
      if (left === 0) this.#folders.delete(folder)
      else this.#folders.set(folder, left)
    }
  }

  #free(components: string[]): string {
    let path = ''
    components.forEach((component, index) => {
      const isFile = index === components.length - 1
      const at = path === '' ? '' : `${path}/`
      let candidate = at + component
      for (let turn = 2; this.#taken(caseKey(candidate), isFile); turn++) candidate = at + suffixed(component, turn)
      path = candidate
    })
    return path
  }

  #taken(key: string, asFile: boolean): boolean {
    return this.#files.has(key) || (asFile && this.#folders.has(key))
  }
}

function safeComponent(component: string, rules: NameRules): string {
  if (/^\.+$/.test(component)) return component.replace(/\./g, '%2E')
  const forbidden = rules === 'windows' ? /[\\<>:"|?*]/g : /\\/g
  let safe = component
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(ODD_CHARACTERS, encodeCharacter)
    .replace(forbidden, encodeCharacter)
    .replace(/[. ]$/, encodeCharacter)
  if (RESERVED.test(safe) || safe.startsWith(ASIDE_PREFIX)) safe = encodeCharacter(safe.slice(0, 1)) + safe.slice(1)
  return Buffer.byteLength(safe) <= MAX_COMPONENT_BYTES ? safe : shortened(safe, component)
}

function encodeCharacter(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

/** Shortens a component to its beginning, a hash of the whole, and the extension. */
function shortened(component: string, whole: string): string {
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 16)
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(component)?.[0] ?? ''
  let start = component.slice(0, 80)
  // Do not cut a surrogate pair or an escape.
  start = start.replace(/[\ud800-\udbff]$/, '').replace(/%[0-9A-F]?$/, '')
  return `${start}~${hash}${extension}`
}

function suffixed(component: string, turn: number): string {
  const extension = /(?<=.)\.[A-Za-z0-9]{1,8}$/.exec(component)?.[0] ?? ''
  return `${component.slice(0, component.length - extension.length)}~${turn}${extension}`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ASCII = /^[\x00-\x7f]*$/

/** Key that ignores case and composition: equal for paths that are one on some volume. */
export function caseKey(path: string): string {
  if (ASCII.test(path)) return path.toLowerCase()
  return path.normalize('NFKC').toLowerCase().normalize('NFKC')
}

function foldersOf(path: string): string[] {
  const components = caseKey(path).split('/')
  return components.slice(0, -1).map((_, index) => components.slice(0, index + 1).join('/'))
}
