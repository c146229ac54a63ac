import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { SessionSpec } from '../../../core/contract/session-spec.ts'
import { EngineCallError } from '../../client/call-error.ts'
import { setEngine } from '../../client/engine-client.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { sessionStore, showNoSession } from '../../stores/session-store.ts'
import { FakeEngine, fakeSnapshot } from '../../testdata/fake-engine.ts'
import { ListenForm } from './ListenForm.tsx'
import { interfaceChoices, otherInterfaces } from './listen-model.ts'

const SPEC: SessionSpec = { format: 'routescope-session', version: 1, sources: [], sinks: [] }
const INTERFACES = [
  { name: 'lo', address: '127.0.0.1', family: 'IPv4', loopback: true },
  { name: 'en0', address: 'fe80::1', family: 'IPv6', loopback: false },
  { name: 'en0', address: '192.168.1.20', family: 'IPv4', loopback: false },
] as const

let root: Root
let host: HTMLElement
let engine: FakeEngine

beforeEach(() => {
  ;(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true
  engine = new FakeEngine({
    specForUrl: () => SPEC,
    startSession: () => ({ sessionId: 's1' }),
    watchSession: () => {
      engine.emit('snapshot', fakeSnapshot({ phase: 'finished' }))
      return null
    },
    unwatchSession: () => null,
  })
  setEngine(engine)
  showNoSession()
  connectionStore.setState({ interfaces: INTERFACES })
  host = document.createElement('div')
  document.body.append(host)
  root = createRoot(host)
  act(() => root.render(<ListenForm />))
})

afterEach(() => {
  act(() => root.unmount())
  host.remove()
})

function fill(address: string): void {
  const field = host.querySelector<HTMLInputElement>('[data-listen-address]')
  if (field === null) throw new Error('no address field')
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
  act(() => {
    set?.call(field, address)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
}

function submit(): void {
  act(() => {
    host.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  })
}

it('asks the engine for what was typed, and puts the session on the screen', async () => {
  fill(' route://225.1.1.0:6000 ')
  submit()
  await act(() => vi.waitFor(() => expect(sessionStore.getState().sessionId).toBe('s1')))
  expect(engine.calls[0]).toEqual({ name: 'specForUrl', args: ['route://225.1.1.0:6000', null] })
  expect(engine.calls.at(-1)).toEqual({ name: 'watchSession', args: ['s1'] })
})

it('says what is wrong beside the form, and keeps what was typed', async () => {
  const error = { code: 'bad-url', message: 'The port 99999 is too large.', tryThis: 'Write 6000.' } as const
  engine.answers.specForUrl = () => {
    throw new EngineCallError(error)
  }
  fill('route://225.1.1.0:99999')
  submit()
  await act(() => vi.waitFor(() => expect(sessionStore.getState().opening?.error).toEqual(error)))
  expect(host.querySelector('[role=alert]')?.textContent).toContain(error.message)
  expect(host.querySelector('[role=alert]')?.textContent).toContain(error.tryThis)
  expect(host.querySelector<HTMLInputElement>('[data-listen-address]')?.value).toBe('route://225.1.1.0:99999')
  fill('route://225.1.1.0:9999')
  expect(host.querySelector('[role=alert]')).toBeNull()
})

it('offers interfaces that reach out first', () => {
  expect(interfaceChoices(INTERFACES).map((choice) => choice.value)).toEqual(['192.168.1.20', 'fe80::1', '127.0.0.1'])
})

it('offers the other interfaces when nothing arrives on one', () => {
  expect(otherInterfaces(INTERFACES, ['192.168.1.20 (en0)']).map((one) => one.name)).toEqual(['lo'])
})
