// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { GpacForm } from '../../../core/contract/gpac-form.ts'
import { EngineCallError } from '../../client/call-error.ts'
import { setEngine } from '../../client/engine-client.ts'
import { frameStore } from '../../stores/frame-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { FakeEngine } from '../../testing/fake-engine.ts'
import { GpacLine } from './GpacLine.tsx'

let root: Root
let host: HTMLElement
let answer: () => GpacForm
const onListen = vi.fn()

beforeEach(() => {
  ;(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true
  setEngine(new FakeEngine({ readGpacLine: () => answer() }))
  onListen.mockClear()
  frameStore.setState({ form: null })
  host = document.createElement('div')
  document.body.append(host)
  root = createRoot(host)
  act(() => root.render(<GpacLine onListen={onListen} />))
})
afterEach(() => {
  act(() => root.unmount())
  host.remove()
})

/** Pastes a line and asks for its form. */
async function paste(line: string): Promise<void> {
  const input = host.querySelector('input') as HTMLInputElement
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
  await act(async () => {
    set?.call(input, line)
    input.dispatchEvent(new Event('input', { bubbles: true }))
  })
  await act(async () => {
    host.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  })
}

it('fills in the Listen form', async () => {
  answer = () => ({
    kind: 'listen',
    url: 'route://225.1.1.0:6000',
    choices: { keepCorrupt: true },
    notes: ['No folder.'],
  })
  await paste('gpac -play route://225.1.1.0:6000')
  expect(settingsStore.getState().listen).toEqual({ url: 'route://225.1.1.0:6000', choices: { keepCorrupt: true } })
  expect(onListen).toHaveBeenCalledTimes(1)
  expect(host.querySelector('[role=status]')?.textContent).toBe('No folder.')
})

it('fills in the Send form and opens it', async () => {
  const request = { inputs: [{ input: 'a.mpd', own: {} }], destination: 'atsc://', choices: {}, receiveBack: false }
  answer = () => ({ kind: 'send', request, notes: [] })
  await paste('gpac -i a.mpd dashin:forward=file -o atsc://')
  expect(settingsStore.getState().send).toEqual(request)
  expect(frameStore.getState().form).toBe('send')
})

it('shows what is wrong, with its column', async () => {
  const fault = {
    code: 'bad-command-line',
    message: "Column 3: unknown filter 'x'.",
    tryThis: 'Right form: …',
  } as const
  answer = () => {
    throw new EngineCallError(fault)
  }
  await paste('x')
  expect(host.querySelector('[role=alert]')?.textContent).toContain("Column 3: unknown filter 'x'.")
  expect(onListen).not.toHaveBeenCalled()
})
