import { expect, it } from 'vitest'
import { seeded } from '../seeded.ts'
import { ingestTargets } from './ingest-targets.ts'

it.each(ingestTargets().map((target) => [target.name, target] as const))(
  '%s takes damaged documents',
  async (_, { open }) => {
    const target = await open()
    let times = 0
    const wrong = await target.run(40, seeded(7), () => {
      times++
    })
    await target.close()
    expect([wrong, times]).toEqual([null, 40])
  },
)
