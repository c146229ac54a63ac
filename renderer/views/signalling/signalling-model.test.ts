import { expect, it } from 'vitest'
import type { SessionSnapshot, SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { signallingLines, versionsOf } from './signalling-model.ts'

const table = (key: string, scope: 'lls' | 'sls', service: number | null, type: string): SignallingSnapshot => ({
  key,
  series: key,
  group: null,
  signed: false,
  signature: null,
  tsi: null,
  toi: null,
  toiMeaning: null,
  interval: null,
  scope,
  service,
  type,
  name: type,
  version: 1,
  count: 1,
  bytes: 1,
  firstTimeUs: 0,
  lastTimeUs: 0,
})

const snapshot = {
  services: [],
  signalling: [
    table('a', 'sls', 2, 'USBD'),
    table('b', 'lls', null, 'SLT'),
    table('c', 'sls', 1, 'MPD'),
    table('d', 'sls', 2, 'MPD'),
  ],
}
const titles = (lines: ReturnType<typeof signallingLines>) =>
  lines.map((line) => (line.kind === 'group' ? line.title : line.key))

it('puts LLS first, then each service, tables by type', () => {
  expect(titles(signallingLines(snapshot, null, new Set()))).toEqual([
    'LLS',
    'b',
    'Service 2 SLS',
    'd',
    'a',
    'Service 1 SLS',
    'c',
  ])
})

it('keeps LLS when filtered by service, and folds groups', () => {
  expect(titles(signallingLines(snapshot, 1, new Set(['lls'])))).toEqual(['LLS', 'Service 1 SLS', 'c'])
})

it('lists a table once with its newest version, and all versions oldest first', () => {
  const version = (key: string, number: number) => ({
    ...table(key, 'lls', null, 'SLT'),
    series: 'slt',
    version: number,
  })
  const signalling = [version('a', 1), table('b', 'lls', null, 'SystemTime'), version('c', 2), version('d', 3)]
  const lines = signallingLines({ services: [], signalling }, null, new Set())
  expect(lines).toMatchObject([
    { kind: 'group', count: 2 },
    { kind: 'table', key: 'slt', table: { key: 'd' }, versions: [{ key: 'a' }, { key: 'c' }, { key: 'd' }] },
    { kind: 'table', key: 'b' },
  ])
  expect(versionsOf(signalling, version('c', 2)).map((one) => one.key)).toEqual(['a', 'c', 'd'])
})

it('follows the order of the service list', () => {
  const signalling = [table('a', 'sls', 2, 'USBD'), table('b', 'sls', 1, 'USBD')]
  const services = [{ id: 1 }, { id: 2 }] as unknown as SessionSnapshot['services']
  expect(
    titles(signallingLines({ services, signalling }, null, new Set())).filter((each) => each.length === 1),
  ).toEqual(['b', 'a'])
})
