import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asideName } from '../files/aside.ts'
import { ASIDE_PREFIX } from '../files/safe-name.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { removeRemains } from './dump-remains.ts'
import { Engine } from './engine.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

it('removes what an ended engine left of a dump, and nothing else', async () => {
  const dump = folder.at('dump')
  const own = asideName()
  const other = own.replace(`-${process.pid}-`, `-${process.pid + 1}-`)
  for (const name of ['service1/video', 'my own']) mkdirSync(join(dump, name), { recursive: true })
  const left = [own, `service1/${own}`, `service1/video/${own}`]
  const kept = [other, 'report.json', `my own/${own}`, 'service1/a.mp4', `service1/x${own}`]
  for (const name of [...left, ...kept]) writeFileSync(join(dump, name), '')
  await removeRemains(dump, process.pid)
  await removeRemains(folder.at('none'), process.pid)
  expect(left.filter((name) => existsSync(join(dump, name)))).toEqual([])
  expect(kept.filter((name) => !existsSync(join(dump, name)))).toEqual([])
})

describe('a dump', () => {
  let engine: Engine
  let runs = 0
  const capture = folder.at('demo.pcap')
  beforeAll(async () => writeFileSync(capture, pcapOf(await routeFixture())))
  beforeEach(() => {
    engine = new Engine({ tempDir: folder.at('tmp'), defaultDumpDir: '/', demoDir: DEMO_FOLDER, version: '0' })
  })
  afterEach(() => engine.close())

  /** A session that has read the capture, and a new folder to dump it to. */
  async function received() {
    const session = await engine.open({ sources: [capture], choices: {} })
    await session.done
    runs += 1
    return { session, dir: folder.at(`dump${runs}`) }
  }

  it('that the end of the engine cuts short leaves no half of a file', async () => {
    const { session, dir } = await received()
    const writing: (readonly string[])[] = []
    engine.writings.listen((paths) => writing.push(paths))
    const dumping = session.dump(dir, '/').catch(({ error }) => error.code)
    await engine.close()
    expect(await dumping).toBe('engine-died')
    expect(writing).toEqual([[dir], []])
    const names = existsSync(dir) ? readdirSync(dir, { recursive: true }).map(String) : []
    expect(names.filter((name) => name.includes(ASIDE_PREFIX) || name.endsWith('report.json'))).toEqual([])
  })

  it('is whole although its session is closed meanwhile', async () => {
    const { session, dir } = await received()
    const { files } = session.summary()
    const dumping = session.dump(dir, '/')
    await engine.closeSession(session.id)
    expect((await dumping).files).toBe(files)
    expect(JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8'))).toHaveProperty('services')
  })
})
