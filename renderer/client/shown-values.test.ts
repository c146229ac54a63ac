import { expect, test } from 'vitest'
import { shownValue } from './shown-values.ts'

const HOSTILE = 'a\x1b[2J\n\u202e'
const SHOWN = 'a\\x1b[2J\\n\\u202e'

test('spells what cannot be shown, at every depth, names of fields too', () => {
  const value = { sessionId: 's', changes: [{ value: { services: [{ name: HOSTILE, [HOSTILE]: 1 }] } }] }
  expect(shownValue('sections', value)).toEqual({
    sessionId: 's',
    changes: [{ value: { services: [{ name: SHOWN, [SHOWN]: 1 }] } }],
  })
})

test('is the same value where there is nothing to spell', () => {
  const value = { changes: [{ rows: new Uint8Array(3), name: 'video', at: null, list: [1, 'two', true] }] }
  expect(shownValue('sections', value)).toBe(value)
})

test('keeps the lines of a document', () => {
  expect(shownValue('signallingText', { text: `<a>\n${HOSTILE}</a>` })).toEqual({ text: '<a>\na\\x1b[2J\n\\u202e</a>' })
})

test('leaves what goes back to the engine or into a file', () => {
  expect(shownValue('dumpSession', { dir: HOSTILE })).toEqual({ dir: HOSTILE })
  expect(shownValue('report', { name: HOSTILE })).toEqual({ name: HOSTILE })
})
