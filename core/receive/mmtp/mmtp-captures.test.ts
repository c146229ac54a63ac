import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CaptureReader } from '../../capture/capture-reader.ts'
import { FlowTable } from '../../protocol/ip/flow-table.ts'
import { type Datagram, duplicated, shuffled, withLoss } from '../../testing/datagrams.ts'
import { receiveAll } from '../../testing/receive-all.ts'

const captures = fileURLToPath(new URL('../../../../shared/captures/', import.meta.url))
const present = existsSync(captures)
const ffprobe = spawnSync('ffprobe', ['-version']).status === 0

/** The datagrams of a capture, in order. */
async function datagramsOf(name: string): Promise<Datagram[]> {
  const datagrams: Datagram[] = []
  const flows = new FlowTable()
  const reader = new CaptureReader({ files: [`${captures}${name}.pcap`], pace: 'fast', loop: 1, nowUs: () => 0, flows })
  await reader.run(
    {
      datagram(flow, bytes, start, end, timeUs) {
        const { destinationAddress: address, destinationPort: port } = flow
        datagrams.push({ address, port, bytes: bytes.slice(start, end), timeUs })
      },
    },
    { tick: () => {}, loop: () => {} },
  )
  return datagrams
}

type Mpu = { path: string; samples: number; codec: string }
const expected = (): Mpu[] =>
  (JSON.parse(readFileSync(`${captures}offair-mmt-and-esg.mpus.json`, 'utf8')) as { mpus: Mpu[] }).mpus

describe.skipIf(!present)('MPUs of the off-air capture', () => {
  it('are exactly the whole ones, for any order and repetition of packets', async () => {
    const datagrams = await datagramsOf('offair-mmt-and-esg')
    const paths = expected().map(({ path }) => path)
    const plain = receiveAll(datagrams, { kind: 'discover' })
    for (const sent of [datagrams, shuffled(datagrams, 50), duplicated(datagrams, 0.05), shuffled(datagrams, 50, 7)]) {
      const { files, alarms } = receiveAll(sent, { kind: 'discover' })
      expect([...files.keys()].filter((name) => name.endsWith('.mp4')).sort()).toEqual(paths.sort())
      for (const path of paths)
        expect(Buffer.compare(files.get(path) ?? new Uint8Array(0), plain.files.get(path) ?? new Uint8Array(1))).toBe(0)
      expect(alarms.filter(({ rule }) => /^(MMTP|MPU|LIMIT)/.test(rule))).toEqual([])
    }
  })

  it('lack the lost packets and nothing else', async () => {
    const datagrams = await datagramsOf('offair-mmt-and-esg')
    const { files, lost, alarms } = receiveAll(withLoss(datagrams, 0.01), { kind: 'discover' })
    const whole = [...files.keys()].filter((name) => name.endsWith('.mp4'))
    for (const name of whole) expect(expected().map(({ path }) => path)).toContain(name)
    const given = lost.filter((object) => object.name?.endsWith('.mp4') && object.state === 'partial')
    // Each of the 14 is whole, or reported as lost with its missing ranges.
    const named = new Set([...whole, ...given.map((object) => `service${object.serviceId}/${object.name}`)])
    for (const { path } of expected()) expect(named).toContain(path)
    expect(given.length).toBeGreaterThan(0)
    for (const object of given) if (object.size !== null) expect(object.missing().length).toBeGreaterThan(0)
    expect(alarms.map(({ rule }) => rule)).toContain('MPU-LOSS')
    expect(alarms.map(({ rule }) => rule)).toContain('MMTP-SEQ')
  })

  it.skipIf(!ffprobe)(
    'are decoded to the last frame by another program',
    async () => {
      const { files } = receiveAll(await datagramsOf('offair-mmt-and-esg'), { kind: 'discover' })
      const folder = mkdtempSync(join(tmpdir(), 'routescope-mpu-'))
      try {
        for (const { path, samples, codec } of expected()) {
          const file = join(folder, path.replaceAll('/', '-'))
          writeFileSync(file, files.get(path) ?? new Uint8Array(0))
          const entries = 'stream=codec_name,width,height,nb_read_frames'
          const probe = spawnSync('ffprobe', [
            '-v',
            'error',
            '-count_frames',
            '-show_entries',
            entries,
            '-of',
            'json',
            file,
          ])
          expect(probe.stderr.toString(), path).toBe('')
          const { streams } = JSON.parse(probe.stdout.toString()) as {
            streams: { codec_name?: string; width?: number; height?: number; nb_read_frames?: string }[]
          }
          const media = streams.find((stream) => stream.codec_name !== undefined)
          expect(Number(media?.nb_read_frames), path).toBe(samples)
          const size = media?.width === undefined ? '' : ` ${media.width}x${media.height}`
          expect(`${media?.codec_name}${size}`, path).toBe(codec)
          const decode = spawnSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-'])
          expect(decode.stderr.toString(), path).toBe('')
          expect(decode.status, path).toBe(0)
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    120_000,
  )
})
