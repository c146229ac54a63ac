import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readlink, realpath, rename, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { asideName } from './aside.ts'
import { pathOfName } from './outside-name.ts'

/** Folders that one upload may lie below. */
const MAX_FOLDERS = 32
const NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** Why a file cannot be written: its name, a link out of the folder, or something else in its place. */
export class NotWritable extends Error {
  readonly why: 'name' | 'outside' | 'folder' | 'in the way'

  constructor(why: NotWritable['why'], message: string) {
    super(message)
    this.name = 'NotWritable'
    this.why = why
  }
}

/** A file that is written aside and takes its name at the end. */
export type AsideFile = {
  readonly handle: FileHandle
  /** Gives it its name, in place of what had it. */
  keep(): Promise<void>
  /** Removes it. */
  drop(): Promise<void>
}

/**
 * The way to write below one folder under names that come from outside. The folder of a file is followed to where it really is,
 * which must be below the root; the file itself is written under a name of our own and renamed, so that no link is followed.
 */
export class WriteDoor {
  /** The folder, links followed. */
  readonly root: string

  /** @param root links followed */
  constructor(root: string) {
    this.root = root
  }

  /** What has a name: null for nothing. @throws NotWritable for a name or a link that leads out */
  async find(path: readonly string[]): Promise<{ readonly real: string; readonly found: BigIntStats | null }> {
    const folder = await this.#existing(this.#plain(path).slice(0, -1))
    if (folder.left.length > 0) return { real: join(folder.real, ...folder.left, path.at(-1) ?? ''), found: null }
    const real = join(folder.real, path.at(-1) ?? '')
    return { real, found: await found(real) }
  }

  /** Begins a file; missing folders are made. Rejects with NotWritable or the system's error. */
  async begin(path: readonly string[]): Promise<AsideFile> {
    const folder = await this.#folder(this.#plain(path).slice(0, -1))
    const target = join(folder, path.at(-1) ?? '')
    const aside = join(folder, asideName())
    const handle = await open(aside, NEW, 0o644)
    try {
      // The folder may have been exchanged for a link since it was looked at.
      if (process.platform === 'linux') this.#below(await readlink(`/proc/self/fd/${handle.fd}`))
    } catch (error) {
      await handle.close()
      await rm(aside, { force: true })
      throw error
    }
    return {
      handle,
      keep: async () => {
        if ((await found(target))?.isDirectory()) throw new NotWritable('folder', 'is a folder')
        await rename(aside, target)
      },
      drop: () => rm(aside, { force: true }),
    }
  }

  /** Removes a file. @returns whether there was one; rejects with NotWritable for a folder */
  async remove(path: readonly string[]): Promise<boolean> {
    const { real, found } = await this.find(path)
    if (found === null) return false
    if (found.isDirectory()) throw new NotWritable('folder', 'is a folder')
    await rm(real, { force: true })
    return true
  }

  #plain(path: readonly string[]): readonly string[] {
    const plain = pathOfName(path.join('/'))
    if (!plain.ok) throw new NotWritable('name', plain.problem)
    if (path.some((component) => component.startsWith('.'))) throw new NotWritable('name', 'is hidden')
    if (path.length > MAX_FOLDERS) throw new NotWritable('name', `lies below more than ${MAX_FOLDERS} folders`)
    return path
  }

  /** The deepest part of a folder's path that exists, links followed, and the rest of it. */
  async #existing(path: readonly string[]): Promise<{ real: string; left: readonly string[] }> {
    let real = this.root
    for (const [at, component] of path.entries()) {
      const next = await realpath(join(real, component)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error.code === 'ENOTDIR' ? new NotWritable('in the way', 'lies below a file') : error
      })
      if (next === null) return { real, left: path.slice(at) }
      real = this.#below(next)
    }
    return { real, left: [] }
  }

  async #folder(path: readonly string[]): Promise<string> {
    const { real, left } = await this.#existing(path)
    let at = real
    for (const component of left) {
      at = join(at, component)
      await mkdir(at).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
      at = this.#below(await realpath(at))
    }
    const folder = await found(at)
    if (folder?.isDirectory() !== true) throw new NotWritable('in the way', 'lies below a file')
    return at
  }

  #below(real: string): string {
    if (real === this.root || real.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)) return real
    throw new NotWritable('outside', 'leads out of the folder')
  }
}

function found(path: string): Promise<BigIntStats | null> {
  return lstat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
}
