import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Contents of a small JSON file; null where missing or broken, because a broken settings file must not stop the app. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** Writes a temporary file and renames it, so that a crash keeps the old contents. A full disk loses only the setting. */
export function writeJson(path: string, value: unknown): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`)
    renameSync(`${path}.new`, path)
  } catch (error) {
    console.error(`Could not write ${path}: ${error instanceof Error ? error.message : error}`)
  }
}
