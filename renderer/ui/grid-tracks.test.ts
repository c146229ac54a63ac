import { expect, it } from 'vitest'
import { gridTracks } from './grid-tracks.ts'

const COLUMNS = [{ width: 100 }, { width: 80, grow: 1 }, { width: 60 }]

it('lets columns grow where all fit', () => {
  expect(gridTracks(COLUMNS, 300)).toBe('100px minmax(80px, 1fr) 60px')
  expect(gridTracks(COLUMNS, 0)).toBe('100px minmax(80px, 1fr) 60px')
})

it('fills the width with the columns that fit', () => {
  expect(gridTracks(COLUMNS, 230)).toBe('100px 130px 60px')
  expect(gridTracks(COLUMNS, 130)).toBe('130px 80px 60px')
})
