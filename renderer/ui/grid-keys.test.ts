import { expect, it } from 'vitest'
import { gridKey } from './grid-keys.ts'
import { fittingColumns } from './grid-tracks.ts'

const press = (key: string, more: object = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})
const at = { selected: 5, count: 100, page: 20 }

it.each([
  ['ArrowDown', 6],
  ['j', 6],
  ['ArrowUp', 4],
  ['k', 4],
  ['PageDown', 25],
  ['PageUp', 0],
  ['Home', 0],
  ['End', 99],
])('%s selects row %d', (key, position) => {
  expect(gridKey(press(key), at)).toEqual({ kind: 'select', position })
})

it('starts at the first row when none is selected', () => {
  expect(gridKey(press('ArrowDown'), { ...at, selected: -1 })).toEqual({ kind: 'select', position: 0 })
  expect(gridKey(press('ArrowUp'), { ...at, selected: -1 })).toEqual({ kind: 'select', position: 0 })
})

it('ignores keys of the window', () => {
  expect(gridKey(press('k', { ctrlKey: true }), at)).toBeNull()
  expect(gridKey(press('1', { altKey: true }), at)).toBeNull()
  expect(gridKey(press('E', { shiftKey: true }), at)).toBeNull()
  expect(gridKey(press('ArrowDown'), { ...at, count: 0 })).toBeNull()
})

it('copies, opens and folds', () => {
  expect(gridKey(press('c', { metaKey: true }), at)).toEqual({ kind: 'copy' })
  expect(gridKey(press('Enter'), at)).toEqual({ kind: 'activate' })
  expect(gridKey(press('ArrowLeft'), at)).toEqual({ kind: 'toggle', expand: false })
})

it('omits the last columns first, but keeps the minimum', () => {
  expect(fittingColumns([100, 60, 80, 90], 250, 2)).toBe(3)
  expect(fittingColumns([100, 60, 80, 90], 90, 2)).toBe(2)
  expect(fittingColumns([100, 60, 80, 90], 900, 2)).toBe(4)
})
