import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'
import { specForDemo } from './spec/session-specs.ts'

let folder: TestFolder
let engine: Engine
let window: TestWindow

beforeEach(() => {
  folder = new TestFolder()
  engine = new Engine({ tempDir: folder.path, defaultDumpDir: folder.at('dumps'), demoDir: DEMO_FOLDER, version: '0' })
  window = new TestWindow(engine)
})
afterEach(async () => {
  await engine.close()
  folder.remove()
})

it('the demo is broadcast on loopback, received, playable, and readable after it was stopped', async () => {
  const { sessionId } = await window.call('openSession', { sources: ['demo:'], choices: {} })
  await window.call('watchSession', sessionId)
  await window.until(() => {
    const snapshot = window.snapshot(sessionId)
    return snapshot?.services[0]?.playable != null && snapshot.totals.complete > 5
  })
  const live = window.snapshot(sessionId)
  expect(live?.services[0]).toMatchObject({ id: 1, protocol: 'route', playable: { kind: 'dash', live: true } })
  expect(live?.source.sockets[0]).toMatchObject({ interface: expect.stringContaining('127.0.0.1'), problem: null })
  expect(live?.source.sockets[0]?.grantedBufferBytes).toBeGreaterThan(0)
  expect(live?.broadcasts[0]?.packets).toBeGreaterThan(0)
  const manifest = await fetch(live?.services[0]?.playable?.url ?? '')
  expect(await manifest.text()).toContain('type="dynamic"')

  await window.call('stopSession', sessionId)
  const { phase, problems, totals } = await window.ended(sessionId)
  expect({ phase, problems, malformed: totals.malformed }).toEqual({ phase: 'stopped', problems: [], malformed: 0 })
  const { files } = await window.call('dumpSession', sessionId, folder.at('dump'))
  expect(files).toBeGreaterThan(3)
})

it('two demos at once do not hear each other', async () => {
  const specs = [specForDemo(), specForDemo()]
  const ids: string[] = []
  for (const spec of specs) ids.push((await window.call('startSession', spec)).sessionId)
  for (const id of ids) await window.call('watchSession', id)
  await window.until(() => ids.every((id) => (window.snapshot(id)?.totals.complete ?? 0) > 3))
  for (const id of ids) {
    const snapshot = window.snapshot(id)
    expect(snapshot?.flows).toHaveLength(1)
    expect(snapshot?.totals.malformed).toBe(0)
  }
})

it('reports a missing presentation', async () => {
  const broken = new Engine({
    tempDir: folder.path,
    defaultDumpDir: '',
    demoDir: join(folder.path, 'none'),
    version: '0',
  })
  rmSync(join(folder.path, 'none'), { recursive: true, force: true })
  const other = new TestWindow(broken)
  await expect(other.call('openSession', { sources: ['demo:'], choices: {} })).rejects.toMatchObject({
    error: {
      code: expect.stringMatching(/file-not-found|input-unusable/),
      message: expect.stringContaining('manifest.mpd'),
    },
  })
  expect(await other.call('listSessions')).toEqual([])
  await broken.close()
})
