// @vitest-environment happy-dom
import { act } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { EngineCallError } from '../../client/call-error.ts'
import { setEngine } from '../../client/engine-client.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { clearSelection, selectObject, selectSignalling } from '../../stores/selection-store.ts'
import { applySections, showNoSession, showSession } from '../../stores/session-store.ts'
import { FakeEngine, fakeError, fakeRow, fakeSnapshot, packRows, sectionsOf } from '../../testing/fake-engine.ts'
import { buttonNamed, type Mounted, mount } from '../../testing/mount.tsx'
import { table } from '../../testing/snapshot-rows.ts'
import { InspectorView } from './InspectorView.tsx'
import { REFRESH_MS, STEP_MS } from './use-object-detail.ts'

const FRAME_MS = 16

const detail = (change: Partial<ObjectDetail> = {}): ObjectDetail => ({
  holes: change.missing ?? [],
  row: fakeRow(0),
  sha256: 'ab'.repeat(32),
  missing: [],
  recovered: [],
  header: [{ name: 'TSI', value: '10', note: 'RFC 5651' }],
  isBoxes: false,
  storedBytes: 1000,
  unpacked: false,
  servedBytes: null,
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
    isLate: false,
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
  applySections(sectionsOf(fakeSnapshot()))
  view = await mount(<InspectorView />)
  // Time advances by the test only.
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
  // Requests for successive objects are STEP_MS apart.
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
  it('explains what to select without a selection', () => {
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

  it('reports bytes that are no longer stored', async () => {
    engine.answers.objectDetail = () => detail({ storedBytes: 0 })
    await select(0)
    await openTab('Hex')
    expect(view.host.textContent).toContain('No longer stored')
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

  it('shows the previous object until the next arrives', async () => {
    await select(0)
    engine.answers.objectDetail = () => detail({ row: fakeRow(1, { name: 'seg_2.m4s' }) })
    await act(async () => selectObject(1))
    expect(view.host.querySelector('[aria-busy=true]')?.textContent).toContain('seg_1.m4s')
    expect(await select(1)).toContain('seg_2.m4s')
  })

  it('skips objects that are deselected before they are requested', async () => {
    await select(0)
    for (const index of [1, 2, 3]) await act(async () => selectObject(index))
    await passTime(STEP_MS - 1)
    await act(async () => selectObject(4))
    const asked = () => engine.calls.filter((call) => call.name === 'objectDetail').map((call) => call.args[1])
    expect(asked()).toEqual([0])
    await passTime(1)
    expect(asked()).toEqual([0, 4])
  })

  it('shows an error and retries on demand', async () => {
    engine.answers.objectDetail = () => {
      throw new EngineCallError(fakeError('The session has ended.'))
    }
    expect(await select(0)).toContain('The session has ended.')
    engine.answers.objectDetail = () => detail()
    await act(async () => buttonNamed(view.host, 'Try again').click())
    expect(view.host.textContent).toContain('seg_1.m4s')
  })

  it('requests the object again when its row changes', async () => {
    objectColumns.apply({ sessionId: 's1', rows: packRows([fakeRow(0, { received: 1 })], () => 0), total: 1 })
    await select(0)
    const asked = () => engine.calls.filter((call) => call.name === 'objectDetail').length
    const before = asked()
    await act(async () =>
      objectColumns.apply({ sessionId: 's1', rows: packRows([fakeRow(0, { received: 2 })], () => 0), total: 1 }),
    )
    // A row of an arriving object changes ten times a second.
    await passTime(REFRESH_MS - 1)
    expect(asked()).toBe(before)
    await passTime(1)
    expect(asked()).toBe(before + 1)
  })

  it('shows the last selection, object or table', async () => {
    engine.answers.signallingText = () => ({
      key: 'slt',
      language: 'xml',
      text: '<SLT bsid="1"/>',
      values: null,
      raw: new Uint8Array(0),
      rawBytes: 0,
      signature: null,
    })
    const slt = table('slt', { bytes: 15 })
    applySections(sectionsOf(fakeSnapshot({ signalling: [slt] })))
    await select(0)
    await act(async () => selectSignalling('slt'))
    await passTime(FRAME_MS)
    expect(view.host.textContent).toContain('<SLT bsid="1"/>')
    expect(await select(3)).toContain('seg_1.m4s')
  })
})

describe('the boxes of an object', () => {
  const box = { size: 100, depth: 0, missing: 0, summary: null, fault: null }
  beforeEach(() => {
    engine.answers.objectDetail = () =>
      detail({ isBoxes: true, row: fakeRow(0, { state: 'partial', received: 900 }), missing: [[500, 600]] })
    engine.answers.objectBoxes = (_session, _index, view) => ({
      more: false,
      rows:
        view === 'arrived'
          ? [
              { ...box, type: 'moof', offset: 0 },
              { ...box, type: 'tfdt', offset: 60, size: 20, depth: 1, summary: '7680000' },
              { ...box, type: 'mdat', offset: 100, size: 900, missing: 100, fault: '1 of 2 samples cut: 2' },
            ]
          : [{ ...box, type: 'free', offset: 0, size: 1000 }],
    })
    engine.answers.boxFields = () => [
      { name: 'baseMediaDecodeTime', value: '7680000', offset: 72, size: 8, note: null },
      { name: 'lost', value: null, offset: 78, size: 2, note: null },
    ]
  })

  const viewsAsked = (name: 'objectBoxes' | 'objectBytes') =>
    engine.calls
      .filter((call) => call.name === name)
      .map(({ args }) => args.find((arg) => typeof arg === 'string' && arg !== 's1'))

  it('name the byte under the cursor in Hex', async () => {
    await select(0)
    await openTab('Hex')
    expect(view.host.querySelector('output')?.textContent).toMatch(/^0 \(0x0\): 0.*moof$/)
    await act(async () => view.host.querySelector<HTMLElement>('[aria-label="Next hole"]')?.click())
    expect(view.host.querySelector('output')?.textContent).toBe('500 (0x1f4): not receivedmdat')
  })

  it('are those of what arrived until the served file is chosen', async () => {
    const before = engine.answers.objectDetail
    await select(0)
    await openTab('Boxes')
    expect(view.host.textContent).not.toContain('Served')
    engine.answers.objectDetail = (...args) => ({
      ...(before as NonNullable<typeof before>)(...args),
      row: fakeRow(1, { state: 'partial', received: 900 }),
      servedBytes: 1000,
      repair: { how: 'strict', bytes: 100, urls: [], fetched: [] },
    })
    await select(1)
    expect(view.host.textContent).toContain('holes stay holes')
    expect(viewsAsked('objectBoxes')).toEqual(['arrived', 'arrived'])
    await act(async () => buttonNamed(view.host, 'Served').click())
    expect(viewsAsked('objectBoxes').at(-1)).toBe('served')
    expect(view.host.textContent).toContain('without the lost samples')
    await openTab('Hex')
    // What is served is compared with what arrived.
    expect(viewsAsked('objectBytes')).toEqual(['served', 'arrived'])
  })
})

describe('the holes of an object', () => {
  it('are stepped through in the bytes', async () => {
    engine.answers.objectDetail = () =>
      detail({
        row: fakeRow(0, { state: 'partial', received: 700 }),
        missing: [
          [100, 200],
          [500, 700],
        ],
      })
    await select(0)
    await openTab('Hex')
    const foot = () => view.host.querySelector('output')?.textContent
    expect(view.host.textContent).toContain('2 holes')
    await act(async () => buttonNamed(view.host, 'Next hole').click())
    expect(foot()).toBe('100 (0x64): not received')
    await act(async () => buttonNamed(view.host, 'Next hole').click())
    expect(foot()).toBe('500 (0x1f4): not received')
    expect(view.host.textContent).toContain('hole 2 of 2')
    await act(async () => buttonNamed(view.host, 'Previous hole').click())
    expect(foot()).toBe('100 (0x64): not received')
  })
})

describe('the margin of a segment', () => {
  it('is the difference of the times shown beside it', async () => {
    const times = { ...detail().times, availabilityUs: 19_253_000, marginUs: -991_900 }
    engine.answers.objectDetail = () => detail({ row: fakeRow(0, { lastTimeUs: 20_244_900 }), times })
    const words = await select(0)
    expect(words).toContain(':20.244')
    expect(words).toContain(':19.253')
    expect(words).toContain('−991 ms late')
  })
})

describe('an object that was repaired', () => {
  it('shows bytes fetched by HTTP, and their server', async () => {
    engine.answers.objectDetail = () =>
      detail({ repair: { how: 'http', bytes: 1448, urls: ['http://a.example/'], fetched: [] } })
    const text = await select(0)
    expect(text).toMatch(/1.448 B by HTTP from http:\/\/a\.example\//)
    expect(text).toContain('completed by repair')
  })

  it('describes a patched object', async () => {
    engine.answers.objectDetail = () => detail({ repair: { how: 'strict', bytes: 1448, urls: [], fetched: [] } })
    expect(await select(0)).toContain('served without its lost samples')
  })
})
