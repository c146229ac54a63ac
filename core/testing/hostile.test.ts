import { createHash } from 'node:crypto'
import { resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../bytes/hex.ts'
import { PathNames, safeRelativePath } from '../files/safe-name.ts'
import { type Datagram, interleaved } from './datagrams.ts'
import { HOSTILE_DATAGRAMS, HOSTILE_NAMES, NAMES_DIFFERING_BY_CASE } from './hostile.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT, FIXTURE_START_US, routeFixture } from './make-fixtures.ts'
import { receiveAll } from './receive-all.ts'

describe('hostile names', () => {
  it.each(['posix', 'windows'] as const)('stay inside the folder (%s)', (rules) => {
    const folder = resolve('session')
    for (const name of HOSTILE_NAMES) {
      const path = safeRelativePath(name, rules)
      expect(resolve(folder, path).startsWith(folder + sep)).toBe(true)
      for (const character of ['\0', '\\']) expect(path).not.toContain(character)
      for (const step of path.split('/')) expect(Buffer.byteLength(step)).toBeLessThanOrEqual(255)
    }
  })

  it('are distinguished when they differ by case only', () => {
    const names = new PathNames()
    const [first, second] = NAMES_DIFFERING_BY_CASE.map((name) => names.pathOf(name))
    expect(first?.toLowerCase()).not.toBe(second?.toLowerCase())
  })
})

describe('hostile datagrams', () => {
  it('do not disturb the broadcast they arrive in', async () => {
    const target = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
    const sent = await routeFixture()
    const hostile = HOSTILE_DATAGRAMS.map(({ hex }, index): Datagram => {
      const timeUs = FIXTURE_START_US + index * 1_500_000
      return { address: FIXTURE_ADDRESS, port: FIXTURE_PORT, bytes: hexToBytes(hex), timeUs }
    })
    const digests = (datagrams: readonly Datagram[]): string[] =>
      [...receiveAll(datagrams, target).files]
        .map(([name, bytes]) => `${name} ${createHash('sha256').update(bytes).digest('hex')}`)
        .sort()
    expect(digests(interleaved(sent, hostile))).toEqual(digests(sent))
  })
})
