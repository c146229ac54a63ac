import { expect, it } from 'vitest'
import { filteredLog, logText } from './log-model.ts'

const lines = [
  { wallUs: 0, topic: 'engine', level: 'error', text: 'It broke' },
  { wallUs: 1e6, topic: 'route', level: 'info', text: 'an object came' },
  { wallUs: 2e6, topic: 'route', level: 'debug', text: 'a packet came' },
] as const

it('filters by level, topics and words', () => {
  const texts = (filter: Partial<Parameters<typeof filteredLog>[1]>) =>
    filteredLog(lines, { topics: new Set(), level: 'debug', words: '', ...filter }).map((line) => line.text)
  expect(texts({})).toHaveLength(3)
  expect(texts({ level: 'info' })).toEqual(['It broke', 'an object came'])
  expect(texts({ topics: new Set(['route']) })).toEqual(['an object came', 'a packet came'])
  expect(texts({ words: 'BROKE' })).toEqual(['It broke'])
})

it('copies a line with its time and topic', () => {
  expect(logText(lines[0])).toBe('1970-01-01T00:00:00.000Z error engine It broke')
})
