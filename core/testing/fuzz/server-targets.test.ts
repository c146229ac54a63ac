import { expect, it } from 'vitest'
import { seeded } from '../seeded.ts'
import { serverTargets } from './server-targets.ts'

it('2000 hostile requests neither fail, hang, leave a part of an upload, nor lead out of the folders', async () => {
  for (const target of serverTargets()) {
    const open = await target.open()
    try {
      expect(await open.run(2000, seeded(20261130), () => undefined)).toBeNull()
    } finally {
      expect(await open.close()).toBeNull()
    }
  }
})
