import { expect, it } from 'vitest'
import { valueLines } from './value-lines.ts'

const none: ReadonlySet<string> = new Set()
const shown = (lines: ReturnType<typeof valueLines>) =>
  lines.map((line) => `${'  '.repeat(line.level - 1)}${line.name}: ${line.value ?? `(${line.summary})`}`)

it('writes values as a tree of names, with list items named by their identity', () => {
  const values = {
    bsids: [50, 51],
    capabilities: null,
    services: [{ serviceId: 1001, shortServiceName: 'ONE', hidden: false, inetUrls: [] }, { odd: '' }],
  }
  expect(shown(valueLines(values, none))).toEqual([
    'BSIDs: 50, 51',
    'Services: (2 entries)',
    '  Service ID 1001 · ONE: (4 values)',
    '    Service ID: 1001',
    '    Short service name: ONE',
    '    Hidden: no',
    '    Inet URLs: none',
    '  Service 2: (1 value)',
    '    Odd: (empty)',
  ])
})

it('folds toggled groups, and initially deep groups of long tables', () => {
  const values = { services: Array.from({ length: 1000 }, (_, serviceId) => ({ serviceId, signalling: { port: 1 } })) }
  const lines = valueLines(values, none)
  expect(lines).toHaveLength(1 + 1000 + 2000)
  expect(lines[3]).toMatchObject({ name: 'Signalling', expanded: false })
  expect(valueLines(values, new Set(['0']))).toHaveLength(1)
  expect(valueLines(values, new Set(['0.0.1']))).toHaveLength(1 + 1000 + 2000 + 1)
})
