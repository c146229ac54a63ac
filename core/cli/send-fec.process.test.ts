import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { inspect, routescope, TestFolder, treeOf } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

describe('send --fec-overhead', () => {
  it('protects segments, so that receivers have them in spite of losses', async () => {
    const input = join(DEMO_FOLDER, 'manifest.mpd')
    const media = treeOf(DEMO_FOLDER).filter(({ path }) => path.endsWith('.m4s'))
    const complete = []
    for (const fec of [[], ['--fec-overhead', '40']]) {
      const file = folder.at(`lossy${fec.length}.pcapng`)
      const losses = ['--loss', '3x100', '--loss-seed', '5']
      const sent = await routescope([
        'send',
        input,
        'route://239.255.1.1:6000',
        '--capture-out',
        file,
        ...losses,
        ...fec,
      ])
      expect(sent.status).toBe(0)
      const out = folder.at(`out${fec.length}`)
      await routescope(['receive', '--capture', file, '--out', out, '--repair', 'none'])
      complete.push(treeOf(join(out, 'service1')).filter(({ path }) => path.endsWith('.m4s')))
      if (fec.length > 0) expect((await inspect(file)).totals.malformed).toBe(0)
    }
    expect(complete[0]?.length).toBeLessThan(media.length)
    expect(complete[1]).toEqual(media)
  })
})
