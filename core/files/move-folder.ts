import { lstatSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Moves what is in a folder to another, which may be there: files of the same name are replaced, and no link is followed.
 * Nothing where there is no such folder.
 */
export function moveFolder(from: string, to: string): void {
  if (!isFolder(from)) return
  if (lstatSync(to, { throwIfNoEntry: false }) === undefined) {
    renameSync(from, to)
    return
  }
  if (!isFolder(to))
    throw Object.assign(new Error(`ENOTDIR: ${to} is a link or a file, not a folder`), { code: 'ENOTDIR' })
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    if (isFolder(source)) moveFolder(source, target)
    else renameSync(source, target)
  }
  rmdirSync(from)
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
