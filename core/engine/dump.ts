import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFailure } from '../files/folder-sink.ts'
import { makeFolder } from '../files/make-folder.ts'

/** `route-dash-20261121-143005`: a folder name from a session's name and its start, safe on every system. */
export function dumpFolderName(sessionName: string, startedWallUs: number): string {
  const stamp = new Date(startedWallUs / 1000).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const name = sessionName
    .replace(/\.(pcap|pcapng|cap)(\.gz)?$/i, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60)
  return `${name || 'session'}-${stamp}`
}

/**
 * Writes a text file whole or not at all.
 * @throws AppFailure folder-not-writable | disk-full
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const aside = `${file}.writing`
  try {
    await makeFolder(dirname(file))
    await writeFile(aside, text)
    await rename(aside, file)
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined)
    throw writeFailure(error as NodeJS.ErrnoException, file)
  }
}

/**
 * Makes the folder of a file that is written at the end, so that it fails before an hour was received.
 * @throws AppFailure folder-not-writable | disk-full
 */
export async function prepareFile(file: string): Promise<void> {
  try {
    const folder = dirname(file)
    await makeFolder(folder)
    await access(folder, constants.W_OK)
    const found = await stat(file).catch(() => null)
    if (found?.isDirectory()) throw Object.assign(new Error(`EISDIR: ${file} is a folder`), { code: 'EISDIR' })
  } catch (error) {
    throw writeFailure(error as NodeJS.ErrnoException, file)
  }
}
