import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { DEMO_FOLDER } from './make-fixtures.ts'
import { routescope, sha256, type TreeEntry, treeOf } from './program.ts'

/** Files of the demo's DASH presentation. */
export const DASH = /\.(mpd|mp4|m4s)$/

/** The demo's files as expected in a service's folder. */
export const demo = (service: number, wanted: RegExp): TreeEntry[] =>
  readdirSync(DEMO_FOLDER)
    .filter((name) => wanted.test(name))
    .map((name) => {
      const bytes = readFileSync(join(DEMO_FOLDER, name))
      return { path: `service${service}/${name}`, size: bytes.length, sha256: sha256(bytes) }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))

/** Receives a capture into a folder, in the usual words, and lists it. */
export async function receivedInto(out: string, file: string, ...options: string[]): Promise<TreeEntry[]> {
  const { status, stdout, stderr } = await routescope(['receive', '--capture', file, '--out', out, ...options])
  expect(stderr).toMatch(/^Received \d+ packets, \d+ bytes: .*\n(?:Service \d+.*\n)*$/)
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  return treeOf(out)
}
