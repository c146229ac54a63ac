import { expect, it } from 'vitest'
import type { BoxRow } from '../../../core/contract/object-boxes.ts'
import { type BoxLine, boxesAround, boxLines, pathText, valueText } from './boxes-model.ts'

const box = (type: string | null, offset: number, size: number, change: Partial<BoxRow> = {}): BoxRow => ({
  ...{ type, offset, size, depth: 0, missing: 0, summary: null, fault: null },
  ...change,
})
const BOXES = [
  box('moof', 0, 100),
  box('tfdt', 60, 20, { depth: 1, summary: '7680000' }),
  box('mdat', 100, 900, { missing: 100, fault: '1 of 2 samples cut: 2' }),
  box(null, 1000, 50, { missing: 50, fault: 'the header of a box did not arrive' }),
]
const FIELD = { name: 'baseMediaDecodeTime', value: '7680000', offset: 72, size: 8, note: null }

it('puts the fields of an unfolded box below it', () => {
  const lines = boxLines(BOXES, new Map([[60, [FIELD]]]))
  expect(lines.map((line: BoxLine) => (line.kind === 'box' ? line.box.type : line.field.name))).toEqual([
    'moof',
    'tfdt',
    'baseMediaDecodeTime',
    'mdat',
    null,
  ])
  expect(lines[1]).toMatchObject({ unfolded: true })
  expect(lines[2]).toMatchObject({ level: 3 })
})

it('says what is cut, lost and wrong', () => {
  expect(boxLines(BOXES, new Map()).map(valueText)).toEqual([
    '',
    '7680000',
    'cut, 100 B missing 1 of 2 samples cut: 2',
    'lost, 50 B missing the header of a box did not arrive',
  ])
  expect(valueText({ kind: 'field', level: 2, field: { ...FIELD, value: null } })).toBe('not received')
})

it('names the boxes around a byte', () => {
  expect(pathText(boxesAround(BOXES, 72))).toBe('moof ▸ tfdt')
  expect(pathText(boxesAround(BOXES, 99))).toBe('moof')
  expect(boxesAround(BOXES, 5000)).toEqual([])
})
