import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { FileBytes, PresentationFile } from '../ingest/presentation.ts'
import { type Datagram, pcapOf, shuffled } from '../testing/datagrams.ts'
import { FluteSender } from '../testing/flute-sender.ts'
import { mabrCapture } from '../testing/mabr-capture.ts'
import { broadcastOf, demoDash, FIXTURE_START_US, liveFixture, routeFixture } from '../testing/make-fixtures.ts'
import { mmtpCapture } from '../testing/mmtp-capture.ts'
import { inspect, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { content } from '../testing/test-session.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

let written = 0

function capture(...transmissions: readonly (readonly Datagram[])[]): string {
  const file = folder.at(`${++written}.pcap`)
  writeFileSync(file, pcapOf(transmissions.flat()))
  return file
}

/** The same packets, beginning `afterUs` behind the end of another transmission. */
function behind(before: readonly Datagram[], sent: readonly Datagram[], afterUs: number): Datagram[] {
  const byUs = (before.at(-1)?.timeUs ?? 0) + afterUs - (sent[0]?.timeUs ?? 0)
  return sent.map((each) => ({ ...each, timeUs: each.timeUs + byUs }))
}

type Told = { readonly time: number; readonly severity: string; readonly text: string }

async function told(file: string): Promise<{ restarts: Told[]; complete: number; lost: number }> {
  const { alarms, services } = await inspect(file)
  // Under a codepoint of media segments.
  const media = services
    .flatMap(({ sessions }) => sessions.flatMap(({ channels }) => channels.flatMap(({ objects }) => objects)))
    .filter(({ codepoint }) => codepoint === 8)
  return {
    restarts: alarms
      .filter(({ rule }) => rule === 'TOI-LOOP')
      .map(({ time, severity, text }) => ({ time, severity, text })),
    complete: media.filter(({ state }) => state === 'complete').length,
    lost: media.filter(({ state }) => state === 'partial').length,
  }
}

describe('a presentation that is sent twice in one capture', () => {
  it.each([
    ['behind each other', 20_000],
    ['with a break between them', 3_000_000],
  ])('%s, is told once, at the first packet of the second one', async (_name, afterUs) => {
    const once = await routeFixture()
    const again = behind(once, once, afterUs)
    const file = capture(once, again)
    const [twice, single] = [await told(file), await told(capture(once))]
    expect(single.restarts).toEqual([])
    expect(twice.restarts).toEqual([
      {
        time: expect.any(Number),
        severity: 'warning',
        text: expect.stringMatching(/^The sender began again: TSI \d+ .*to 1,/),
      },
    ])
    const begunUs = again[0]?.timeUs ?? 0
    expect((twice.restarts[0]?.time ?? 0) * 1e6 - begunUs).toBeGreaterThanOrEqual(0)
    expect((twice.restarts[0]?.time ?? 0) * 1e6 - begunUs).toBeLessThan(1_000_000)
    expect(twice).toMatchObject({ complete: 2 * single.complete, lost: 0 })
    const out = folder.at(`out-${afterUs}`)
    await routescope(['receive', '--capture', file, '--out', out])
    const alone = folder.at(`alone-${afterUs}`)
    await routescope(['receive', '--capture', capture(once), '--out', alone])
    expect(treeOf(out)).toEqual(treeOf(alone))
  })

  it('with packets out of order, is told once, and not where it is sent once', async () => {
    const once = await routeFixture()
    const again = behind(once, once, 1_000_000)
    const { restarts, lost } = await told(capture(shuffled(once, 50), shuffled(again, 50, 2)))
    expect(restarts).toHaveLength(1)
    expect(lost).toBe(0)
    expect((await told(capture(shuffled(once, 50)))).restarts).toEqual([])
  })
})

describe('a live sender that is killed in the middle of a segment and started again', () => {
  it('leaves no file of two transmissions, no loss, and one warning', async () => {
    const first = await liveFixture(7.3)
    const later = await broadcastOf(await demoDash(), { loop: true }, 9)
    const second = behind(first, later, 900_000)
    const { restarts, complete, lost } = await told(capture(first, second))
    expect(restarts).toEqual([
      {
        time: expect.any(Number),
        severity: 'warning',
        text: expect.stringMatching(/ went back from TOI \d+ to 1, [\d.]+ s after/),
      },
    ])
    expect(restarts[0]?.time).toBeGreaterThan(FIXTURE_START_US / 1e6 + 7)
    expect(lost).toBe(0)
    const [one, two] = [await told(capture(first)), await told(capture(second))]
    expect(complete).toBe(one.complete + two.complete)
  })
})

/** What `receive` writes of a capture, with the digest of each file. */
async function filesOf(file: string): Promise<Map<string, string>> {
  const out = folder.at(`files-${++written}`)
  await routescope(['receive', '--capture', file, '--out', out])
  return new Map(treeOf(out).map(({ path, ...content }) => [path, JSON.stringify(content)]))
}

/** Errors and warnings of a capture. */
async function alarmsOf(file: string): Promise<string[]> {
  const { alarms } = await inspect(file)
  return alarms.filter(({ severity }) => severity !== 'info').map(({ rule, text }) => `${rule} ${text}`)
}

/** What is sent before a time, seconds. */
const until = (sent: readonly Datagram[], seconds: number): Datagram[] =>
  sent.filter(({ timeUs }) => timeUs < FIXTURE_START_US + seconds * 1e6)

describe('a sender of DVB-MABR that begins again', () => {
  const sentOnce = async (expiresNtp: number, last = 0): Promise<Datagram[]> => {
    const demo = await demoDash()
    const get = (file: PresentationFile): Uint8Array | null => {
      const bytes = demo.bytes.get(file)?.slice() ?? null
      if (bytes !== null) bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ last
      return bytes
    }
    const bytes = { get, load: (file: PresentationFile) => demo.bytes.load(file) } as FileBytes
    return mabrCapture({ ...demo, bytes }, { sender: { expiresNtp } })
  }

  it.each([
    ['with the same tables and content', 0, 0, 24],
    ['with other tables, killed in the middle', 1, 0, 7.3],
    ['with other content', 1, 1, 7.3],
  ])('%s: is told once, and no file is of both', async (_name, later, last, killedS) => {
    const NEVER_NTP = 4_294_944_000
    const [first, second] = [await sentOnce(NEVER_NTP), await sentOnce(NEVER_NTP + later, last)]
    const before = until(first, killedS)
    const file = capture(before, behind(before, second, 900_000))
    // Its configuration changes with it, which is no alarm of its own.
    expect(await alarmsOf(file)).toEqual([
      expect.stringMatching(/^TOI-LOOP The sender began again: TSI \d0 went back from TOI \d+ to 1/),
    ])
    const [both, alone] = [await filesOf(file), await filesOf(capture(second))]
    expect(alone.size).toBeGreaterThan(20)
    for (const [path, content] of alone) expect([path, both.get(path)]).toEqual([path, content])
  })

  it.each([
    ['behind its end', 0, 24],
    ['killed in the middle, with other content', 1, 7.3],
  ])('without a break, %s: is told once, and no file is of both', async (_name, last, killedS) => {
    const [first, second] = [await sentOnce(4_294_944_000), await sentOnce(4_294_944_000, last)]
    const before = until(first, killedS)
    // Its media follows its configuration a second later.
    const both = [...before, ...behind(before, second, -980_000)].sort((one, two) => one.timeUs - two.timeUs)
    const file = capture(both)
    expect(await alarmsOf(file)).toEqual([
      expect.stringMatching(/^TOI-LOOP The sender began again: TSI 10 went back from TOI \d+ to 1, as did all media/),
    ])
    const [written, alone] = [await filesOf(file), await filesOf(capture(second))]
    for (const [path, content] of alone) expect([path, written.get(path)]).toEqual([path, content])
  })

  describe('with numbers of tables by the clock, as ours', () => {
    const sent = async (seconds: number, startUs: number): Promise<Datagram[]> =>
      broadcastOf(await demoDash(), { scheme: 'mabr', loop: true }, seconds, startUs)

    it.each([
      ['from its beginning', 0],
      ['in the middle of its first segment', 0.9],
      ['in the middle of a later one', 2.5],
    ])('received %s: is told once, and no file is of both', async (_name, joinedS) => {
      const joinedUs = FIXTURE_START_US + joinedS * 1e6
      const first = (await sent(7.3, FIXTURE_START_US)).filter(({ timeUs }) => timeUs >= joinedUs)
      const second = await sent(9, FIXTURE_START_US + 8_200_000)
      expect(await alarmsOf(capture(second))).toEqual([])
      const file = capture(first, second)
      expect(await alarmsOf(file)).toEqual([
        expect.stringMatching(/^TOI-LOOP The sender began again: TSI \d+ went back from TOI 4 to 1/),
      ])
      const [both, alone] = [await filesOf(file), await filesOf(capture(second))]
      expect(alone.size).toBeGreaterThan(10)
      for (const [path, content] of alone) expect([path, both.get(path)]).toEqual([path, content])
    })
  })

  it('is none where its packets come twice, or out of order', async () => {
    const once = await sentOnce(4_294_944_000)
    const twice = [...once, ...once.map((each) => ({ ...each, timeUs: each.timeUs + 1_500_000 }))]
    twice.sort((one, two) => one.timeUs - two.timeUs)
    expect(await alarmsOf(capture(twice))).toEqual([])
    expect(await alarmsOf(capture(shuffled(once, 50)))).toEqual([])
  })

  it('is none where its TOIs come round to 1', async () => {
    expect(await alarmsOf(capture(await mabrCapture(await demoDash(), { firstToi: 65_530 })))).toEqual([])
  })
})

describe('a sender of plain files by FLUTE that begins again', () => {
  /** Each file behind a table of its own. */
  const sent = (names: readonly string[], seed: number): Datagram[] => {
    const sender = new FluteSender({ symbolBytes: 1000, digest: 'none' })
    return names.flatMap((name, at) => {
      const bytes = content(4500, seed + at)
      const file = { toi: at + 1, name, contentType: 'application/octet-stream', bytes }
      const timeUs = FIXTURE_START_US + at * 300_000
      return [...sender.table([file], timeUs), ...sender.object(file, timeUs + 100_000)]
    })
  }
  const first = sent(['a', 'b', 'c'], 1)

  it.each([20_000, 3_000_000])(
    'for other files, %d µs later: is told once, and what was broken off is no loss',
    async (afterUs) => {
      const before = first.slice(0, -4)
      const file = capture(before, behind(before, sent(['x', 'y', 'z'], 50), afterUs))
      expect(await alarmsOf(file)).toEqual([expect.stringMatching(/^FDT The sender began again: FDT instance/)])
      expect([...(await filesOf(file)).keys()].map((path) => path.slice(-1)).sort()).toEqual(['a', 'b', 'x', 'y', 'z'])
    },
  )

  it('with the same tables and other content: is told once, and no file is of both', async () => {
    const second = sent(['a', 'b', 'c'], 50)
    const file = capture(first, behind(first, second, 20_000))
    expect(await alarmsOf(file)).toEqual([expect.stringMatching(/^OBJ-CHANGED /)])
    expect(await filesOf(file)).toEqual(await filesOf(capture(second)))
  })

  it('with the same tables and content is none', async () => {
    expect(await alarmsOf(capture(first, behind(first, first, 20_000)))).toEqual([])
  })
})

describe('a sender of MMTP that begins again', () => {
  const first = mmtpCapture({ mpus: 6 })
  // Its video has another size.
  const other = mmtpCapture({ mpus: 5, widerFrom: 0 })

  it.each([
    ['behind the end of the first transmission', first, 20_000],
    ['after a break', first, 3_000_000],
    ['killed in the middle of an MPU', until(first, 7.3), 900_000],
    ['killed in the middle of its first MPU', until(first, 1.3), 900_000],
  ])('%s: is told once, and no file is of both', async (_name, before, afterUs) => {
    const file = capture(before, behind(before, other, afterUs))
    expect(await alarmsOf(file)).toEqual([
      expect.stringMatching(/^TOI-LOOP The sender began again: packet_id 3\d went back from MPU \d+ to 700/),
    ])
    const [both, alone] = [await filesOf(file), await filesOf(capture(other))]
    expect(alone.size).toBeGreaterThan(9)
    for (const [path, content] of alone) expect([path, both.get(path)]).toEqual([path, content])
  })

  it('is none where packets are late', async () => {
    expect(await alarmsOf(capture(shuffled(first, 20)))).toEqual([])
  })
})
