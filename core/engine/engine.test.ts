import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EngineCommands } from '../contract/engine-api.ts'
import type { ObjectRow } from '../contract/object-table.ts'
import { DEMO_SOURCE } from '../contract/open-request.ts'
import { unpackRows } from '../contract/packed-rows.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import { pcapOf, withLoss } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { sha256, TestFolder, treeOf } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'
import { PART_DESCRIPTIONS } from './registry.ts'
import { specForSources } from './spec/session-specs.ts'

const folder = new TestFolder()
let capture: string
let lossy: string
let engine: Engine
let window: TestWindow
let runs = 0
let temporary: string

beforeAll(async () => {
  const sent = await routeFixture()
  capture = write('demo.pcap', pcapOf(sent))
  lossy = write('lossy.pcap', pcapOf(withLoss(sent, 0.02, 3)))
})
beforeEach(() => {
  temporary = folder.at(`temporary-${++runs}`)
  engine = new Engine({
    tempDir: temporary,
    defaultDumpDir: folder.at(`dumps-${runs}`),
    demoDir: DEMO_FOLDER,
    version: '1.2.3',
  })
  window = new TestWindow(engine)
})
afterEach(() => engine.close())
afterAll(() => folder.remove())

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(folder.at(name), content)
  return folder.at(name)
}

async function opened(file: string, pace: 'fast' | 'real' = 'fast'): Promise<string> {
  return (await window.call('openSession', { sources: [file], choices: { pace } })).sessionId
}

/** Opens a capture, watches it, and waits for its end. */
async function read(file: string): Promise<string> {
  const sessionId = await opened(file)
  await window.call('watchSession', sessionId)
  const { totals } = await window.ended(sessionId)
  await window.until(() => window.rows(sessionId).size === totals.objects)
  return sessionId
}

/** Rows of a view, as a page unpacks them. */
async function rowsOf(...range: Parameters<EngineCommands['objectRows']>): Promise<ObjectRow[]> {
  return unpackRows(await window.call('objectRows', ...range))
}

const byTime = { column: 'firstTimeUs', descending: false } as const

it('keeps temporary files in a folder of its own, which nobody else may enter', async () => {
  const own = new Engine({ defaultDumpDir: folder.path, demoDir: DEMO_FOLDER, version: '1' })
  const dir = own.tempDir()
  expect(own.tempDir()).toBe(dir)
  expect(dir).toMatch(/routescope-\w{6}$/)
  if (process.platform !== 'win32') expect(statSync(dir).mode & 0o777).toBe(0o700)
  await own.close()
  expect(existsSync(dir)).toBe(false)
})

describe('what sessions read', () => {
  it('is written by no recording and no dump, of the same session or another', async () => {
    const before = readFileSync(capture)
    const dir = folder.at('dump-over')
    mkdirSync(join(dir, 'service1'), { recursive: true })
    linkSync(capture, join(dir, 'service1', 'in.pcap'))
    const reading = await opened(capture, 'real')
    const other = await opened(lossy, 'real')
    const refused = /overwrite the capture/
    await expect(window.call('startRecording', reading, capture, {})).rejects.toThrow(refused)
    await expect(window.call('startRecording', other, join(dir, 'service1', 'in.pcap'), {})).rejects.toThrow(refused)
    const third = await opened(join(dir, 'service1', 'in.pcap'), 'real')
    await expect(window.call('dumpSession', third, dir)).rejects.toThrow(/lies in the dump/)
    await expect(window.call('dumpSession', other, dir)).rejects.toThrow(/lies in the dump/)
    const { file } = await window.call('startRecording', other, folder.at('twice.pcapng'), {})
    await expect(window.call('startRecording', reading, file, {})).rejects.toThrow(/are one file/)
    await window.call('stopRecording', other)
    expect(readFileSync(capture).equals(before)).toBe(true)
  })
})

describe('what is there already', () => {
  it('is overwritten by a recording or a dump only where a person was asked', async () => {
    const file = write('precious.pcapng', 'mine')
    const dir = folder.at('precious')
    mkdirSync(join(dir, 'service1'), { recursive: true })
    const sessionId = await opened(capture, 'real')
    await expect(window.call('startRecording', sessionId, file, {})).rejects.toMatchObject({
      error: { code: 'file-exists' },
    })
    await expect(window.call('dumpSession', sessionId, dir)).rejects.toMatchObject({ error: { code: 'file-exists' } })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect(existsSync(join(dir, 'report.json'))).toBe(false)
    await window.call('startRecording', sessionId, file, {}, undefined, true)
    await window.call('dumpSession', sessionId, dir, undefined, true)
    await window.call('stopRecording', sessionId)
    expect(readFileSync(file, 'utf8')).not.toBe('mine')
    await expect(window.call('dumpSession', sessionId, dir)).rejects.toThrow(/and 1 more/)
  })
})

describe('the engine, called by a window', () => {
  it('answers hello, and lists the interfaces', async () => {
    expect(await window.call('hello')).toEqual({
      version: '1.2.3',
      platform: process.platform,
      defaultDumpDir: folder.at(`dumps-${runs}`),
      parts: PART_DESCRIPTIONS,
    })
    expect(await window.call('interfaces')).toContainEqual(
      expect.objectContaining({ address: '127.0.0.1', loopback: true }),
    )
  })

  it('refuses unknown commands, and drops what is no request', async () => {
    for (const command of ['constructor', '__proto__', 'toString', 'hack']) {
      const reply = await window.send({ id: 70, command, args: [] })
      expect(reply).toMatchObject({ id: 70, ok: false, error: { code: 'not-supported' } })
    }
    for (const message of [
      null,
      5,
      'hello',
      {},
      { id: 'x', command: 'hello', args: [] },
      { id: 1, command: 'hello' },
    ]) {
      window.drop(message)
    }
    expect((await window.call('hello')).version).toBe('1.2.3')
  })

  it('names the wrong field of a spec', async () => {
    const spec = { format: 'routescope-session', version: 2, parts: [] } as const
    await expect(window.call('startSession', spec)).rejects.toMatchObject({
      error: { code: 'bad-spec', message: expect.stringContaining('spec.parts') },
    })
    await expect(window.call('startSession', null as unknown as SessionSpec)).rejects.toMatchObject({
      error: { code: 'bad-spec' },
    })
    await expect(window.call('report', 's99')).rejects.toMatchObject({ error: { code: 'no-such-session' } })
    await expect(window.call('openSession', { sources: ['route://225.1.1.0:0'], choices: {} })).rejects.toMatchObject({
      error: { code: 'bad-url' },
    })
  })

  const unreadable: [string, string, () => string][] = [
    ['a file that is no capture', 'not-a-capture', () => write('text.pcap', 'hello\n'.repeat(100))],
    ['a file that is not there', 'file-not-found', () => folder.at('nowhere.pcap')],
    ['a folder', 'file-unreadable', () => folder.path],
    ['a capture without packets', 'no-udp-in-capture', () => write('none.pcap', readFileSync(capture).subarray(0, 24))],
  ]
  it.each(unreadable)('answers the opening of %s with an error, and keeps nothing', async (_, code, make) => {
    await expect(opened(make())).rejects.toMatchObject({ error: { code, tryThis: expect.stringMatching(/\.$/) } })
    expect(await window.call('listSessions')).toEqual([])
    expect(existsSync(temporary) ? readdirSync(temporary) : []).toEqual([])
  })

  it('keeps the earlier session when another cannot be opened', async () => {
    const first = await read(capture)
    await expect(opened(folder.at('nowhere.pcap'))).rejects.toThrow()
    expect(await window.call('listSessions')).toEqual([{ sessionId: first, name: 'demo.pcap' }])
    expect((await window.call('report', first)).services).toHaveLength(1)
  })

  it('shows a capture that is cut short as a session with a problem', async () => {
    const bytes = readFileSync(capture)
    const sessionId = await read(write('cut.pcap', bytes.subarray(0, bytes.length - 9)))
    const { phase, problems, totals } = await window.ended(sessionId)
    expect(phase).toBe('finished')
    expect(problems).toMatchObject([{ code: 'capture-corrupt' }])
    expect(totals.complete).toBeGreaterThan(20)
  })

  it('ends with a message when a capture contains another protocol', async () => {
    const bytes = new TextEncoder().encode('neither fish nor flesh')
    const other = Array.from({ length: 20 }, (_, timeUs) => ({ address: '239.1.1.1', port: 53, bytes, timeUs }))
    const spec = specForSources([write('other.pcap', pcapOf(other))])
    const { sessionId } = await window.call('startSession', spec)
    await window.call('watchSession', sessionId)
    const { phase, problems, flows } = await window.ended(sessionId)
    expect(phase).toBe('failed')
    expect(flows).toMatchObject([{ destination: '239.1.1.1:53', packets: 20 }])
    expect(problems.map(({ code }) => code)).toEqual(['other-protocol'])
  })
})

describe('a session', () => {
  it('reaches a window as snapshot and rows that agree with the report', async () => {
    const sessionId = await read(capture)
    const snapshot = await window.ended(sessionId)
    const report = await window.call('report', sessionId)
    expect(reportFaults(report)).toEqual([])
    const objects = report.services.flatMap(({ sessions }) =>
      sessions.flatMap(({ channels }) => channels.flatMap((each) => each.objects)),
    )
    expect(snapshot.totals.objects).toBe(objects.length)
    expect(window.rows(sessionId)).toEqual(new Set(objects.map((_, index) => index)))
    expect(snapshot.totals).toMatchObject({ packets: report.totals.udp, complete: objects.length, incomplete: 0 })
    expect(snapshot.services[0]?.playable).toMatchObject({ kind: 'dash', live: false })
    const manifest = await fetch(snapshot.services[0]?.playable?.url ?? '')
    expect(manifest.status).toBe(200)
    expect(await manifest.text()).toContain('<MPD')
  })

  it('reaches a second window whole, also when it has ended', async () => {
    const sessionId = await read(capture)
    const second = new TestWindow(engine)
    expect(await second.call('listSessions')).toEqual([{ sessionId, name: 'demo.pcap' }])
    await second.call('watchSession', sessionId)
    const { totals } = await second.ended(sessionId)
    await second.until(() => second.rows(sessionId).size === totals.objects)
    expect(second.data('log').flat().length).toBeGreaterThan(0)
    second.close()
    expect((await window.call('report', sessionId)).services).toHaveLength(1)
  })

  it('answers tables, details, bytes and signalling', async () => {
    const sessionId = await read(lossy)
    const all = await window.call('queryObjects', sessionId, { filter: '', sort: byTime })
    const rows = await rowsOf(sessionId, all.viewId, 0, all.total)
    const whole = rows.find((row) => row.name?.endsWith('.m4s') && row.state === 'complete')
    if (whole === undefined) throw new Error('no whole segment')
    const detail = await window.call('objectDetail', sessionId, whole.index)
    const file = readFileSync(join(DEMO_FOLDER, whole.name ?? ''))
    expect(detail).toMatchObject({ sha256: sha256(file), missing: [], storedBytes: file.length })
    expect(detail.isBoxes).toBe(true)
    const boxes = await window.call('objectBoxes', sessionId, whole.index, 'arrived')
    expect(boxes.rows.map(({ type }) => type)).toEqual(expect.arrayContaining(['moof', 'tfdt', 'trun', 'mdat']))
    const mfhd = boxes.rows.find(({ type }) => type === 'mfhd')?.offset ?? 0
    const fields = await window.call('boxFields', sessionId, whole.index, 'arrived', mfhd)
    expect(fields.at(-1)).toMatchObject({ name: 'sequence_number', offset: mfhd + 12, size: 4 })
    expect(detail.header.length).toBeGreaterThan(3)
    expect(
      Buffer.from(await window.call('objectBytes', sessionId, whole.index, 8, 40)).equals(file.subarray(8, 40)),
    ).toBe(true)
    expect((await window.call('objectBytes', sessionId, whole.index, 0, 1e9)).length).toBe(
      Math.min(file.length, 65_536),
    )
    expect(await window.call('objectPosition', sessionId, all.viewId, whole.index)).toBe(rows.indexOf(whole))

    const partial = await window.call('queryObjects', sessionId, { filter: 'state:partial', sort: byTime })
    const lost = await rowsOf(sessionId, partial.viewId, 0, partial.total)
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.every(({ state }) => state === 'partial')).toBe(true)
    expect(await window.call('objectPosition', sessionId, partial.viewId, whole.index)).toBe(-1)
    expect((await window.call('objectDetail', sessionId, lost[0]?.index ?? -1)).missing.length).toBeGreaterThan(0)
    expect(await window.call('queryObjects', sessionId, { filter: 'size:>x', sort: byTime })).toMatchObject({
      error: expect.any(String),
    })
    expect(await window.call('refreshObjects', sessionId, all.viewId)).toMatchObject({ total: all.total })

    const { signalling } = await window.ended(sessionId)
    const mpd = signalling.find(({ type }) => type === 'MPD')
    const { language, text } = await window.call('signallingText', sessionId, mpd?.key ?? '')
    expect(language).toBe('xml')
    expect(text).toContain('</MPD>')
  })

  it('shows what arrived of a damaged segment, and what is served for it as another view', async () => {
    const sessionId = await read(lossy)
    const partial = await window.call('queryObjects', sessionId, { filter: 'state:partial name:m4s', sort: byTime })
    const rows = await rowsOf(sessionId, partial.viewId, 0, partial.total)
    const details = await Promise.all(rows.map(({ index }) => window.call('objectDetail', sessionId, index)))
    const detail = details.find(({ missing: [first] }) => first !== undefined && first[0] > 2000)
    if (detail === undefined) throw new Error('no segment with a hole in its mdat')
    const { index, name, size } = detail.row
    const sent = readFileSync(join(DEMO_FOLDER, name ?? ''))
    const viewed = (view: 'arrived' | 'served') =>
      window.call('objectBytes', sessionId, index, 0, 1 << 16, undefined, view)
    const arrived = await viewed('arrived')
    const served = await viewed('served')
    const [[from, to] = [0, 0]] = detail.missing
    expect(Buffer.from(arrived.subarray(0, from)).equals(sent.subarray(0, from))).toBe(true)
    expect(Buffer.from(arrived.subarray(to, to + 100)).equals(sent.subarray(to, to + 100))).toBe(true)
    expect(detail.servedBytes).toBe(size)
    expect(Buffer.from(served.subarray(0, from)).equals(sent.subarray(0, from)), 'served is patched').toBe(false)
    const boxes = await window.call('objectBoxes', sessionId, index, 'arrived')
    const types = boxes.rows.filter(({ depth }) => depth === 0).map(({ type }) => type)
    expect(types).toEqual(['styp', 'sidx', 'moof', 'mdat'])
    expect(boxes.rows.find(({ type }) => type === 'moof')).toMatchObject({ missing: 0, fault: null })
    const lacking = detail.missing.reduce((sum, [start, end]) => sum + end - start, 0)
    expect(boxes.rows.at(-1)).toMatchObject({ type: 'mdat', missing: lacking })
    expect(boxes.rows.at(-1)?.fault).toMatch(/samples cut/)
    const patched = await window.call('objectBoxes', sessionId, index, 'served')
    expect(patched.rows.map(({ type }) => type)).toEqual(expect.arrayContaining(['styp', 'moof', 'mdat']))
    expect(patched.rows.every(({ missing }) => missing === 0)).toBe(true)
  })

  it('answers wrong arguments with nothing or an error, and goes on', async () => {
    const sessionId = await read(capture)
    for (const index of [-1, 1e9, Number.NaN, 0.5]) {
      expect(await window.call('objectBoxes', sessionId, index, 'arrived')).toEqual({ rows: [], more: false })
      expect(await window.call('boxFields', sessionId, index, 'served', Number.NaN)).toEqual([])
      await expect(window.call('objectDetail', sessionId, index), String(index)).rejects.toThrow()
      expect(await window.call('objectBytes', sessionId, index, 0, 10)).toEqual(new Uint8Array(0))
    }
    expect(await window.call('signallingText', sessionId, 'nothing')).toMatchObject({ text: '' })
    expect(await rowsOf(sessionId, 77, 0, 10)).toEqual([])
    expect((await window.call('objectBytes', sessionId, 0, 10, 5)).length).toBe(0)
    expect((await window.call('report', sessionId)).services).toHaveLength(1)
  })

  it('dumps its files and the report to a folder or to the default one', async () => {
    const sessionId = await read(capture)
    const result = await window.call('dumpSession', sessionId, folder.at('dump'))
    const media = treeOf(folder.at('dump')).filter(({ path }) => /\.(m4s|mp4)$/.test(path))
    const sent = treeOf(DEMO_FOLDER).filter(({ path }) => /\.(m4s|mp4)$/.test(path))
    expect(media).toEqual(sent.map((entry) => ({ ...entry, path: `service1/${entry.path}` })))
    expect(result).toMatchObject({ dir: folder.at('dump'), files: sent.length + 1 })
    expect(reportFaults(JSON.parse(readFileSync(folder.at('dump', 'report.json'), 'utf8')))).toEqual([])
    const { dir } = await window.call('dumpSession', sessionId, null)
    expect(dir).toMatch(/dumps-\d+.demo-\d{8}-\d{6}$/)
    expect(existsSync(join(dir, 'report.json'))).toBe(true)
    await expect(window.call('dumpSession', sessionId, join(capture, 'below'))).rejects.toMatchObject({
      error: { code: 'folder-not-writable' },
    })
  })

  it('stops, and everything received stays readable until it is closed', async () => {
    const sessionId = await opened(capture, 'real')
    await window.call('watchSession', sessionId)
    await window.until(() => window.rows(sessionId).size > 0)
    await window.call('stopSession', sessionId)
    const { phase, totals } = await window.ended(sessionId)
    expect(phase).toBe('stopped')
    const { viewId, total } = await window.call('queryObjects', sessionId, { filter: '', sort: byTime })
    expect(total).toBe(totals.objects)
    expect(await rowsOf(sessionId, viewId, 0, total)).toHaveLength(total)
    await window.call('stopSession', sessionId)
    await window.call('closeSession', sessionId)
    await expect(window.call('report', sessionId)).rejects.toMatchObject({ error: { code: 'no-such-session' } })
    expect(await window.call('listSessions')).toEqual([])
  })

  it('spills what exceeds its memory, and removes it when it is closed', async () => {
    const spec = specForSources([capture])
    const parts = spec.parts.map((part) => (part.kind === 'store' ? { ...part, memoryBytes: 100_000 } : part))
    const { sessionId } = await window.call('startSession', { ...spec, parts })
    await window.call('watchSession', sessionId)
    await window.ended(sessionId)
    mkdirSync(temporary, { recursive: true })
    // Spilling goes on beside the session: on a busy machine it ends later.
    await vi.waitUntil(() => treeOf(temporary).length > 5, { timeout: 10_000 })
    await window.call('dumpSession', sessionId, folder.at('spilled'))
    expect(treeOf(folder.at('spilled')).filter(({ path }) => path.endsWith('.m4s'))).toHaveLength(24)
    await window.call('closeSession', sessionId)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('frees its port when it is closed', async () => {
    const sessionId = await read(capture)
    const [gateway] = (await window.ended(sessionId)).gateways
    expect((await fetch(`${gateway?.baseUrl}/`)).ok).toBe(true)
    await window.call('closeSession', sessionId)
    await expect(fetch(`${gateway?.baseUrl}/`)).rejects.toThrow()
  })

  it('is no longer sent to a window that closed or stopped watching', async () => {
    const sessionId = await opened(capture, 'real')
    const second = new TestWindow(engine)
    await second.call('watchSession', sessionId)
    await second.until(() => second.snapshot(sessionId) !== null)
    await second.call('unwatchSession', sessionId)
    const before = second.data('sections').length
    await window.call('watchSession', sessionId)
    await window.until(() => window.data('sections').length > 2)
    expect(second.data('sections').length).toBe(before)
    second.close()
    window.close()
  })
})

it('gives no session the id of one of another engine', async () => {
  const other = new Engine({ tempDir: folder.path, defaultDumpDir: '', demoDir: DEMO_FOLDER, version: '0' })
  try {
    const sessions = await Promise.all(
      [engine, other].map((each) => each.open({ sources: [DEMO_SOURCE], choices: {} })),
    )
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(2)
    await engine.closeSession(sessions[0]?.id ?? '')
  } finally {
    await other.close()
  }
})
