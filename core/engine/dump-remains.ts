import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asidesOf } from '../files/aside.ts'

/**
 * Removes the temporary files that an engine left in the folder of a dump when its process was ended: beside the report, and in
 * the folders of services. Never rejects.
 * @param pid of that process
 */
export async function removeRemains(folder: string, pid: number, within = /^service/): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isFile() && entry.name.startsWith(asidesOf(pid))) await rm(path, { force: true }).catch(() => undefined)
    else if (entry.isDirectory() && within.test(entry.name)) await removeRemains(path, pid, /^/)
  }
}
