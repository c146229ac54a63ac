import { expect, it } from 'vitest'
import { cutInMiddle } from './cut-in-middle.ts'

it('keeps both ends of a text that is too long, and no half of a character', () => {
  expect(cutInMiddle('short', 5)).toBe('short')
  expect(cutInMiddle('urn:routescope:mabr:service:1', 11)).toBe('urn:r…ice:1')
  expect(cutInMiddle('😀'.repeat(9), 6)).toBe('😀😀😀…😀😀')
})
