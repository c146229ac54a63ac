import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { ServedPlace } from '../contract/served-requests.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { removeAsideRemains } from '../files/aside-remains.ts'
import { FolderDoor, readRegular } from '../files/door.ts'
import { makeFolder } from '../files/make-folder.ts'
import { writeFailure } from '../files/write-failure.ts'
import { type Access, ANYONE, accessOf, isForSomebody, NOBODY } from './access.ts'
import { type IniSection, readIni } from './ini.ts'

/** Rights on a folder and what is below it. */
export type Rights = {
  /** Components below the root. */
  readonly path: readonly string[]
  readonly read: Access
  readonly write: Access
}

/** A folder that is served. */
export type Root = {
  /** Components of the address below which it is; none: the root of the server. */
  readonly name: readonly string[]
  readonly door: FolderDoor
  /** The longest path that matches decides; the first is of the folder itself. */
  readonly rights: readonly Rights[]
}

/** What is served, as a person names it. */
export type Served = {
  /** Folders to read, or rule files. */
  readonly read: readonly string[]
  /** Folder that is written. */
  readonly write?: string
  /** Several folders are all at the root of the server, not each below its name. */
  readonly overlay: boolean
}

const MAX_RULES_BYTES = 1024 * 1024
/** Name of this server in the `filters` of a rule file, as GPAC calls it. */
const OUR_NAMES = ['httpout', '*', 'all']

/**
 * Opens what is served. Missing folders are made; what killed processes left of uploads is removed where somebody may write.
 * @param note told what was made or renamed
 * @throws AppFailure folder-not-writable | file-unreadable | input-unusable
 */
export async function openRoots(served: Served, note: (text: string) => void): Promise<readonly Root[]> {
  const roots: Root[] = []
  const named = !served.overlay && served.read.length > 1
  const names = new Set<string>()
  for (const path of served.read) {
    const found = await stat(path).catch(() => null)
    if (found?.isFile()) {
      roots.push(...(await readRules(path, note)))
      continue
    }
    const door = await openFolder(path, found === null, note)
    const own = named ? freeName(basename(resolve(path)), names, note) : null
    roots.push({ name: own === null ? [] : [own], door, rights: [{ path: [], read: ANYONE, write: NOBODY }] })
  }
  if (served.write !== undefined) {
    const found = await stat(served.write).catch(() => null)
    if (found?.isFile())
      throw new AppFailure('input-unusable', `${served.write} is a file, and uploads need a folder.`, 'Name a folder.')
    const door = await openFolder(served.write, found === null, note)
    roots.push({ name: [], door, rights: [{ path: [], read: NOBODY, write: ANYONE }] })
  }
  for (const root of roots) await tidy(root, note)
  return roots
}

/**
 * Opens one more folder beside those that are served: below its name, or at the root where it is the only one.
 * @param writes uploads may be written into it, too
 * @throws AppFailure folder-not-writable | file-unreadable | input-unusable
 */
export async function openOneMore(
  path: string,
  writes: boolean,
  roots: readonly Root[],
  note: (text: string) => void,
): Promise<Root> {
  const found = await stat(path).catch(() => null)
  if (found?.isFile())
    throw new AppFailure('input-unusable', `${path} is a file, and here a folder is needed.`, 'Name a folder.')
  const door = await openFolder(path, found === null, note)
  const names = new Set(roots.flatMap(({ name: [first] }) => first ?? []))
  const name = roots.length === 0 ? [] : [freeName(basename(resolve(path)), names, note)]
  const root: Root = { name, door, rights: [{ path: [], read: ANYONE, write: writes ? ANYONE : NOBODY }] }
  await tidy(root, note)
  return root
}

/** Removes what killed processes left of uploads where somebody may write. */
async function tidy({ door, rights }: Root, note: (text: string) => void): Promise<void> {
  for (const { path, write } of rights) if (isForSomebody(write)) await tidyFolder(join(door.root, ...path), note)
}

/** Removes what killed processes left of files in and below a folder that this server writes. */
export async function tidyFolder(folder: string, note: (text: string) => void): Promise<void> {
  const removed = await removeAsideRemains(folder)
  if (removed > 0) note(`Unfinished files that killed processes had left in ${folder} were removed: ${removed}.`)
}

async function openFolder(path: string, missing: boolean, note: (text: string) => void): Promise<FolderDoor> {
  if (missing) {
    await makeFolder(path).catch((error: NodeJS.ErrnoException) => {
      throw writeFailure(error, path)
    })
    note(`The folder ${path} was missing and was made.`)
  }
  try {
    return await FolderDoor.open(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppFailure('file-unreadable', `The folder ${path} ${reason}.`, 'Name another folder.', error)
  }
}

/** A name that no other folder has: `NAME-2` for the second. */
function freeName(name: string, names: Set<string>, note: (text: string) => void): string {
  let free = name
  for (let at = 2; names.has(free); at++) free = `${name}-${at}`
  names.add(free)
  if (free !== name) note(`Another folder is called ${name} already; this one is served as /${free}/.`)
  return free
}

type Section = { readonly section: IniSection; readonly real: string }

/** Reads a rule file as GPAC has it: a section for each folder, with its name in addresses and the lists of who may use it. */
async function readRules(path: string, note: (text: string) => void): Promise<readonly Root[]> {
  const bytes = await readRegular(path, MAX_RULES_BYTES).catch((error: Error) => {
    throw new AppFailure('file-unreadable', `The rule file ${path} ${error.message}.`, 'Name another file.', error)
  })
  const sections: Section[] = []
  for (const section of readIni(new TextDecoder().decode(bytes), path)) {
    if (!isOurs(section)) continue
    const folder = resolve(dirname(path), section.name)
    const real = await realpath(folder).catch(() => null)
    if (real === null) note(`The folder ${section.name} in line ${section.line} of ${path} does not exist.`)
    else sections.push({ section, real })
  }
  const roots: Root[] = []
  for (const one of sections) {
    if (sections.some((other) => isBelow(one.real, other.real)) && !one.section.values.has('name')) continue
    const within = sections.filter(({ real, section }) =>
      real === one.real ? section === one.section : isBelow(real, one.real),
    )
    roots.push({
      name: (one.section.values.get('name') ?? '').split('/').filter((component) => component !== ''),
      door: await openFolder(one.real, false, note),
      rights: within
        .map(({ section, real }) => rightsOf(section, relative(one.real, real)))
        .sort((a, b) => a.path.length - b.path.length),
    })
  }
  return roots
}

function rightsOf({ values }: IniSection, below: string): Rights {
  return {
    path: below === '' ? [] : below.split(sep),
    read: accessOf(values.get('ru'), values.get('rg'), ANYONE),
    write: accessOf(values.get('wu'), values.get('wg'), NOBODY),
  }
}

function isOurs({ values }: IniSection): boolean {
  const servers = values.get('filters')
  return servers === undefined || servers.split(',').some((server) => OUR_NAMES.includes(server.trim()))
}

function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** The rights that hold at a path below a root. */
export function rightsAt({ rights }: Root, path: readonly string[]): Rights {
  let best = rights[0] as Rights
  for (const one of rights)
    if (one.path.length >= best.path.length && one.path.every((component, at) => path[at] === component)) best = one
  return best
}

/** Roots that an address leads into, the longest name first, each with the path below it. */
export function rootsFor(
  roots: readonly Root[],
  address: readonly string[],
): readonly { readonly root: Root; readonly path: readonly string[] }[] {
  return roots
    .filter(({ name }) => name.every((component, at) => address[at] === component))
    .sort((a, b) => b.name.length - a.name.length)
    .map((root) => ({ root, path: address.slice(root.name.length) }))
}

/** The folder in which a file lies that somebody may write; null: nobody may. @param real links followed */
export function writableAround(roots: readonly Root[], real: string): string | null {
  const written = roots.filter(({ rights }) => rights.some(({ write }) => isForSomebody(write)))
  return written.find(({ door }) => isBelow(real, door.root))?.door.root ?? null
}

/** Where folders are served and what for; a folder that is read and written at the same address is one place. */
export function placesOf(roots: readonly Root[]): readonly ServedPlace[] {
  const places = new Map<string, ServedPlace>()
  for (const { name, door, rights } of roots) {
    const path = name.length === 0 ? '/' : `/${name.join('/')}/`
    const before = places.get(`${path}\n${door.root}`)
    const reads = rights.some(({ read }) => isForSomebody(read)) || before?.reads === true
    const writes = rights.some(({ write }) => isForSomebody(write)) || before?.writes === true
    places.set(`${path}\n${door.root}`, { path, name: door.root, reads, writes })
  }
  return [...places.values()]
}
