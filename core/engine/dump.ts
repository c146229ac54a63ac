import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
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
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new AppFailure(
        'disk-full',
        `The disk filled up while writing ${file}.`,
        'Free some space and dump again.',
        error,
      )
    }
    throw new AppFailure(
      'folder-not-writable',
      `${file} cannot be written.`,
      'Choose a folder you may write to.',
      error,
    )
  }
}
