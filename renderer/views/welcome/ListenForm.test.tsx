// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EngineCallError } from '../../client/call-error.ts'
import { setEngine } from '../../client/engine-client.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { sessionStore, showNoSession } from '../../stores/session-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { FakeEngine, fakeSnapshot, sectionsOf } from '../../testing/fake-engine.ts'
import { buttonNamed } from '../../testing/mount.tsx'
import { PARTS } from '../../testing/parts.ts'
import { TooltipProvider } from '../../ui/Tooltip.tsx'
import { ListenForm } from './ListenForm.tsx'
import { interfaceChoices, otherInterfaces } from './listen-model.ts'

/** Against hanging only: machines may be slow. */
const HANG_LIMIT = { timeout: 30_000 }
const INTERFACES = [
  { name: 'lo', address: '127.0.0.1', family: 'IPv4', loopback: true },
  { name: 'en0', address: 'fe80::1', family: 'IPv6', loopback: false },
  { name: 'en0', address: '192.168.1.20', family: 'IPv4', loopback: false },
] as const

const HELLO = { version: '0', platform: 'linux', defaultDumpDir: '/', parts: PARTS }

let root: Root
let host: HTMLElement
let engine: FakeEngine

beforeEach(() => {
  ;(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true
  engine = new FakeEngine({
    openSession: () => ({ sessionId: 's1' }),
    watchSession: () => {
      engine.emit('sections', sectionsOf(fakeSnapshot({ phase: 'finished' })))
      return null
    },
    unwatchSession: () => null,
  })
  setEngine(engine)
  showNoSession()
  connectionStore.setState({ interfaces: INTERFACES, hello: HELLO })
  settingsStore.setState({ listen: { url: 'atsc://', choices: {} }, capture: {} })
  host = document.createElement('div')
  document.body.append(host)
  root = createRoot(host)
  act(() =>
    root.render(
      <TooltipProvider>
        <ListenForm />
      </TooltipProvider>,
    ),
  )
})

afterEach(() => {
  act(() => root.unmount())
  host.remove()
})

function fill(address: string): void {
  type(host.querySelector<HTMLInputElement>('[data-listen-address]'), address)
}

/** The field with this label. */
function labelled(text: string): HTMLInputElement {
  const label = [...host.querySelectorAll('label')].find((one) => one.textContent === text)
  return host.querySelector(`[id="${label?.htmlFor}"]`) as HTMLInputElement
}

function type(field: HTMLInputElement | null, address: string): void {
  if (field === null) throw new Error('no such field')
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

it('opens the typed address and shows the session', async () => {
  fill(' route://225.1.1.0:6000 ')
  submit()
  await act(() => vi.waitFor(() => expect(sessionStore.getState().sessionId).toBe('s1'), HANG_LIMIT))
  expect(engine.calls[0]).toEqual({
    name: 'openSession',
    args: [{ sources: ['route://225.1.1.0:6000'], choices: {} }],
  })
  expect(engine.calls.at(-1)).toEqual({ name: 'watchSession', args: ['s1'] })
})

it('shows an error beside the form, and keeps the address', async () => {
  const error = { code: 'bad-url', message: 'The port 99999 is too large.', tryThis: 'Write 6000.' } as const
  engine.answers.openSession = () => {
    throw new EngineCallError(error)
  }
  fill('route://225.1.1.0:99999')
  submit()
  await act(() => vi.waitFor(() => expect(sessionStore.getState().opening?.error).toEqual(error), HANG_LIMIT))
  expect(host.querySelector('[role=alert]')?.textContent).toContain(error.message)
  expect(host.querySelector('[role=alert]')?.textContent).toContain(error.tryThis)
  expect(host.querySelector<HTMLInputElement>('[data-listen-address]')?.value).toBe('route://225.1.1.0:99999')
  fill('route://225.1.1.0:9999')
  expect(host.querySelector('[role=alert]')).toBeNull()
})

it('has the fields of the option tables, checks them, and writes the command line', async () => {
  fill('atsc://')
  expect(host.querySelector('details')?.open).toBe(false)
  type(labelled('Reorder time'), 'soon')
  expect(labelled('Reorder time').getAttribute('aria-invalid')).toBe('true')
  expect(host.querySelector('[role=alert]')?.textContent).toBe('It must be a whole number from 0 to 3600000.')
  expect(host.querySelector<HTMLButtonElement>('button[type=submit]')?.disabled).toBe(true)
  expect(host.querySelector('summary')?.textContent).toBe('Advanced1 to correct')
  type(labelled('Reorder time'), '250')
  type(labelled('Join'), '1,5009')
  type(labelled('Only from senders'), '10.0.0.1 10.0.0.2')
  act(() => labelled('Keep corrupt files').click())
  expect(host.querySelector('[role=alert]')).toBeNull()
  const lines = [...host.querySelectorAll('code')].map((line) => line.textContent)
  expect(lines).toEqual([
    'routescope open atsc:// --services 1,5009 --source 10.0.0.1 --source 10.0.0.2 --keep-corrupt --reorder-ms 250',
    'gpac -play atsc:// --kc=true --rtimeout=250000',
  ])
  expect(host.textContent).toContain('GPAC has no option for --services, --source.')
  submit()
  await act(() => vi.waitFor(() => expect(sessionStore.getState().sessionId).toBe('s1'), HANG_LIMIT))
  const choices = {
    services: [1, 5009],
    sourceAddresses: ['10.0.0.1', '10.0.0.2'],
    keepCorrupt: true,
    reorderMs: 250,
  }
  expect(engine.calls[0]?.args).toEqual([{ sources: ['atsc://'], choices }])
  expect(settingsStore.getState().listen).toEqual({ url: 'atsc://', choices })
  act(() => buttonNamed(host, 'All defaults').click())
  expect(labelled('Reorder time').value).toBe('')
})

it('has kinds of sources from the parts, and only the options of the chosen kind', () => {
  act(() => buttonNamed(host, 'Everything on an interface').click())
  expect(host.querySelector<HTMLInputElement>('[data-listen-address]')?.value).toBe('interface:en0')
  expect(labelled('Capture filter')).not.toBeNull()
  expect(labelled('Only from senders')).toBeNull()
  expect(host.textContent).not.toContain('Network interface')
  act(() => buttonNamed(host, 'interface:lo').click())
  expect([...host.querySelectorAll('code')].map((line) => line.textContent)).toEqual(['routescope open interface:lo'])
  act(() => buttonNamed(host, 'Capture stream').click())
  expect(labelled('Capture filter')).toBeNull()
  act(() => buttonNamed(host, 'ROUTE session').click())
  expect(labelled('Only from senders')).not.toBeNull()
  expect(host.textContent).toContain('Network interface')
})

it('joins on several interfaces', () => {
  fill('atsc://')
  const choose = (at: number, value: string) => {
    const list = host.querySelectorAll('select')[at] as HTMLSelectElement
    act(() => {
      list.value = value
      list.dispatchEvent(new Event('change', { bubbles: true }))
    })
  }
  choose(0, '127.0.0.1')
  act(() => buttonNamed(host, 'Add an interface').click())
  expect(host.querySelector('code')?.textContent).toBe(
    'routescope open atsc:// --interface 127.0.0.1 --interface 192.168.1.20',
  )
  act(() => buttonNamed(host, 'Remove interface 1').click())
  expect(host.querySelector('code')?.textContent).toBe('routescope open atsc:// --interface 192.168.1.20')
})

it('offers interfaces that reach out first', () => {
  expect(interfaceChoices(INTERFACES).map((choice) => choice.value)).toEqual(['192.168.1.20', 'fe80::1', '127.0.0.1'])
})

it('offers the other interfaces when nothing arrives on one', () => {
  expect(otherInterfaces(INTERFACES, ['192.168.1.20 (en0)']).map((one) => one.name)).toEqual(['lo'])
})
