import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readBoxes } from '../../media/bmff/boxes.ts'
import { MmtpPacket } from '../../protocol/mmtp/mmtp-packet.ts'
import { type Datagram, duplicated, shuffled, withLoss } from '../../testing/datagrams.ts'
import {
  MMT_AUDIO,
  MMT_FIRST_MPU,
  MMT_PORT,
  MMT_SERVICE,
  MMT_VIDEO,
  type MmtpCaptureOptions,
  mmtpCapture,
} from '../../testing/mmtp-capture.ts'
import { receiveAll } from '../../testing/receive-all.ts'

const DISCOVER = { kind: 'discover' } as const
const ffprobe = spawnSync('ffprobe', ['-version']).status === 0

const names = (count: number, service = MMT_SERVICE): string[] =>
  [MMT_VIDEO, MMT_AUDIO].flatMap((packetId) =>
    Array.from({ length: count }, (_, index) => `service${service}/asset${packetId}/${MMT_FIRST_MPU + index}.mp4`),
  )
const mpusOf = (files: ReadonlyMap<string, Uint8Array>): string[] =>
  [...files.keys()].filter((name) => name.endsWith('.mp4')).sort()
const isMedia = ({ port, bytes }: Datagram): boolean => port === MMT_PORT && ((bytes[1] as number) & 15) === 0

describe('a made MMT service', () => {
  const ways: [string, MmtpCaptureOptions][] = [
    ['version 1', {}],
    ['version 0', { version: 0 }],
    ['without hints', { hints: false }],
    ['with aggregated samples', { aggregate: true }],
    ['with extensions and FEC payload ids', { extended: true, counter: false }],
  ]
  it.each(ways)('%s: has every MPU, in order and out of order, once and twice', (_, options) => {
    const sent = mmtpCapture({ ...options, mpus: 4 })
    const plain = receiveAll(sent, DISCOVER)
    expect(mpusOf(plain.files)).toEqual(names(4).sort())
    expect(plain.alarms).toEqual([])
    for (const changed of [shuffled(sent, 12), duplicated(sent, 0.05)]) {
      const { files, alarms } = receiveAll(changed, DISCOVER)
      expect(mpusOf(files)).toEqual(names(4).sort())
      for (const name of names(4)) expect(files.get(name)).toEqual(plain.files.get(name))
      expect(alarms).toEqual([])
    }
  })

  it('is the same with the samples in the reverse order of their packets', () => {
    // Within each MPU, fragments of samples come before its metadata.
    const sent = mmtpCapture({ mpus: 3 })
    const order = sent.map((datagram) => {
      const payload = 18
      const first = isMedia(datagram) && (datagram.bytes[payload + 2] as number) >> 4 < 2
      return { ...datagram, timeUs: datagram.timeUs + (first ? 100_000 : 0) }
    })
    order.sort((a, b) => a.timeUs - b.timeUs)
    const { files, alarms } = receiveAll(order, DISCOVER)
    const plain = receiveAll(sent, DISCOVER)
    for (const name of names(3)) expect(files.get(name)).toEqual(plain.files.get(name))
    expect(alarms).toEqual([])
  })

  it('is found without an SLT, and gets a number', () => {
    const { files } = receiveAll(mmtpCapture({ mpus: 3, signalling: false }), DISCOVER)
    expect(mpusOf(files)).toEqual(names(3, 1).sort())
  })

  it('keeps MPUs that arrived before the SLT', () => {
    const sent = mmtpCapture({ mpus: 3 })
    const late = sent.filter(({ port, timeUs }) => port === MMT_PORT || timeUs - (sent[0]?.timeUs ?? 0) >= 1_000_000)
    expect(mpusOf(receiveAll(late, DISCOVER).files)).toEqual(names(3).sort())
  })

  it.skipIf(!ffprobe)('is decoded by another program, every sample of it', () => {
    const { files } = receiveAll(mmtpCapture({ mpus: 2 }), DISCOVER)
    const folder = mkdtempSync(join(tmpdir(), 'routescope-mmt-'))
    try {
      for (const [name, frames] of [
        [`asset${MMT_VIDEO}/${MMT_FIRST_MPU}`, 50],
        [`asset${MMT_AUDIO}/${MMT_FIRST_MPU}`, 94],
      ] as const) {
        const file = join(folder, 'mpu.mp4')
        writeFileSync(file, files.get(`service${MMT_SERVICE}/${name}.mp4`) ?? new Uint8Array(0))
        const args = ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file]
        const probe = spawnSync('ffprobe', args)
        expect(probe.stderr.toString()).toBe('')
        expect(probe.stdout.toString().split('\n')[0]).toBe(String(frames))
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('losses', () => {
  const sent = mmtpCapture({ mpus: 4 })
  const mediaOf = (packetId: number, mpu: number, type: number) => (datagram: Datagram) =>
    isMedia(datagram) &&
    datagram.bytes[3] === packetId &&
    new DataView(datagram.bytes.buffer, datagram.bytes.byteOffset).getUint32(22) === mpu &&
    (datagram.bytes[20] as number) >> 4 === type

  it('of a fragment leave a hole in its place, and nothing else', () => {
    const isMfu = mediaOf(MMT_VIDEO, 701, 2)
    const victims = sent.filter(isMfu)
    const victim = victims[10] as Datagram
    const plain = receiveAll(sent, DISCOVER)
    const { files, lost, alarms } = receiveAll(
      sent.filter((datagram) => datagram !== victim),
      DISCOVER,
    )
    expect(mpusOf(files)).toEqual(
      names(4)
        .sort()
        .filter((name) => name !== `service${MMT_SERVICE}/asset35/701.mp4`),
    )
    const object = lost.find(({ name }) => name === 'asset35/701.mp4')
    const whole = plain.files.get(`service${MMT_SERVICE}/asset35/701.mp4`) as Uint8Array
    expect(object?.size).toBe(whole.length)
    const missing = object?.missing() ?? []
    expect(missing).toHaveLength(1)
    const [from, to] = missing[0] ?? [0, 0]
    expect(to - from).toBeLessThanOrEqual(1400)
    const expected = whole.slice()
    expected.fill(0, from, to)
    expect(Buffer.compare(object?.lease(0, whole.length).bytes ?? new Uint8Array(0), expected)).toBe(0)
    expect(alarms.map(({ rule }) => rule).sort()).toEqual(['MMTP-SEQ', 'MPU-LOSS'])
  })

  it.each([
    [0, '2 MPUs without MPU metadata, 0 without movie fragment metadata'],
    [1, '0 MPUs without MPU metadata, 2 without movie fragment metadata'],
  ])('of metadata (FT %i) are reported once for the asset, with counts', (type, words) => {
    const gone = [mediaOf(MMT_AUDIO, 701, type), mediaOf(MMT_AUDIO, 702, type)]
    const { files, alarms } = receiveAll(
      sent.filter((datagram) => !gone.some((each) => each(datagram))),
      DISCOVER,
    )
    expect(mpusOf(files)).toHaveLength(6)
    const others = alarms.filter(({ rule }) => rule === 'MPU-METADATA')
    expect(others.length).toBeLessThanOrEqual(2)
    expect(others.at(-1)?.text).toContain(words)
  })

  it('are none where reception begins in the middle of an MPU', () => {
    const firstUs = sent[0]?.timeUs ?? 0
    const { files, lost, alarms } = receiveAll(
      sent.filter(({ timeUs }) => timeUs > firstUs + 700_000),
      DISCOVER,
    )
    expect(mpusOf(files)).toEqual(
      names(4)
        .sort()
        .filter((name) => !name.endsWith('700.mp4')),
    )
    expect(alarms).toEqual([])
    expect(lost.map(({ name, state }) => [name, state]).sort()).toEqual([
      ['asset35/700.mp4', 'joined'],
      ['asset36/700.mp4', 'joined'],
    ])
  })

  it('of any packets never make a wrong file', () => {
    const plain = receiveAll(sent, DISCOVER)
    for (let seed = 1; seed <= 6; seed++) {
      const { files } = receiveAll(shuffled(withLoss(sent, 0.03, seed), 30, seed), DISCOVER)
      for (const name of mpusOf(files)) expect(files.get(name), name).toEqual(plain.files.get(name))
    }
  })
})

describe('hostile MMTP', () => {
  const sent = mmtpCapture({ mpus: 2 })

  it('never stops the receiver, whatever bits are flipped', () => {
    for (let seed = 1; seed <= 20; seed++) {
      let state = seed * 2_654_435_761
      const turned = sent.map((datagram) => {
        if (datagram.port !== MMT_PORT) return datagram
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
        if (state % 10 !== 0) return datagram
        const bytes = datagram.bytes.slice()
        const at = (state >>> 8) % Math.min(bytes.length, 120)
        bytes[at] = (bytes[at] as number) ^ (1 << ((state >>> 4) & 7))
        return { ...datagram, bytes }
      })
      const { alarms } = receiveAll(turned, DISCOVER)
      expect(alarms.map(({ rule }) => rule)).not.toContain('INTERNAL')
    }
  })

  it('is bounded: 65 536 packet_ids, MPU numbers that jump, sizes of 4 GiB', () => {
    const first = sent.find(isMedia) as Datagram
    const storm: Datagram[] = []
    for (let index = 0; index < 65_536; index++) {
      const bytes = first.bytes.slice()
      const view = new DataView(bytes.buffer)
      view.setUint16(2, index)
      storm.push({ ...first, bytes })
    }
    const numbers = Array.from({ length: 20_000 }, (_, index) => {
      const bytes = first.bytes.slice()
      new DataView(bytes.buffer).setUint32(22, Math.imul(index, 2_654_435_761) >>> 0)
      new DataView(bytes.buffer).setUint32(8, index)
      return { ...first, bytes }
    })
    const huge = sent.map((datagram) => {
      if (!isMedia(datagram) || (datagram.bytes[20] as number) >> 4 !== 1) return datagram
      const bytes = datagram.bytes.slice()
      // Sizes in the run, and of the mdat.
      for (let at = 100; at + 8 < bytes.length; at += 16) bytes.fill(0xff, at, at + 4)
      return { ...datagram, bytes }
    })
    for (const datagrams of [storm, numbers, huge, [...sent, ...storm, ...numbers]]) {
      const { alarms, usedBytes } = receiveAll(datagrams, DISCOVER)
      expect(alarms.map(({ rule }) => rule)).not.toContain('INTERNAL')
      expect(usedBytes).toBe(0)
    }
  })

  it('reads every packet of its own', () => {
    const packet = new MmtpPacket()
    for (const { port, bytes } of sent) if (port === MMT_PORT) expect(packet.read(bytes, 0, bytes.length)).toBe(0)
    expect(
      readBoxes(receiveAll(sent, DISCOVER).files.get(names(1)[0] ?? '') ?? new Uint8Array(0)).map(({ type }) => type),
    ).toEqual(['ftyp', 'mmpu', 'moov', 'moof', 'mdat'])
  })
})
