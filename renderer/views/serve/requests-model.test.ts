import { expect, it } from 'vitest'
import type { ServedRequest } from '../../../core/contract/served-requests.ts'
import { bytesOf, filteredRequests, requestLines, severityOfRequest, statusText } from './requests-model.ts'

const request = (number: number, change: Partial<ServedRequest> = {}): ServedRequest => ({
  number,
  timeUs: number * 10,
  client: '127.0.0.1',
  method: 'GET',
  target: `/file${number}.m4s`,
  range: null,
  state: 'done',
  status: 200,
  sentBytes: 100,
  receivedBytes: 0,
  durationUs: 5,
  ...change,
})

const server = (...places: ServedRequest[]) => ({ baseUrl: 'http://a', total: places.length, places })

it('puts the requests of all servers in order, the newest first', () => {
  const lines = requestLines([server(request(3), request(2)), server(request(1, { timeUs: 25 }))])
  expect(lines.map(({ key }) => key)).toEqual(['0 3', '1 1', '0 2'])
})

it('filters by words of client, method, path, range and status', () => {
  const lines = requestLines([
    server(request(1), request(2, { method: 'PUT', status: 201 }), request(3, { range: 'bytes=5-' })),
  ])
  const found = (words: string) => filteredRequests(lines, words).map(({ request: { number } }) => number)
  expect(found(' ')).toEqual([3, 2, 1])
  expect(found('put')).toEqual([2])
  expect(found('FILE 200')).toEqual([3, 1])
  expect(found('bytes=5 get')).toEqual([3])
  expect(found('nothing')).toEqual([])
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
