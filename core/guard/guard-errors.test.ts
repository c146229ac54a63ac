import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { guardErrors, onPeerError, type PeerError } from './guard-errors.ts'
import { startReadProgram } from './guarded-programs.ts'
import { startThread } from './guarded-threads.ts'

let seen: PeerError[] = []
const unlisten: (() => void)[] = []
function listen(): void {
  seen = []
  unlisten.push(onPeerError((error) => seen.push(error)))
}
afterEach(() => {
  for (const stop of unlisten.splice(0)) stop()
  vi.useRealTimers()
})

const coded = (code: string, message = code): Error => Object.assign(new Error(message), { code })

describe('errors of peers', () => {
  it('are reported once in ten seconds for each kind, with the number of those between', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    listen()
    const socket = new EventEmitter()
    guardErrors({ topic: 'http', what: 'A test connection' }, socket)
    for (let count = 0; count < 1000; count++) socket.emit('error', coded('ECONNRESET', 'reset'))
    socket.emit('error', coded('WS_ERR_INVALID_UTF8', 'bad text'))
    expect(seen).toEqual([
      { topic: 'http', level: 'debug', text: 'A test connection failed: reset.' },
      { topic: 'http', level: 'info', text: 'A test connection failed: bad text.' },
    ])
    vi.advanceTimersByTime(10_000)
    socket.emit('error', coded('ECONNRESET', 'reset'))
    expect(seen.at(-1)?.text).toBe('A test connection failed: reset, and 999 more like it.')
  })

  it('end neither this process nor the next request where nobody listens', () => {
    const socket = new EventEmitter()
    guardErrors({ topic: 'http', what: 'A connection' }, socket)
    expect(() => socket.emit('error', 'no Error at all')).not.toThrow()
    listen()
    expect(() => socket.emit('error', 'no Error at all')).not.toThrow()
  })
})

describe('what is opened here', () => {
  it('a thread that fails ends, and says why once', async () => {
    const script = new URL('data:text/javascript,throw new Error("planted")')
    const why = await new Promise<Error>((ended) => startThread(script, null, ended))
    expect(why.message).toBe('planted')
    const status = await new Promise<Error>((ended) =>
      startThread(new URL('data:text/javascript,process.exit(3)'), null, ended),
    )
    expect(status.message).toBe('The thread ended with status 3.')
  })

  it('a program that is missing is reported', async () => {
    listen()
    const child = startReadProgram('/nowhere/dumpcap', [], {})
    await new Promise((resolve) => child.on('close', resolve))
    expect(seen[0]).toMatchObject({ topic: 'engine', text: expect.stringContaining('ENOENT') })
  })
})

// Last, since it fills the table of kinds.
describe('kinds of errors', () => {
  it('take bounded memory and time, however many codes there are', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    listen()
    const socket = new EventEmitter()
    guardErrors({ topic: 'http', what: 'Another connection' }, socket)
    for (let code = 0; code < 10_000; code++) socket.emit('error', coded(`E${code}`))
    expect(seen.length).toBeLessThanOrEqual(129)
  })
})
