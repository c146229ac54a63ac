import { act } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { EngineCallError } from '../../client/call-error.ts'
import { setEngine } from '../../client/engine-client.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { clearSelection, selectObject, selectSignalling } from '../../stores/selection-store.ts'
import { showNoSession, showSession, takeSections } from '../../stores/session-store.ts'
import { FakeEngine, fakeError, fakeRow, fakeSnapshot, packRows, sectionsOf } from '../../testing/fake-engine.ts'
import { buttonNamed, type Mounted, mount } from '../../testing/mount.tsx'
import { InspectorView } from './InspectorView.tsx'
import { REFRESH_MS, STEP_MS } from './use-object-detail.ts'

const FRAME_MS = 16

const detail = (change: Partial<ObjectDetail> = {}): ObjectDetail => ({
  row: fakeRow(0),
  sha256: 'ab'.repeat(32),
  missing: [],
  recovered: [],
  header: [{ name: 'TSI', value: '10', note: 'RFC 5651' }],
  boxes: [],
  storedBytes: 1000,
  text: null,
  url: 'http://127.0.0.1:8080/service1/seg_1.m4s',
  repair: null,
  times: {
    senderUs: null,
    senderDelayUs: null,
    residualMs: null,
    sessionChangedUs: null,
    presentationUs: null,
    earliestTicks: null,
    availabilityUs: null,
    marginUs: null,
  },
  cause: null,
  ...change,
})

let engine: FakeEngine
let view: Mounted

beforeEach(async () => {
  engine = new FakeEngine({
    objectDetail: () => detail(),
    objectBytes: (_session, _index, from, to) => new Uint8Array(to - from),
  })
  setEngine(engine)
  showSession('s1', null)
  takeSections(sectionsOf(fakeSnapshot()))
  view = await mount(<InspectorView />)
  // From here on time passes only where a test says so, however slow the machine is.
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'performance', 'requestAnimationFrame', 'cancelAnimationFrame'],
  })
})

afterEach(() => {
  vi.useRealTimers()
  view.unmount()
  showNoSession()
  clearSelection()
  objectColumns.clear()
})

const passTime = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)))

const busy = () => view.host.querySelector('[aria-busy=true]') !== null

async function select(index: number): Promise<string> {
  await act(async () => selectObject(index))
  // One after the other, objects are asked for a moment apart.
  if (busy()) await passTime(STEP_MS)
  expect(busy()).toBe(false)
  return view.host.textContent ?? ''
}

/** Radix chooses a tab when the pointer goes down on it. */
const openTab = (name: string) =>
  act(async () => {
    buttonNamed(view.host, name).dispatchEvent(new MouseEvent('mousedown', { bubbles: true, button: 0 }))
    await vi.advanceTimersByTimeAsync(FRAME_MS)
  })

describe('inspector', () => {
  it('says what to select while nothing is', () => {
    expect(view.host.textContent).toContain('Nothing selected')
  })

  it('shows name, size, codepoint and header of the selected object', async () => {
    const words = await select(0)
    expect(words).toContain('seg_1.m4s')
    expect(words).toContain('all received')
    expect(words).toContain('media segment, file mode')
    expect(words).toContain('RFC 5651')
    expect(words).toContain('abababab…')
  })

  it('lists missing ranges, and shows one in the bytes', async () => {
    engine.answers.objectDetail = () =>
      detail({ row: fakeRow(0, { state: 'partial', received: 900 }), missing: [[100, 200]], sha256: null })
    expect(await select(0)).toContain('Missing 100 B in 1 range')
    await act(async () => buttonNamed(view.host, '100–199').click())
    expect(view.host.querySelector('output')?.textContent).toBe('100 (0x64): not received')
  })

  it('says so where the bytes are no longer stored', async () => {
    engine.answers.objectDetail = () => detail({ storedBytes: 0 })
    await select(0)
    await openTab('Hex')
    expect(view.host.textContent).toContain('Not stored any more')
    expect(engine.calls.some((call) => call.name === 'objectBytes')).toBe(false)
  })

  it('offers XML only for objects that are text', async () => {
    await select(0)
    expect(view.host.querySelectorAll('[role=tab]')).toHaveLength(2)
    engine.answers.objectDetail = () => detail({ row: fakeRow(1), text: { language: 'xml', text: '<MPD id="a"/>' } })
    await select(1)
    await openTab('XML')
    expect(view.host.querySelector('pre')?.textContent).toContain('<MPD id="a"/>')
  })

  it('leaves the object before on the screen until the next has come', async () => {
    await select(0)
    engine.answers.objectDetail = () => detail({ row: fakeRow(1, { name: 'seg_2.m4s' }) })
    await act(async () => selectObject(1))
    expect(view.host.querySelector('[aria-busy=true]')?.textContent).toContain('seg_1.m4s')
    expect(await select(1)).toContain('seg_2.m4s')
  })

  it('passes over objects that are left before they are shown', async () => {
    await select(0)
    for (const index of [1, 2, 3]) await act(async () => selectObject(index))
    await passTime(STEP_MS - 1)
    await act(async () => selectObject(4))
    const asked = () => engine.calls.filter((call) => call.name === 'objectDetail').map((call) => call.args[1])
    expect(asked()).toEqual([0])
    await passTime(1)
    expect(asked()).toEqual([0, 4])
  })

  it('tells a failure and tries again on demand', async () => {
    engine.answers.objectDetail = () => {
      throw new EngineCallError(fakeError('The session has ended.'))
    }
    expect(await select(0)).toContain('The session has ended.')
    engine.answers.objectDetail = () => detail()
    await act(async () => buttonNamed(view.host, 'Try again').click())
    expect(view.host.textContent).toContain('seg_1.m4s')
  })

  it('asks again when the row changes', async () => {
    objectColumns.apply({ sessionId: 's1', rows: packRows([fakeRow(0, { received: 1 })], () => 0), total: 1 })
    await select(0)
    const asked = () => engine.calls.filter((call) => call.name === 'objectDetail').length
    const before = asked()
    await act(async () =>
      objectColumns.apply({ sessionId: 's1', rows: packRows([fakeRow(0, { received: 2 })], () => 0), total: 1 }),
    )
    // Not at once: a row that arrives changes ten times a second.
    await passTime(REFRESH_MS - 1)
    expect(asked()).toBe(before)
    await passTime(1)
    expect(asked()).toBe(before + 1)
  })

  it('shows what was selected last, object or table', async () => {
    engine.answers.signallingText = () => ({
      key: 'slt',
      language: 'xml',
      text: '<SLT bsid="1"/>',
      values: null,
      raw: new Uint8Array(0),
      rawBytes: 0,
      signature: null,
    })
    const slt = {
      key: 'slt',
      series: 'slt',
      group: null,
      signed: false,
      signature: null,
      tsi: null,
      toi: null,
      toiMeaning: null,
      interval: null,
      scope: 'lls',
      service: null,
      type: 'SLT',
      name: 'SLT',
      version: 1,
      count: 1,
      bytes: 15,
      firstTimeUs: 0,
      lastTimeUs: 0,
    } as const
    takeSections(sectionsOf(fakeSnapshot({ signalling: [slt] })))
    await select(0)
    await act(async () => selectSignalling('slt'))
    await passTime(FRAME_MS)
    expect(view.host.textContent).toContain('<SLT bsid="1"/>')
    expect(await select(3)).toContain('seg_1.m4s')
  })
})

describe('an object that was repaired', () => {
  it('says how many bytes came by HTTP, and from where', async () => {
    engine.answers.objectDetail = () => detail({ repair: { how: 'http', bytes: 1448, urls: ['http://a.example/'] } })
    const text = await select(0)
    expect(text).toMatch(/1.448 B by HTTP from http:\/\/a\.example\//)
    expect(text).toContain('whole by now')
  })

  it('says what a patched one is like', async () => {
    engine.answers.objectDetail = () => detail({ repair: { how: 'strict', bytes: 1448, urls: [] } })
    expect(await select(0)).toContain('served with its damaged fragments hidden')
  })
})
