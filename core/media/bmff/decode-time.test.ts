import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DEMO_FOLDER } from '../../testing/make-fixtures.ts'
import { lacksDecodeTime } from './decode-time.ts'

it('is read of the first track fragment', () => {
  const segment = new Uint8Array(readFileSync(join(DEMO_FOLDER, 'video-1.m4s')))
  expect(lacksDecodeTime(segment)).toBe(false)
  const at = Buffer.from(segment).indexOf('tfdt')
  const without = segment.slice()
  without.set(Buffer.from('free'), at)
  expect(lacksDecodeTime(without)).toBe(true)
  // What is cut off says nothing, and what is no box neither.
  for (let end = 0; end < at; end++) expect(lacksDecodeTime(without.subarray(0, end))).toBe(false)
  expect(lacksDecodeTime(new Uint8Array(500).fill(0x47))).toBe(false)
})
