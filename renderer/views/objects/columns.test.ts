import { expect, it } from 'vitest'
import { OBJECT_COLUMNS, type ObjectColumn } from '../../../core/contract/object-table.ts'
import { formatCount } from '../../model/format.ts'
import { fakeRow } from '../../testing/fake-engine.ts'
import { fittingColumns } from '../../ui/grid-tracks.ts'
import { carriersOf, objectColumnsFor } from './columns.tsx'

const columns = objectColumnsFor('start', 0, (service) => `service ${service}`, 'lct')

it('shows every column of the table that has a view, in the order of the weights', () => {
  const shown = Object.values<ObjectColumn>(OBJECT_COLUMNS).flatMap(({ view }) => (view === undefined ? [] : [view]))
  const titles = [...shown].sort((a, b) => a.weight - b.weight).map(({ title }) => title)
  expect(columns.map(({ title }) => title)).toEqual(titles)
  expect(new Set(shown.map(({ weight }) => weight)).size).toBe(shown.length)
})

it.each(columns.map((column) => [column.id, column] as const))('writes %s of a row', (_, { text, sortable }) => {
  expect(text(fakeRow(0))).not.toBe('')
  expect(sortable).toBe(true)
})

it('writes values as before', () => {
  const row = fakeRow(0, { toi: 12345, size: null, codepoint: 128, packets: 1234, contentType: 'application/dash+xml' })
  const texts = Object.fromEntries(columns.map(({ id, text }) => [id, text(row)]))
  expect(texts).toMatchObject({
    ...{ tsi: '10 Video', toi: formatCount(12345), name: 'seg_1.m4s', size: '–', received: '–', service: 'service 1' },
    ...{ contentType: 'dash+xml', codepoint: '128', packets: formatCount(1234), repeats: '0', state: 'Complete' },
  })
  expect(columns.find(({ id }) => id === 'size')?.raw?.(row)).toBe('')
  const right = columns.flatMap(({ id, align }) => (align === 'end' ? [id] : []))
  expect(right).toEqual(expect.arrayContaining(['toi', 'size', 'received', 'codepoint', 'packets', 'repeats']))
})

it('titles numbers by what carries them', () => {
  const titles = (carriers: Parameters<typeof objectColumnsFor>[3]) =>
    objectColumnsFor('start', 0, String, carriers).flatMap(({ id, title }) =>
      id === 'tsi' || id === 'toi' ? [title] : [],
    )
  expect(titles(carriersOf([{ protocol: 'lct' }]))).toEqual(['TSI', 'TOI'])
  expect(titles(carriersOf([{ protocol: 'mmtp' }]))).toEqual(['packet_id', 'MPU'])
  expect(titles(carriersOf([{ protocol: 'mmtp' }, { protocol: 'lct' }]))).toEqual(['TSI, packet_id', 'TOI, MPU'])
})

it('has state and received share where a window of 1280 pixels shows them', () => {
  const room = 1280 - 48 - 306 - 370
  const shown = columns.slice(
    0,
    fittingColumns(
      columns.map(({ width }) => width),
      room,
      1,
    ),
  )
  expect(shown.map(({ title }) => title)).toEqual(['Time', 'TSI', 'Name', 'State', 'Received', 'Size'])
})
