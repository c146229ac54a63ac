import { beforeAll, describe, expect, it, vi } from 'vitest'
import { AppFailure } from '../failure/app-failure.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { routeFixture } from '../testing/make-fixtures.ts'
import type { CaptureConnection } from './capture-connection.ts'
import { CaptureConnections } from './capture-connections.ts'
import { LiveCapture } from './live-capture.ts'

let sent: Datagram[]
beforeAll(async () => {
  sent = (await routeFixture()).slice(0, 30)
})

/** Chunks of one connection before it breaks, ends, or stays silent for ever. */
type Script = {
  readonly bytes?: Uint8Array
  readonly after?: 'break' | 'end' | 'silence'
  readonly refused?: string
  readonly ends?: boolean
}

class Run {
  nowUs = 1_800_000_000_000_000
  datagrams = 0
  readonly log: string[] = []
  readonly waits: number[] = []
  readonly connections: CaptureConnections
  #next = 0

  constructor(...script: Script[]) {
    const capture = new LiveCapture(
      { label: 'http://tuner/ch', nowUs: () => this.nowUs, flows: new FlowTable() },
      { datagram: () => void this.datagrams++ },
      {},
    )
    this.connections = new CaptureConnections(
      {
        capture,
        nowUs: () => this.nowUs,
        connect: async () => this.#connect(script[this.#next++]),
        wait: async (ms) => {
          this.waits.push(ms)
          this.nowUs += ms * 1000
          if (this.#next >= script.length) this.connections.stop()
        },
      },
      {
        stalled: (seconds) => void this.log.push(`no bytes for ${seconds} s`),
        flowing: () => void this.log.push('flowing'),
        broke: (sinceUs, reason) => void this.log.push(`broke ${this.#seconds(sinceUs)}: ${reason}`),
        failed: (reason) => void this.log.push(`failed: ${reason}`),
        back: (sinceUs, nowUs) => void this.log.push(`back after ${((nowUs - sinceUs) / 1e6).toFixed(1)} s`),
      },
    )
  }

  #seconds(us: number): string {
    return `at ${((us - 1_800_000_000_000_000) / 1e6).toFixed(1)} s`
  }

  #connect(script: Script | undefined): CaptureConnection {
    if (script === undefined) throw new Error('nothing more to connect to')
    if (script.refused !== undefined) throw new AppFailure('source-unreachable', script.refused, 'Try again.')
    let close = (): void => undefined
    const closed = new Promise<void>((resolve) => {
      close = resolve
    })
    async function* chunks(): AsyncGenerator<Uint8Array, void> {
      if (script?.bytes !== undefined) yield script.bytes
      if (script?.after === 'break') throw new Error('the connection broke')
      if (script?.after === 'silence') await closed
    }
    return { chunks: chunks(), about: null, ends: script.ends ?? false, paced: false, close }
  }
}

const from = (first: number): Uint8Array => pcapOf(sent.slice(first))

describe('connections to a live capture', () => {
  it('are made again after a break, with a longer wait each time nothing arrives', async () => {
    const run = new Run(
      { bytes: from(0).subarray(0, 3000), after: 'break' },
      { refused: 'http://tuner/ch is not reachable.' },
      { refused: 'http://tuner/ch is not reachable.' },
      { bytes: from(10), after: 'end' },
      { refused: 'http://tuner/ch is not reachable.' },
    )
    await run.connections.run()
    expect(run.log).toEqual([
      'broke at 0.0 s: the connection broke',
      'failed: http://tuner/ch is not reachable.',
      'failed: http://tuner/ch is not reachable.',
      'back after 3.5 s',
      'broke at 3.5 s: it ended',
      'failed: http://tuner/ch is not reachable.',
    ])
    expect(run.waits).toEqual([500, 1000, 2000, 500, 1000])
    expect(run.datagrams).toBe(2 + 20)
  })

  it('wait no longer than 10 s', async () => {
    const run = new Run({ bytes: from(0), after: 'break' }, ...Array.from({ length: 8 }, () => ({ refused: 'no' })))
    await run.connections.run()
    expect(run.waits.slice(-3)).toEqual([10_000, 10_000, 10_000])
  })

  it('must bring a capture the first time, and are retried later', async () => {
    await expect(new Run({ refused: 'It is not reachable.' }).connections.run()).rejects.toThrow('It is not reachable.')
    const page = new TextEncoder().encode('<html><body>busy</body></html>')
    await expect(new Run({ bytes: page, after: 'end' }).connections.run()).rejects.toThrow(/is a web page/)
    const run = new Run(
      { bytes: from(0), after: 'break' },
      { bytes: page, after: 'end' },
      { bytes: from(5), after: 'end' },
    )
    await run.connections.run()
    expect(run.log[1]).toMatch(/^failed: http:\/\/tuner\/ch is not a packet capture: it is a web page/)
    expect(run.log[2]).toMatch(/^back after/)
  })

  it('end where the end of the bytes is the end of the capture', async () => {
    const run = new Run({ bytes: from(0), after: 'end', ends: true })
    await run.connections.run()
    expect(run.log).toEqual([])
    expect(run.datagrams).toBe(30)
    await expect(new Run({ bytes: from(0), after: 'break', ends: true }).connections.run()).rejects.toThrow('broke')
  })

  it('end where the server begins the same capture again: it is a file', async () => {
    const run = new Run({ bytes: from(0), after: 'end' }, { bytes: from(0), after: 'end' }, { refused: 'never asked' })
    await run.connections.run()
    expect(run.log).toEqual(['broke at 0.0 s: it ended'])
    expect(run.datagrams).toBe(30)
  })

  it('are read again where the same capture broke off, since a server may begin it again', async () => {
    const run = new Run(
      { bytes: from(0).subarray(0, 9000), after: 'break' },
      { bytes: from(0), after: 'silence', ends: true },
    )
    const running = run.connections.run()
    await vi.waitFor(() => expect(run.datagrams).toBeGreaterThan(30))
    run.connections.stop()
    await running
    expect(run.log[0]).toMatch(/^broke/)
  })

  it('are read again where the same capture ended within a record, although the connection was closed in order', async () => {
    const cut = from(0).subarray(0, 3000)
    const run = new Run({ bytes: cut, after: 'end' }, { bytes: from(0), after: 'break' })
    await run.connections.run()
    expect(run.log[0]).toMatch(/^broke at .* it ended$/)
    expect(run.datagrams).toBe(2 + sent.length)
  })

  it('report a silence once, and its end', async () => {
    const run = new Run({ bytes: from(0), after: 'silence' })
    const running = run.connections.run()
    await new Promise((resolve) => setImmediate(resolve))
    for (let second = 0; second < 8; second++) {
      run.nowUs += 1_000_000
      run.connections.look()
    }
    expect(run.log).toEqual(['no bytes for 5 s'])
    run.connections.stop()
    await running
  })
})
