// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import type { WireRequest } from '../../core/contract/engine-api.ts'
import { appErrorOf, EngineCallError } from './call-error.ts'
import { WireClient } from './wire-client.ts'

/** Against hanging only: machines may be slow. */
const HANG_LIMIT = { timeout: 30_000 }

function wire() {
  const sent: WireRequest[] = []
  return { sent, send: (request: WireRequest) => void sent.push(request), close: vi.fn() }
}

const failure = (promise: Promise<unknown>) => promise.then(() => null, appErrorOf)

describe('the wire client', () => {
  it('queues calls until the first connection, then resolves them by number', async () => {
    const client = new WireClient()
    const hello = client.call('hello')
    const interfaces = client.call('interfaces')
    const first = wire()
    client.attach(first)
    expect(first.sent.map((request) => request.command)).toEqual(['hello', 'interfaces'])
    client.receive({ id: first.sent[1]?.id ?? 0, ok: true, value: [] })
    client.receive({ id: first.sent[0]?.id ?? 0, ok: true, value: { version: '1' } })
    expect(await interfaces).toEqual([])
    expect(await hello).toEqual({ version: '1' })
  })

  it('rejects with the engine’s error', async () => {
    const client = new WireClient()
    const first = wire()
    client.attach(first)
    const call = client.call('stopSession', 's1')
    const error = { code: 'no-such-session', message: 'There is no session s1.', tryThis: 'Open one.' } as const
    client.receive({ id: first.sent[0]?.id ?? 0, ok: false, error })
    expect(await failure(call)).toEqual(error)
  })

  it('fails calls in flight and new calls while the connection is lost', async () => {
    const client = new WireClient()
    const states: string[] = []
    client.onState((state) => states.push(state))
    client.attach(wire())
    const call = client.call('hello')
    client.detach()
    expect((await failure(call))?.code).toBe('engine-died')
    expect((await failure(client.call('hello')))?.code).toBe('engine-died')
    expect(states).toEqual(['open', 'lost'])
  })

  it('fails every call with the reason while nothing reconnects by itself', async () => {
    const client = new WireClient()
    const states: string[] = []
    client.onState((state) => states.push(`${state} ${client.failure?.message ?? ''}`))
    const error = { code: 'engine-died', message: 'It was killed.', tryThis: 'Restart it.' } as const
    const waiting = client.call('hello')
    client.fail(error)
    expect(await failure(waiting)).toEqual(error)
    expect(await failure(client.call('hello'))).toEqual(error)
    const next = wire()
    client.attach(next)
    expect(next.sent).toEqual([])
    void failure(client.call('hello'))
    client.fail(error)
    client.attach(wire())
    expect(states).toEqual(['failed It was killed.', 'open ', 'failed It was killed.', 'open '])
  })

  it('watches its sessions again, and reports those that ended', async () => {
    const client = new WireClient()
    const first = wire()
    client.attach(first)
    void failure(client.call('watchSession', 'kept'))
    void failure(client.call('watchSession', 'closed'))
    void failure(client.call('closeSession', 'closed'))
    client.detach()
    const problems = vi.fn()
    client.on('problem', problems)
    const second = wire()
    client.attach(second)
    expect(second.sent).toMatchObject([{ command: 'watchSession', args: ['kept'] }])
    const error = { code: 'no-such-session', message: 'Gone.', tryThis: 'Open it again.' } as const
    client.receive({ id: second.sent[0]?.id ?? 0, ok: false, error })
    await vi.waitFor(() => expect(problems).toHaveBeenCalledWith({ sessionId: 'kept', error }), HANG_LIMIT)
  })

  it('delivers events to listeners until they unsubscribe', () => {
    const client = new WireClient()
    const listener = vi.fn()
    const off = client.on('log', listener)
    client.receive([{ event: 'log', data: [] }])
    off()
    client.receive([{ event: 'log', data: [] }])
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('is busy during a call and idle two frames later', async () => {
    const client = new WireClient()
    const first = wire()
    client.attach(first)
    const call = client.call('hello')
    expect(document.documentElement.dataset.idle).toBe('false')
    client.receive({ id: first.sent[0]?.id ?? 0, ok: true, value: null })
    await call
    await vi.waitFor(() => expect(document.documentElement.dataset.idle).toBe('true'), HANG_LIMIT)
  })

  it('wraps other errors as internal', () => {
    expect(appErrorOf(new TypeError('x')).code).toBe('internal')
    expect(appErrorOf(new EngineCallError({ code: 'bad-url', message: 'm', tryThis: 't' })).code).toBe('bad-url')
  })
})
