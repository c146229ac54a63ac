import type { Dirent } from 'node:fs'
import { lstat, opendir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ASIDE_PREFIX } from './safe-name.ts'

/** Entries of folders that are looked at, so that a start does not wait for a disk full of files. */
const MAX_ENTRIES = 100_000
/** As `asideName` makes them. */
const ASIDE = new RegExp(`^${ASIDE_PREFIX.replaceAll('.', '\\.')}(\\d{1,10})-[0-9a-f]{12}$`)

/**
 * Removes the temporary files in and below a folder that processes left there which were killed. Those of processes that run stay, and
 * so does what was written since this process began. Links are not followed. Never rejects.
 * @returns how many files were removed
 */
export async function removeAsideRemains(folder: string, maxEntries = MAX_ENTRIES): Promise<number> {
  const beganMs = Date.now() - process.uptime() * 1000
  const folders = [folder]
  let looked = 0
  let removed = 0
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for await (const entry of entriesOf(at)) {
      if (++looked > maxEntries) return removed
      const path = join(at, entry.name)
      if (entry.isDirectory()) folders.push(path)
      else if (entry.isFile() && isOfEnded(entry.name) && (await isOlder(path, beganMs)))
        removed += await rm(path).then(
          () => 1,
          () => 0,
        )
    }
  }
  return removed
}

/** Entries of a folder; those that can be read. */
async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder)
  } catch {
    // What cannot be listed is left as it is.
  }
}

/** Whether a name is that of a temporary file of a process that has ended: this one's number may have been another's before. */
function isOfEnded(name: string): boolean {
  const pid = Number(ASIDE.exec(name)?.[1] ?? 0)
  return pid > 0 && (pid === process.pid || !isRunning(pid))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Processes of other users refuse the signal.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function isOlder(path: string, beganMs: number): Promise<boolean> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs < beganMs,
    () => false,
  )
}
