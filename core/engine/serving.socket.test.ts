import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { Engine } from './engine.ts'

const folder = new TestFolder()
let engine: Engine

beforeEach(() => {
  engine = new Engine({
    tempDir: folder.at('tmp'),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
})
afterEach(() => engine.close())
afterAll(() => folder.remove())

it('serves more folders while it runs, each below its name, and writes where that is allowed', async () => {
  for (const name of ['first', 'more', 'deep/more']) {
    mkdirSync(folder.at(name), { recursive: true })
    writeFileSync(folder.at(`${name}/a.txt`), name)
  }
  const session = await engine.serve({ serveRead: [folder.at('first')], listing: true })
  const server = () => session.snapshot().servers[0]
  const base = server()?.baseUrl ?? ''
  const text = async (path: string, init?: RequestInit): Promise<string | number> => {
    const reply = await fetch(`${base}${path}`, init)
    return reply.ok ? await reply.text() : reply.status
  }
  const put = { method: 'PUT', body: 'new' }
  expect([await text('/a.txt'), await text('/more/a.txt'), await text('/more/b.txt', put)]).toEqual(['first', 404, 405])

  const [section] = session.sections().filter(({ section: { name } }) => name === 'server')
  const version = section?.section.version() ?? 0
  await session.addFolder(folder.at('more'), false)
  expect(section?.section.version()).toBeGreaterThan(version)
  await session.addFolder(folder.at('deep/more'), true)
  await session.addFolder(folder.at('made'), true)
  expect(server()?.places).toEqual([
    { path: '/', name: folder.at('first'), reads: true, writes: false },
    { path: '/more/', name: folder.at('more'), reads: true, writes: false },
    { path: '/more-2/', name: folder.at('deep/more'), reads: true, writes: true },
    { path: '/made/', name: folder.at('made'), reads: true, writes: true },
  ])
  expect([await text('/a.txt'), await text('/more/a.txt'), await text('/more-2/a.txt')]).toEqual([
    'first',
    'more',
    'deep/more',
  ])
  expect(await text('/more/b.txt', put)).toBe(403)
  await fetch(`${base}/made/b.txt`, put)
  expect(readFileSync(folder.at('made/b.txt'), 'utf8')).toBe('new')
  const listed = (await (await fetch(`${base}/`, { headers: { accept: 'application/json' } })).text()) as string
  for (const name of ['more', 'more-2', 'made', 'a.txt']) expect(listed).toContain(`"${name}"`)
})

it('refuses what is no folder, and any once it has stopped', async () => {
  writeFileSync(folder.at('file'), '')
  const session = await engine.serve({ serveWrite: folder.at('up') })
  await expect(session.addFolder(folder.at('file'), false)).rejects.toMatchObject({ error: { code: 'input-unusable' } })
  expect(session.snapshot().servers[0]?.places).toHaveLength(1)
  await session.stop()
  await expect(session.addFolder(folder.at('more'), false)).rejects.toMatchObject({ error: { code: 'not-supported' } })
})
