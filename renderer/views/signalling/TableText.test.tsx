// @vitest-environment happy-dom
import { act } from 'react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { setEngine } from '../../client/engine-client.ts'
import { runCommand } from '../../stores/command-store.ts'
import { frameStore } from '../../stores/frame-store.ts'
import { clearSelection, selectionStore, selectSignalling } from '../../stores/selection-store.ts'
import { applySections, showNoSession, showSession } from '../../stores/session-store.ts'
import { FakeEngine, fakeSnapshot, sectionsOf } from '../../testing/fake-engine.ts'
import { buttonNamed, type Mounted, mount } from '../../testing/mount.tsx'
import { table } from '../../testing/snapshot-rows.ts'
import { SignallingView } from './SignallingView.tsx'

const texts: Readonly<Record<string, string>> = { v1: '<SLT bsid="1"><A/></SLT>', v2: '<SLT bsid="1"><B/></SLT>' }
const version = (key: string, number: number, change = {}) =>
  table(key, { series: 'slt', version: number, group: 1, ...change })
let engine: FakeEngine
let view: Mounted

beforeEach(async () => {
  engine = new FakeEngine()
  setEngine(engine)
  showSession('s1', null)
  engine.answers.signallingText = ((_session: string, key: string) => ({
    key,
    language: 'xml',
    text: texts[key] ?? '',
    values: { bsids: [1], services: [{ serviceId: 7, shortServiceName: 'SEVEN' }] },
    raw: new Uint8Array([1, 1, 0, 2, 0x1f, 0x8b]),
    rawBytes: 6,
    signature: null,
  })) as never
  applySections(sectionsOf(fakeSnapshot({ signalling: [version('v1', 1), version('v2', 2, { signature: 'bad' })] })))
  // The content is beside the list only where no inspector is in sight.
  frameStore.setState({ maximised: 'signalling' })
  view = await mount(<SignallingView />)
  await act(async () => selectSignalling('v2'))
  await view.settle()
})
afterEach(() => {
  view.unmount()
  frameStore.setState({ maximised: null })
  showNoSession()
  clearSelection()
})

const press = async (name: string) => {
  await act(async () => buttonNamed(view.host, name).click())
  await view.settle()
}
const shown = () => view.host.textContent ?? ''

it('shows one version decoded, as text, as bytes and as a diff', async () => {
  expect(shown()).toContain('v2 2 of 2')
  expect(shown()).toContain('Signature invalid')
  expect(shown()).toContain('Name')
  await press('XML')
  expect(shown()).toContain('<B/>')
  await press('Raw')
  expect(shown()).toContain('6 bytes as sent')
  await press('Diff')
  expect(shown()).toContain('1 line removed, 1 added')
})

it('steps through versions, and follows the newest if it is selected', async () => {
  await act(async () => runCommand('table-previous-version'))
  await view.settle()
  expect(selectionStore.getState().signallingKey).toBe('v1')
  expect(shown()).toContain('v1 1 of 2')
  await act(async () =>
    applySections(sectionsOf(fakeSnapshot({ signalling: ['v1', 'v2', 'v3'].map((key, at) => version(key, at + 1)) }))),
  )
  expect(selectionStore.getState().signallingKey).toBe('v1')
  await act(async () => runCommand('table-next-version'))
  await act(async () => runCommand('table-next-version'))
  expect(selectionStore.getState().signallingKey).toBe('v3')
  await act(async () =>
    applySections(
      sectionsOf(fakeSnapshot({ signalling: ['v1', 'v2', 'v3', 'v4'].map((key, at) => version(key, at + 1)) })),
    ),
  )
  expect(selectionStore.getState().signallingKey).toBe('v4')
})
