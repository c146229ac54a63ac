import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Age after which a lock without a process id, left by an owner that crashed at once, is taken over. */
const OWNERLESS_MS = 10_000

/**
 * Runs `work` while it owns the lock folder `path`, so that two processes do not fetch the same file at once. Creating a folder
 * is atomic on every file system; the process id in it shows whether the owner is alive.
 *
 * @template T
 * @param {string} path
 * @param {number} limitMs longest wait for another owner
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withFolderLock(path, limitMs, work) {
  const giveUpAt = Date.now() + limitMs
  while (!(await acquire(path))) {
    if (await holderIsGone(path)) await rm(path, { recursive: true, force: true })
    else if (Date.now() > giveUpAt)
      throw new Error(`Another process keeps ${path} locked for too long; remove it and retry.`)
    else await pause(200)
  }
  try {
    return await work()
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

/** @param {string} path */
async function acquire(path) {
  try {
    await mkdir(path)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
  await writeFile(join(path, 'pid'), String(process.pid))
  return true
}

/** @param {string} path */
async function holderIsGone(path) {
  try {
    const pid = Number(await readFile(join(path, 'pid'), 'utf8'))
    if (pid > 0) return !isAlive(pid)
    return Date.now() - (await stat(path)).mtimeMs > OWNERLESS_MS
  } catch {
    const made = await stat(path).catch(() => null)
    return made !== null && Date.now() - made.mtimeMs > OWNERLESS_MS
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
