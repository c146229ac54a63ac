import { access, constants, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { asideName } from '../files/aside.ts'
import { makeFolder } from '../files/make-folder.ts'
import { refuseInUse } from '../files/output-file.ts'
import { writeFailure } from '../files/write-failure.ts'

/** `route-dash-20261121-143005`: a folder name from a session's name and its start, safe on every system. */
export function dumpFolderName(sessionName: string, startedWallUs: number): string {
  const stamp = new Date(startedWallUs / 1000).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const name = sessionName
    .replace(/\.(pcap|pcapng|cap)(\.gz)?$/i, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|(?<![-.])[-.]+$/g, '')
    .slice(0, 60)
  return `${name || 'session'}-${stamp}`
}

/**
 * Writes a file, given in pieces, whole or not at all; a link is followed, and a device or pipe is written as it is.
 * @throws AppFailure folder-not-writable | disk-full | file-in-use
 */
export async function writeWhole(file: string, text: Iterable<string> | Iterable<Uint8Array>): Promise<void> {
  try {
    await makeFolder(dirname(file))
    const target = await realpath(file).catch(() => file)
    const found = await stat(target).catch(() => null)
    if (found !== null && !found.isFile() && !found.isDirectory()) {
      await writeThrough(target, text)
      return
    }
    await replaceFile(target, text)
  } catch (error) {
    if (error instanceof AppFailure) throw error
    throw writeFailure(error as NodeJS.ErrnoException, file)
  }
}

/** Writes to a device, or a pipe with a reader: without one it would wait for ever. */
async function writeThrough(target: string, text: Iterable<string> | Iterable<Uint8Array>): Promise<void> {
  const probe = await open(target, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0))
  try {
    await writeFile(target, text)
  } finally {
    await probe.close()
  }
}

async function replaceFile(target: string, text: Iterable<string> | Iterable<Uint8Array>): Promise<void> {
  // A name of its own: two reports of one name may be written at once.
  const aside = join(dirname(target), asideName())
  try {
    await writeFile(aside, text, { flag: 'wx' })
    await refuseInUse(target)
    await rename(aside, target)
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined)
    throw error
  }
}

/**
 * Makes the folder of a file that is written at the end, so that it fails before an hour was received.
 * @throws AppFailure folder-not-writable | disk-full | file-in-use
 */
export async function prepareFile(file: string): Promise<void> {
  try {
    const folder = dirname(file)
    await makeFolder(folder)
    await access(folder, constants.W_OK)
    const found = await stat(file).catch(() => null)
    if (found?.isDirectory()) throw Object.assign(new Error(`EISDIR: ${file} is a folder`), { code: 'EISDIR' })
    await refuseInUse(file)
  } catch (error) {
    if (error instanceof AppFailure) throw error
    throw writeFailure(error as NodeJS.ErrnoException, file)
  }
}

/** Whether there is a regular file. */
export async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() === true
}
