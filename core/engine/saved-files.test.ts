import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { savePicture, saveRequests } from './saved-files.ts'

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3)
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routescope-picture-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('writes pictures beside each other, and never elsewhere', async () => {
  for (const name of [
    'KSNV 0-00-01 a.m4s',
    'KSNV 0-00-01 a.m4s',
    '../../etc/x',
    '..',
    '/abs/olute',
    'a\0b',
    'x'.repeat(500),
  ])
    await savePicture(folder, name, PNG)
  expect(await readdir(folder)).toEqual(['pictures'])
  const names = await readdir(join(folder, 'pictures'))
  expect(names.sort()).toEqual(
    [
      'KSNV-0-00-01-a.m4s.png',
      'KSNV-0-00-01-a.m4s-2.png',
      'etc-x.png',
      'picture.png',
      'abs-olute.png',
      'a-b.png',
      `${'x'.repeat(120)}.png`,
    ].sort(),
  )
  expect(new Uint8Array(await readFile(join(folder, 'pictures', 'etc-x.png')))).toEqual(PNG)
})

it.each([
  ['text', new TextEncoder().encode('<svg/>')],
  ['nothing', new Uint8Array(0)],
  ['no bytes', 'PNG' as unknown as Uint8Array],
])('refuses %s', async (_, bytes) => {
  await expect(savePicture(folder, 'x', bytes)).rejects.toMatchObject({ error: { code: 'bad-spec' } })
  expect(await readdir(folder)).toEqual([])
})

it('writes requests as HAR, beside earlier ones', async () => {
  const har = '{"log":{"entries":[]}}'
  const files = [await saveRequests(folder, har), await saveRequests(folder, har)].map(({ file }) => file)
  expect(files).toEqual([join(folder, 'requests.har'), join(folder, 'requests-2.har')])
  expect(await readFile(files[1] ?? '', 'utf8')).toBe(har)
})

it.each(['', 'no JSON', 'null', '{}', '{"log":{"entries":1}}', 5 as unknown as string])(
  'refuses %j as requests',
  async (text) => {
    await expect(saveRequests(folder, text)).rejects.toMatchObject({ error: { code: 'bad-spec' } })
    expect(await readdir(folder)).toEqual([])
  },
)
