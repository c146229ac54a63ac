import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeFolder } from './make-folder.ts'

const scratch = mkdtempSync(join(tmpdir(), 'routescope-folder-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

it('makes every missing level, and accepts existing ones', async () => {
  const deep = join(scratch, 'a', 'b', 'c')
  await makeFolder(deep)
  await makeFolder(deep)
  expect(existsSync(deep)).toBe(true)
})

it('refuses below a file', async () => {
  const file = join(scratch, 'file')
  writeFileSync(file, '')
  await expect(makeFolder(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

it.skipIf(!existsSync('/proc/self'))('returns where the system cannot make a folder', async () => {
  await expect(makeFolder('/proc/routescope')).rejects.toMatchObject({ code: 'ENOENT' })
})
