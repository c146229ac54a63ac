import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { undecodedName } from '../failure/undecoded-name.ts'
import { caseKey } from './safe-name.ts'

/** A file or folder that a session reads or writes. */
export type FileUse = {
  readonly path: string
  readonly writes: boolean
  /** `series`: files `NAME_00001.EXT`, `NAME_00002.EXT` … in place of the path. */
  readonly shape: 'file' | 'folder' | 'series'
  /** As a person knows it: `--report`, `the capture`. */
  readonly name: string
  /** Others that are shared too may read and write it at the same time. */
  readonly shared?: true
}

/** Where a path leads, links followed, whether or not there is anything. */
type Place = {
  readonly use: FileUse
  /** Device and inode of a file or folder; null where there is none, and for pipes and devices, which may be shared. */
  readonly id: string | null
  readonly kind: 'none' | 'file' | 'folder' | 'other'
  readonly real: string
  /** The nearest folder that exists, by device and inode, and the rest of the path, in one case where case does not count. */
  readonly key: string
  /** As `key`, of the folder it is in. */
  readonly folderKey: string
  /** Device and inode of the files of a series. */
  readonly members: ReadonlySet<string>
}

/** Links that are followed to a target that does not exist. */
const MAX_LINKS = 40
/** Folders into which received files go. */
export const SERVICE_FOLDER = /^service\d+(?:[\\/]|$)/i

/**
 * Compares everything that is written with everything else that is read or written, by device and inode, or by folder and
 * name where there is nothing yet, before anything is opened.
 * @param beside what others read and write already: only `uses` are judged
 * @throws AppFailure bad-spec, with one sentence that names both; file-not-found for a name that is not UTF-8
 */
export async function refuseClashes(uses: readonly FileUse[], beside: readonly FileUse[] = []): Promise<void> {
  const writers = uses.filter(({ writes }) => writes)
  await refuseStandardOutput([...uses, ...beside])
  if (writers.length === 0) return
  const written = await Promise.all(writers.map(placeOf))
  const others = await Promise.all([...uses.filter(({ writes }) => !writes), ...beside].map(placeOf))
  for (const { use, id } of written) {
    // Made under a name of other bytes, it would be found by nobody.
    const failure = id === null ? undecodedName(use.path) : null
    if (failure !== null) throw failure
  }
  for (const [at, one] of written.entries()) {
    for (const other of [...others, ...written.slice(at + 1)]) {
      if (clash(one, other)) throw clashFailure(one, other)
    }
  }
}

/** Where a shell may have led what is printed. */
const PRINTED: readonly FileUse[] = [
  { path: '/dev/stdout', writes: true, shape: 'file', name: 'standard output' },
  { path: '/dev/stderr', writes: true, shape: 'file', name: 'standard error' },
]
/** Names of what is printed to itself: a report there is printed. */
const PRINTS = /^\/(?:dev|proc)\//

/** What is printed goes into no file that is read, and into none that is written beside it: `inspect x >> x`. */
async function refuseStandardOutput(uses: readonly FileUse[]): Promise<void> {
  const printed = (await Promise.all(PRINTED.map(placeOf))).filter(({ kind }) => kind === 'file')
  if (printed.length === 0) return
  const others = await Promise.all(uses.filter(({ path, writes }) => !(writes && PRINTS.test(path))).map(placeOf))
  for (const one of printed)
    for (const other of others) if (other.kind === 'file' && same(one, other)) throw clashFailure(one, other)
}

/** Whether two paths are one file or would become one. */
function clash(written: Place, other: Place): boolean {
  if (written.kind === 'other' || other.kind === 'other') return false
  if (written.use.shared === true && other.use.shared === true) return false
  if (isFolder(written) || isFolder(other)) return foldersClash(written, other)
  if (written.use.shape === 'series') return inSeries(written, other)
  if (other.use.shape === 'series') return inSeries(other, written)
  return same(written, other)
}

function same(one: Place, other: Place): boolean {
  if (one.id !== null && other.id !== null) return one.id === other.id
  return one.id === other.id && one.key === other.key
}

function foldersClash(written: Place, other: Place): boolean {
  if (same(written, other)) return true
  // What is written into a folder that is read would be read as well.
  if (isFolder(other) && !other.use.writes) return below(written, other) !== null || intoService(other, written)
  if (isFolder(written) && isFolder(other)) return intoService(written, other) || intoService(other, written)
  return isFolder(written) ? intoService(other, written) : intoService(written, other)
}

/** Whether a path lies where received files of a written folder go. */
function intoService(place: Place, folder: Place): boolean {
  const rest = below(place, folder)
  return folder.use.writes && rest !== null && SERVICE_FOLDER.test(rest)
}

/** The path of a place below a folder; null where it is not below. */
function below(place: Place, folder: Place): string | null {
  const start = folder.real.endsWith('/') || folder.real.endsWith('\\') ? folder.real : join(folder.real, '/')
  return caseKey(place.real).startsWith(caseKey(start)) ? place.real.slice(start.length) : null
}

function inSeries(series: Place, other: Place): boolean {
  if (other.id !== null && series.members.has(other.id)) return true
  if (series.folderKey !== other.folderKey) return false
  if (other.use.shape === 'series') return series.key === other.key
  return seriesPattern(series.real).test(basename(other.real))
}

export function seriesPattern(path: string): RegExp {
  const extension = extname(path)
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal(basename(path, extension))}_\\d{5,}${literal(extension)}$`, 'i')
}

function isFolder({ use, kind }: Place): boolean {
  return use.shape === 'folder' || kind === 'folder'
}

async function placeOf(use: FileUse): Promise<Place> {
  const { real, anchor, rest } = await leadsTo(use.path)
  const found = rest === '' ? await identify(real) : null
  const folder = rest === '' ? dirname(real) : anchor
  const folds = await ignoresCase(folder)
  const keyed = (text: string): string => (folds ? caseKey(text) : text)
  const folderId = (await identify(folder))?.id ?? folder
  const tail = rest === '' ? basename(real) : rest
  return {
    use,
    id: found === null || found.kind === 'other' ? null : found.id,
    kind: found?.kind ?? 'none',
    real,
    key: `${folderId}/${keyed(tail)}`,
    folderKey: `${folderId}/${keyed(dirname(tail))}`,
    members: use.shape === 'series' ? await membersOf(real) : NONE,
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Follows a path as far as it exists. `rest` is what does not exist below `anchor`; empty where everything does. */
async function leadsTo(path: string, links = 0): Promise<{ real: string; anchor: string; rest: string }> {
  const whole = resolve(path)
  const real = await realpath(whole).catch(() => null)
  if (real !== null) return { real, anchor: dirname(real), rest: '' }
  const link = links < MAX_LINKS ? await linkAt(whole) : null
  if (link !== null) return leadsTo(resolve(dirname(whole), link), links + 1)
  const parent = dirname(whole)
  if (parent === whole) return { real: whole, anchor: whole, rest: '' }
  const above = await leadsTo(parent, links)
  const name = basename(whole)
  return above.rest === ''
    ? { real: join(above.real, name), anchor: above.real, rest: name }
    : { real: join(above.real, name), anchor: above.anchor, rest: `${above.rest}/${name}` }
}

async function linkAt(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null)
  return found?.isSymbolicLink() ? readlink(path).catch(() => null) : null
}

async function identify(path: string): Promise<{ id: string; kind: 'file' | 'folder' | 'other' } | null> {
  const found = await stat(path, { bigint: true }).catch(() => null)
  if (found === null) return null
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  return { id: `${found.dev}-${found.ino}`, kind }
}

async function membersOf(path: string): Promise<ReadonlySet<string>> {
  const pattern = seriesPattern(path)
  const folder = dirname(path)
  const names = (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name))
  const found = await Promise.all(names.map((name) => identify(join(folder, name))))
  return new Set(found.flatMap((each) => each?.id ?? []))
}

/** Whether names that differ in case are one in a folder: where its own name in another case leads to it as well. */
async function ignoresCase(folder: string): Promise<boolean> {
  if (process.platform === 'win32' || process.platform === 'darwin') return true
  const name = basename(folder)
  const other = name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase()
  if (other === name) return false
  const [own, swapped] = await Promise.all([identify(folder), identify(join(dirname(folder), other))])
  return own !== null && own.id === swapped?.id
}

function clashFailure(written: Place, other: Place): AppFailure {
  const one = named(written)
  const two = named(other)
  const message =
    !same(written, other) && (isFolder(written) || isFolder(other))
      ? below(written, other) === null
        ? `${two} lies in ${one}, where received files would overwrite it.`
        : `${one} lies in ${two}, which ${other.use.writes ? 'is written' : 'is read'} as well.`
      : other.use.writes
        ? `${one} and ${two} are one file, which only one of them can write.`
        : `${one} would overwrite ${two}: one file cannot be read and written at once.`
  return new AppFailure('bad-spec', message, 'Name another one.')
}

function named({ use: { name, path } }: Place): string {
  return `${name} ${shownText(path, 1000)}`
}
