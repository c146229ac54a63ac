import { expect, it } from 'vitest'
import { TransferTable } from './transfer-table.ts'

function tableAt() {
  const clock = { us: 1_000_000 }
  return { clock, table: new TransferTable(() => clock.us) }
}

it('follows a transfer: its bytes, its rate of the last second, and at its end of all of it', () => {
  const { clock, table } = tableAt()
  const upload = table.begin('upload', '192.0.2.7', '/a\u202eb.m4s', null)
  const begun = table.version()
  expect(table.snapshot()).toEqual({
    total: 1,
    places: [
      {
        number: 1,
        direction: 'upload',
        peer: '192.0.2.7',
        path: '/a\\u202eb.m4s',
        timeUs: 1_000_000,
        state: 'running',
        sizeBytes: null,
        bytes: 0,
        rateBps: null,
        durationUs: null,
        retries: 0,
        retryAtUs: null,
        error: null,
      },
    ],
  })
  upload.moved(1000)
  expect(table.version()).toBeGreaterThan(begun)
  clock.us += 1_000_000
  expect(table.snapshot().places[0]).toMatchObject({ bytes: 1000, rateBps: 8000 })
  upload.moved(3000)
  clock.us += 2_000_000
  expect(table.snapshot().places[0]).toMatchObject({ bytes: 4000, rateBps: 12_000 })
  clock.us += 1_000_000
  upload.end(null)
  expect(table.snapshot().places[0]).toMatchObject({
    state: 'done',
    sizeBytes: 4000,
    rateBps: 8000,
    durationUs: 4_000_000,
  })
})

it('counts attempts, with the last error and the time of the next one', () => {
  const { clock, table } = tableAt()
  const push = table.begin('push', 'http://there/', 'v-1.m4s', 500)
  push.moved(400)
  push.retries('it answered 503', 250)
  expect(table.snapshot().places[0]).toMatchObject({
    state: 'retrying',
    retries: 1,
    retryAtUs: 1_250_000,
    error: 'it answered 503',
  })
  clock.us += 250_000
  push.moved(500)
  expect(table.snapshot().places[0]).toMatchObject({ state: 'running', bytes: 500, retryAtUs: null })
  clock.us += 1000
  push.end(null)
  expect(table.snapshot().places[0]).toMatchObject({
    state: 'done',
    retries: 1,
    error: 'it answered 503',
    rateBps: 4_000_000,
  })
  table.begin('push', 'http://there/', 'v-2.m4s', 500).end('it answered 403')
  expect(table.snapshot().places[1]).toMatchObject({ state: 'failed', error: 'it answered 403', rateBps: null })
})

it('keeps the newest 200 at the places of their numbers, and short texts', () => {
  const { table } = tableAt()
  for (let number = 1; number <= 501; number++) table.begin('push', 'http://there/', 'x'.repeat(9000), null)
  const { total, places } = table.snapshot()
  expect([total, places.length]).toEqual([501, 200])
  expect(places.map(({ number }) => number)).toEqual([...Array(200).keys()].map((at) => (at <= 100 ? 401 : 201) + at))
  expect(JSON.stringify(places).length).toBeLessThan(200 * 1000)
})
