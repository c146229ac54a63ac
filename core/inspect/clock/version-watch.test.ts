import { expect, it } from 'vitest'
import { asServiceId, asToi, asTsi } from '../../contract/ids.ts'
import type { FindingFacts } from '../../flow/findings.ts'
import type { TableVersion, WatchedTable } from '../signalling/signalling-events.ts'
import { VersionWatch } from './version-watch.ts'

/** What is found where a table of this type has other content. */
function foundOf(type: string, before: number | null, now: number | null): FindingFacts[] {
  const found: FindingFacts[] = []
  const table = { scope: 'sls', type, name: type, service: asServiceId(1) } as unknown as WatchedTable
  const carrier = { kind: 'lct', tsi: asTsi(4), toi: asToi(0) } as const
  const of = (version: number | null) => ({ version, values: null, carrier }) as unknown as TableVersion
  new VersionWatch((facts) => found.push(facts)).changed(table, of(before), of(now), 1)
  return found
}

it('finds an EFDT that changed under one efdtVersion, and none that has no version or another', () => {
  expect(foundOf('EFDT', 3, 3)).toMatchObject([{ kind: 'versionUnchanged', version: '3' }])
  expect(foundOf('EFDT', 3, 4)).toEqual([])
  expect(foundOf('EFDT', null, null)).toEqual([])
  // The instances of an FDT have a rule of their own.
  expect(foundOf('FDT', 3, 3)).toEqual([])
})
