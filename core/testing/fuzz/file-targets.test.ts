import { describe, expect, it } from 'vitest'
import { growthOf } from '../growth.ts'
import { seededBelow } from '../seeded.ts'
import { complaintOf } from './complaint.ts'
import { FILE_ATTACKS } from './file-targets.ts'

const SMALL = 32 << 10
const TIMES = 8
/** Linear is 8, quadratic 64. */
const MOST = 24
/** A cost that is a matter, ms. */
const LEAST_MS = 60

const attacks = FILE_ATTACKS.flatMap(({ format, files, readers }) =>
  files.map((file) => [format, file.name, file, readers] as const),
)

describe('a hostile file is read in proportion to its size, or refused', { timeout: 600_000 }, () => {
  it.each(attacks)('%s: %s', (_, name, { make }, readers) => {
    const small = make(SMALL, seededBelow(1))
    const large = make(SMALL * TIMES, seededBelow(1))
    for (const reader of readers) {
      expect(complaintOf(reader.read, large), reader.name).toBeNull()
      const growth = growthOf(
        () => void complaintOf(reader.read, small),
        () => void complaintOf(reader.read, large),
      )
      const figures = `${name}, read as ${reader.name}: ${JSON.stringify(growth)}`
      if (growth.largeMs > LEAST_MS) expect(growth.ratio, figures).toBeLessThan(MOST)
    }
  })
})
