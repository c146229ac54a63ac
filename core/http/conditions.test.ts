import { expect, test } from 'vitest'
import { judgeConditions, rangeStillApplies } from './conditions.ts'
import { mediaTypeOf } from './mime.ts'

const validators = { etag: '"a-1"', modifiedMs: Date.parse('2026-11-21T06:00:00.700Z') }
const AT = 'Sat, 21 Nov 2026 06:00:00 GMT'
const EARLIER = 'Sat, 21 Nov 2026 05:59:59 GMT'

test.each([
  [{}, null],
  [{ 'if-none-match': '"a-1"' }, 304],
  [{ 'if-none-match': '"x", W/"a-1"' }, 304],
  [{ 'if-none-match': 'a-1' }, 304],
  [{ 'if-none-match': '*' }, 304],
  [{ 'if-none-match': '"a-2"' }, null],
  // With a tag the date is ignored.
  [{ 'if-none-match': '"a-2"', 'if-modified-since': AT }, null],
  [{ 'if-modified-since': AT }, 304],
  [{ 'if-modified-since': EARLIER }, null],
  [{ 'if-modified-since': 'yesterday' }, null],
  [{ 'if-match': '"a-1"' }, null],
  [{ 'if-match': '*' }, null],
  [{ 'if-match': 'W/"a-1"' }, 412],
  [{ 'if-unmodified-since': AT }, null],
  [{ 'if-unmodified-since': EARLIER }, 412],
])('%j', (headers, verdict) => {
  expect(judgeConditions(headers, validators)).toBe(verdict)
})

test.each([
  [undefined, true],
  ['"a-1"', true],
  ['W/"a-1"', false],
  ['"a-2"', false],
  [AT, true],
  [EARLIER, false],
])('If-Range %s', (header, applies) => {
  expect(rangeStillApplies(header === undefined ? {} : { 'if-range': header }, validators)).toBe(applies)
})

test.each([
  ['live.mpd', 'text/xml', 'application/dash+xml'],
  ['a.m3u8', null, 'application/vnd.apple.mpegurl'],
  ['a.m4s', null, 'video/mp4'],
  ['a.m4s', 'video/iso.segment', 'video/mp4'],
  ['a.mp4', 'audio/mp4; codecs="mp4a.40.2"', 'audio/mp4'],
  ['a.txt', null, 'text/plain; charset=utf-8'],
  ['a', 'application/x-odd', 'application/x-odd'],
  ['a', 'x/y\r\nSet-Cookie: a', 'application/octet-stream'],
  ['a', null, 'application/octet-stream'],
])('%s announced as %s is %s', (name, announced, type) => {
  expect(mediaTypeOf(name, announced)).toBe(type)
})
