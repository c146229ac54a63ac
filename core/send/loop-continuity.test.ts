import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIXTURE_ADDRESS, FIXTURE_PORT, liveFixture } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'

const has = (tool: string): boolean => spawnSync(tool, ['-version']).status === 0
const present = has('ffprobe') && has('ffmpeg')

describe.skipIf(!present)(
  `a looped broadcast across its seam${present ? '' : ' (skipped: no ffprobe and ffmpeg)'}`,
  () => {
    let folder = ''
    let files: ReadonlyMap<string, Uint8Array> = new Map()

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'routescope-seam-'))
      // Two seams: 24 s a turn.
      const target = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
      files = receiveAll(await liveFixture(62), target).files
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    function joined(track: string, from: number, to: number): string {
      const path = join(folder, `${track}-${from}-${to}.mp4`)
      const names = [`${track}-init.mp4`]
      for (let number = from; number <= to; number++) names.push(`${track}-${number}.m4s`)
      const parts = names.map((name) => {
        const bytes = files.get(`service1/${name}`)
        if (bytes === undefined) throw new Error(`${name} was not received`)
        return bytes
      })
      writeFileSync(path, Buffer.concat(parts))
      return path
    }

    const times = (path: string): number[] => {
      const run = spawnSync('ffprobe', ['-v', 'error', '-show_entries', 'packet=pts', '-of', 'csv=p=0', path], {
        encoding: 'utf8',
      })
      expect(run.stderr).toBe('')
      return run.stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [Number.parseInt(line, 10)]))
    }

    it.each([
      ['video', 512, 30 * 50], // 25 frames/s in 12800 ticks
      ['audio', 1024, 2 * 1125 + 563], // AAC frames of 1024 samples
    ])('has an unbroken time line: %s', (track, step, count) => {
      const found = times(joined(track, 1, 30))
      expect(found.length).toBe(count)
      expect(found).toEqual(found.map((_, index) => index * step))
    })

    it.each(['video', 'audio'])('decodes across the seam without errors: %s', (track) => {
      const path = joined(track, 11, 14)
      const run = spawnSync('ffmpeg', ['-v', 'warning', '-i', path, '-f', 'null', '-'], { encoding: 'utf8' })
      expect(run.status).toBe(0)
      expect(run.stderr).toBe('')
    })
  },
)
