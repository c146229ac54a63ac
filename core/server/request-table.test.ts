import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import type { Exchange } from '../http/exchange.ts'
import { RequestTable } from './request-table.ts'

/** What a table reads of an exchange. */
class FakeExchange {
  readonly response = Object.assign(new EventEmitter(), { headersSent: false, statusCode: 0, writableFinished: false })
  readonly facts: Exchange['facts'] = { received: 0, sent: 0, held: null, error: null }
  readonly request: object

  constructor(url: string, headers: Record<string, string> = {}, method = 'GET', remoteAddress = '::ffff:192.0.2.7') {
    this.request = { url, headers, method, socket: { remoteAddress } }
  }

  answer(status: number, sent: number): void {
    Object.assign(this.response, { headersSent: true, statusCode: status })
    Object.assign(this.facts, { sent })
  }

  end(whole: boolean): void {
    this.response.writableFinished = whole
    this.response.emit('close')
  }
}

function tableAt(): { table: RequestTable; clock: { us: number }; take: (exchange: FakeExchange) => void } {
  const clock = { us: 1_000_000 }
  const table = new RequestTable('http://127.0.0.1:1', () => clock.us)
  return { table, clock, take: (exchange) => table.take(exchange as unknown as Exchange) }
}

it('follows a request from its arrival to the end of its reply', () => {
  const { table, clock, take } = tableAt()
  const exchange = new FakeExchange('/a b?c=\u202e1', { range: 'bytes=0-99' })
  take(exchange)
  const before = table.version()
  expect(table.snapshot()).toEqual({
    baseUrl: 'http://127.0.0.1:1',
    total: 1,
    places: [
      {
        number: 1,
        timeUs: 1_000_000,
        client: '192.0.2.7',
        method: 'GET',
        target: '/a b?c=\\u202e1',
        range: 'bytes=0-99',
        state: 'waiting',
        status: null,
        sentBytes: 0,
        receivedBytes: 0,
        durationUs: null,
        heldFor: null,
        heldSinceUs: null,
        heldUs: null,
        error: null,
      },
    ],
  })
  exchange.answer(206, 40)
  expect(table.version()).toBeGreaterThan(before)
  expect(table.snapshot().places[0]).toMatchObject({ state: 'answering', status: 206, sentBytes: 40, durationUs: null })
  exchange.answer(206, 100)
  clock.us += 2500
  exchange.end(true)
  expect(table.snapshot().places[0]).toMatchObject({ state: 'done', status: 206, sentBytes: 100, durationUs: 2500 })
  const after = table.version()
  expect(table.version()).toBe(after)
})

it('tells a reply that broke off from one that came to its end', () => {
  const { table, take } = tableAt()
  const [unanswered, cut] = [new FakeExchange('/1'), new FakeExchange('/2')]
  for (const each of [unanswered, cut]) take(each)
  unanswered.end(false)
  cut.answer(200, 7)
  cut.end(false)
  expect(table.snapshot().places).toMatchObject([
    { state: 'broken', status: null },
    { state: 'broken', status: 200, sentBytes: 7 },
  ])
})

it('tells what a request waits for, since when, and how long it took', () => {
  const { table, take } = tableAt()
  const exchange = new FakeExchange('/next.m4s')
  take(exchange)
  const before = table.version()
  Object.assign(exchange.facts, { held: { why: 'next-segment', sinceMs: performance.now() - 0.25, forMs: null } })
  expect(table.version()).toBeGreaterThan(before)
  const waiting = { ...table.snapshot().places[0] }
  expect(waiting).toMatchObject({ state: 'waiting', heldFor: 'next-segment', heldUs: null })
  expect(waiting.heldSinceUs).toBeLessThanOrEqual(999_750)
  Object.assign(exchange.facts, { held: { ...exchange.facts.held, forMs: 12.5 }, error: 'Too late.' })
  exchange.answer(404, 0)
  exchange.end(true)
  expect(table.snapshot().places[0]).toMatchObject({
    state: 'done',
    heldFor: 'next-segment',
    heldSinceUs: waiting.heldSinceUs,
    heldUs: 12_500,
    error: 'Too late.',
  })
})

it('keeps the newest 400 at the places of their numbers, whatever goes on, and short texts', () => {
  const { table, take } = tableAt()
  const long = `/${'x'.repeat(5000)}`
  const exchanges = Array.from({ length: 1001 }, () => new FakeExchange(long, { range: `bytes=${'1-2,'.repeat(900)}` }))
  for (const each of exchanges) take(each)
  const { total, places } = table.snapshot()
  expect([total, places.length]).toEqual([1001, 400])
  expect(places.map(({ number }) => number)).toEqual([...Array(400).keys()].map((at) => (at <= 200 ? 801 : 401) + at))
  expect(JSON.stringify(places).length).toBeLessThan(400 * 1000)
  // The end of one that is no longer kept changes none that is.
  exchanges[0]?.answer(500, 9)
  exchanges[0]?.end(true)
  expect(table.snapshot().places.every(({ state }) => state === 'waiting')).toBe(true)
})

it('leaves out a prefix that is secret', () => {
  const { table } = tableAt()
  for (const url of ['/s3cret/service1/a.m4s', '/s3cretly', '/service1/a.m4s'])
    table.take(new FakeExchange(url) as unknown as Exchange, '/s3cret')
  expect(table.snapshot().places.map(({ target }) => target)).toEqual([
    '/service1/a.m4s',
    '/s3cretly',
    '/service1/a.m4s',
  ])
})
