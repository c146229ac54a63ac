import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type FileUse, SERVICE_FOLDER, seriesPattern } from './file-clashes.ts'

/** Lists files and folders that would be overwritten, each as `--report r.json`; pipes and devices are not among them. */
export async function existingOutputs(uses: readonly FileUse[]): Promise<string[]> {
  const found: string[] = []
  for (const { writes, shape, path, name } of uses) {
    if (!writes) continue
    if (shape === 'file' && (await isFile(path))) found.push(`${name} ${path}`)
    if (shape === 'folder') {
      const [first] = await entriesOf(path, SERVICE_FOLDER)
      if (first !== undefined) found.push(`${name} ${join(path, first)}`)
    }
    if (shape === 'series') {
      const [first] = await entriesOf(dirname(path), seriesPattern(path))
      if (first !== undefined) found.push(`${name} ${join(dirname(path), first)}`)
    }
  }
  return found
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true
}

async function entriesOf(folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name)).sort()
}
