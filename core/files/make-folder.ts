import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and its missing parents, one level at a time. Node's own recursive mkdir never returns where the
 * system answers ENOENT below a folder that exists, as `/proc` does.
 * Rejects with the system's error.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = []
  let at = resolve(path)
  for (;;) {
    const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (found !== null) {
      if (found.isDirectory()) break
      throw Object.assign(new Error(`ENOTDIR: ${at} is not a folder`), { code: 'ENOTDIR' })
    }
    missing.push(at)
    const parent = dirname(at)
    if (parent === at) break
    at = parent
  }
  for (const folder of missing.reverse()) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}
