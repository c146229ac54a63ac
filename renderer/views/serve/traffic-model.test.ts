import { expect, it } from 'vitest'
import type { ServedRequest } from '../../../core/contract/served-requests.ts'
import { servedRequest as request } from '../../testing/snapshot-rows.ts'
import { harOf } from './har.ts'
import {
  bytesOf,
  filteredLines,
  heldLines,
  heldText,
  rateOf,
  requestLines,
  requestText,
  severityOfRequest,
  statusText,
} from './traffic-model.ts'

const server = (...places: ServedRequest[]) => ({ baseUrl: 'http://a', total: places.length, places })

it('puts the requests of all servers in order, the newest first', () => {
  const lines = requestLines([server(request(3), request(2)), server(request(1, { timeUs: 25 }))])
  expect(lines.map(({ key }) => key)).toEqual(['0 3', '1 1', '0 2'])
})

it('writes requests as HAR 1.2, the oldest first', () => {
  const lines = requestLines([
    server(
      request(1, { target: '/a.mpd?x=1&y', range: 'bytes=0-9', status: 206, durationUs: 2500 }),
      request(2, { method: 'PUT', state: 'waiting', status: null, receivedBytes: 7, sentBytes: 0, durationUs: null }),
    ),
  ])
  const { log } = JSON.parse(harOf(lines, '1.0')) as { log: Record<string, unknown> & { entries: unknown[] } }
  expect(log).toMatchObject({ version: '1.2', creator: { name: 'Routescope', version: '1.0' } })
  expect(log.entries).toMatchObject([
    {
      startedDateTime: '1970-01-01T00:00:00.000Z',
      time: 2.5,
      request: {
        method: 'GET',
        url: 'http://a/a.mpd?x=1&y',
        headers: [{ name: 'Range', value: 'bytes=0-9' }],
        queryString: [
          { name: 'x', value: '1' },
          { name: 'y', value: '' },
        ],
        bodySize: 0,
      },
      response: { status: 206, content: { size: 100 }, bodySize: 100 },
      timings: { send: 0, wait: 0, receive: 2.5 },
      comment: 'from 127.0.0.1',
    },
    { time: -1, request: { bodySize: 7 }, response: { status: 0 }, comment: 'from 127.0.0.1, waiting' },
  ])
})

it('filters by words of client, method, path, range and status', () => {
  const lines = requestLines([
    server(request(1), request(2, { method: 'PUT', status: 201 }), request(3, { range: 'bytes=5-' })),
  ])
  const found = (words: string) => filteredLines(lines, words, requestText).map(({ request: { number } }) => number)
  expect(found(' ')).toEqual([3, 2, 1])
  expect(found('put')).toEqual([2])
  expect(found('FILE 200')).toEqual([3, 1])
  expect(found('bytes=5 get')).toEqual([3])
  expect(found('nothing')).toEqual([])
})

it('keeps lines in their places while others come and go, and shows how they went on', () => {
  const before = requestLines([server(request(1, { state: 'answering' }), request(2))])
  const after = requestLines([server(request(1), request(3), request(4))])
  expect(heldLines(before, after).map(({ request: { number, state } }) => [number, state])).toEqual([
    [2, 'done'],
    [1, 'done'],
  ])
})

it('tells for how long a request is held, and why', () => {
  expect(heldText(request(1), 0)).toBe('')
  const held = { heldFor: 'next-segment', heldSinceUs: 1000, heldUs: null } as const
  expect(heldText(request(1, { ...held, state: 'waiting' }), 2_001_000)).toBe('2.00 s so far, for the next segment')
  expect(heldText(request(1, { ...held, state: 'broken' }), 2_001_000)).toBe('for the next segment')
  expect(heldText(request(1, { ...held, heldUs: 250_000 }), 0)).toBe('250 ms for the next segment')
  const [line] = requestLines([server(request(1, { ...held, heldUs: 250_000 }))])
  expect(line === undefined ? '' : requestText(line)).toContain('held for the next segment')
})

it.each([
  [{ durationUs: 1_000_000 }, 800],
  [{ durationUs: 1_000_000, heldUs: 500_000 }, 1600],
  [{ durationUs: null }, null],
  [{ sentBytes: 0 }, null],
] as const)('counts the rate of %j without the time it was held', (change, rate) => {
  expect(rateOf(request(1, change))).toBe(rate)
})

it.each([
  [{}, '200', null, 100],
  [{ status: null, state: 'waiting' }, 'waiting', null, 100],
  [{ status: 404 }, '404', 'warning', 100],
  [{ status: 503 }, '503', 'error', 100],
  [{ state: 'broken' }, '200 broken off', 'warning', 100],
  [{ state: 'broken', status: null }, 'broken off', 'warning', 100],
  [{ method: 'PUT', status: 201, receivedBytes: 7, sentBytes: 0 }, '201', null, 7],
] as const)('shows how %j ended', (change, text, severity, bytes) => {
  const one = request(1, change)
  expect([statusText(one), severityOfRequest(one), bytesOf(one)]).toEqual([text, severity, bytes])
})
