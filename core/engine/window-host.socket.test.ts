import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'
import { specForDemo } from './spec/session-specs.ts'

let folder: TestFolder
let engine: Engine

beforeEach(() => {
  folder = new TestFolder()
  engine = new Engine({ tempDir: folder.path, defaultDumpDir: folder.at('dumps'), demoDir: DEMO_FOLDER, version: '0' })
})
afterEach(async () => {
  await engine.close()
  folder.remove()
})

it('serves all sessions to windows on one port, each below a path of its own', async () => {
  const origin = await engine.serveWindows(0)
  const window = new TestWindow(engine)
  const ids: string[] = []
  for (const spec of [specForDemo(), specForDemo()]) {
    const { sessionId } = await window.call('startSession', spec)
    ids.push(sessionId)
    await window.call('watchSession', sessionId)
  }
  const playable = (id: string) => window.snapshot(id)?.services[0]?.playable ?? null
  await window.until(() => ids.every((id) => playable(id) !== null && (window.snapshot(id)?.totals.complete ?? 0) > 3))
  const urls = ids.map((id) => playable(id)?.url ?? '')
  expect(urls.map((url) => new URL(url).origin)).toEqual([origin, origin])
  const prefixes = urls.map((url) => /^\/([\w-]{12})\/service1\//.exec(new URL(url).pathname)?.[1])
  expect(new Set(prefixes).size).toBe(2)
  for (const [at, url] of urls.entries()) {
    // A page of any origin that knows the path may read: it is told to windows only.
    const reply = await fetch(url, { headers: { Origin: 'routescope://app' } })
    expect(reply.headers.get('access-control-allow-origin')).toBe('routescope://app')
    const text = await reply.text()
    expect(text).toContain('type="dynamic"')
    expect(text).toContain(`${origin}/${prefixes[at]}/clock`)
    // The gateway keeps the address of its own.
    const own = window.snapshot(ids[at] ?? '')?.gateways[0]?.baseUrl ?? ''
    expect([own.startsWith('http://127.0.0.1:'), new URL(own).origin === origin]).toEqual([true, false])
    expect((await fetch(`${own}/service1/`)).status).toBe(200)
  }
  expect((await fetch(`${origin}/service1/`)).status).toBe(404)
  await window.call('closeSession', ids[0] ?? '')
  expect((await fetch(urls[0] ?? '')).status).toBe(404)
  expect((await fetch(urls[1] ?? '')).status).toBe(200)
})

it('without its port, windows are served by each gateway', async () => {
  await expect(engine.serveWindows(70_000)).rejects.toBeDefined()
  const window = new TestWindow(engine)
  const { sessionId } = await window.call('startSession', specForDemo())
  await window.call('watchSession', sessionId)
  await window.until(() => window.snapshot(sessionId)?.services[0]?.playable != null)
  const snapshot = window.snapshot(sessionId)
  expect(snapshot?.services[0]?.playable?.url).toContain(`${snapshot?.gateways[0]?.baseUrl}/service1/`)
})
