import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningProgram, routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
const hasFfmpeg = ['ffmpeg', 'ffprobe'].every((name) => spawnSync(name, ['-version']).status === 0)
/** Ten pictures of 64x48 in yuv420p. */
const PICTURES = 10
const RAW = Buffer.alloc(64 * 48 * 1.5 * PICTURES, 90)
beforeAll(() => writeFileSync(folder.at('source_64x48.yuv'), RAW))
afterAll(() => folder.remove())

describe('pictures through ffmpeg', () => {
  it.skipIf(!hasFfmpeg)('are scaled and encoded (needs ffmpeg)', async () => {
    const [yuv, avc] = [folder.at('source_64x48.yuv'), folder.at('out.264')]
    const scaler = { size: '32x24', from: 'yuv', to: 'avc', inputSize: '64x48', inputFps: '30' }
    const spec = {
      format: 'routescope-session',
      version: 2,
      parts: [
        { id: 'source', kind: 'byte-file', file: yuv },
        { id: 'scaler', kind: 'scaler', ...scaler },
        { id: 'out', kind: 'byte-out', file: avc },
      ],
      links: [
        { from: 'source', to: 'scaler' },
        { from: 'scaler', to: 'out' },
      ],
    }
    writeFileSync(folder.at('spec.json'), JSON.stringify(spec))
    expect((await routescope(['run', folder.at('spec.json')])).status).toBe(0)
    const entries = 'stream=codec_name,width,height,r_frame_rate,nb_read_frames'
    const probe = spawnSync('ffprobe', [
      '-v',
      'error',
      '-count_frames',
      '-show_entries',
      entries,
      '-of',
      'csv=p=0',
      avc,
    ])
    expect(probe.stdout.toString().trim()).toBe(`h264,32,24,30/1,${PICTURES}`)
  })

  it.skipIf(!hasFfmpeg)('are scaled and stay raw (needs ffmpeg)', async () => {
    const line = `-i ${folder.at('source_64x48.yuv')} ffsws:osize=32x24 -o ${folder.at('small.yuv')}`
    expect((await routescope(line.split(' '))).status).toBe(0)
    const small = readFileSync(folder.at('small.yuv'))
    expect(small.length).toBe((RAW.length * 32 * 24) / (64 * 48))
    expect(small.every((value) => value === 90)).toBe(true)
  })

  it('are refused in one sentence without ffmpeg, and without a size', async () => {
    const cases = [
      [folder.at('source_64x48.yuv'), 'ffsws:osize=32x24', 'by ffmpeg, and there is none on PATH. Install ffmpeg'],
      [
        folder.at('source.yuv'),
        'ffsws:osize=32x24',
        'Raw pictures do not tell their size. Add it: -i source.yuv:size=',
      ],
      [folder.at('source_64x48.yuv'), 'ffsws:osize=big', '"big" of scaler is no osize.'],
    ] as const
    for (const [input, step, words] of cases) {
      const program = new RunningProgram(['-i', input, step, '-o', folder.at('none.yuv')], {
        env: { PATH: folder.path },
      })
      const { status, stderr } = await program.ended
      expect([status === 0, stderr.trim().split('\n')]).toEqual([false, [expect.stringContaining(words)]])
    }
  })
})
