import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { ServiceFolders } from './service-folders.ts'

const id = asServiceId

describe('folders of services', () => {
  it('exchange their places', () => {
    const folders = new ServiceFolders()
    const [one, two] = [folders.keyOf(id(1)), folders.keyOf(id(2))]
    folders.renumbered(id(2), id(3))
    folders.renumbered(id(1), id(2))
    folders.renumbered(id(3), id(1))
    expect([folders.nameOf(one), folders.nameOf(two)]).toEqual(['service1', 'service2'])
    const moves: string[] = []
    folders.settle((from, to) => moves.push(`${from} ${to}`))
    expect([folders.nameOf(one), folders.nameOf(two)]).toEqual(['service2', 'service1'])
    expect(moves).toHaveLength(3)
  })

  it('are those of the numbers in the end, with all that was written to them, whatever the order', () => {
    const step = fc.record({
      kind: fc.constantFrom('write', 'renumber', 'settle'),
      service: fc.integer({ min: 1, max: 5 }),
      to: fc.integer({ min: 1, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const folders = new ServiceFolders()
        /** What is on the disk, and what each service wrote. */
        const disk = new Map<string, number[]>()
        const wrote = new Map<number, number[]>()
        const move = (from: string, to: string): void => {
          const files = disk.get(from)
          if (files === undefined) return
          expect(disk.has(to)).toBe(false)
          disk.delete(from)
          disk.set(to, files)
        }
        steps.forEach(({ kind, service, to }, at) => {
          if (kind === 'write') {
            const name = folders.nameOf(folders.keyOf(id(service)))
            disk.set(name, [...(disk.get(name) ?? []), at])
            wrote.set(service, [...(wrote.get(service) ?? []), at])
          } else if (kind === 'settle') folders.settle(move)
          else if (!wrote.has(to)) {
            folders.renumbered(id(service), id(to))
            const files = wrote.get(service)
            wrote.delete(service)
            if (files !== undefined) wrote.set(to, files)
          }
        })
        folders.settle(move)
        expect(folders.unsettled).toBe(false)
        expect(disk).toEqual(new Map([...wrote].map(([service, files]) => [`service${service}`, files])))
      }),
    )
  })
})
