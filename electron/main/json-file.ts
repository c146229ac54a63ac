import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Contents of a small JSON file; null where it is missing or broken, since a broken settings file must stop nothing. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** Writes aside and renames, so that a crash leaves the old contents. A disk that is full costs the setting only. */
export function writeJson(path: string, value: unknown): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`)
    renameSync(`${path}.new`, path)
  } catch (error) {
    console.error(`Could not write ${path}: ${error instanceof Error ? error.message : error}`)
  }
}
