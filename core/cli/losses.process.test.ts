import { afterAll, beforeAll, expect, it } from 'vitest'
import { shareText } from '../contract/loss.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { protectedSession } from '../testing/fec-fixture.ts'
import { routeFixture } from '../testing/make-fixtures.ts'
import { inspect, routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const VIDEO = 10
let sent: readonly Datagram[]
beforeAll(async () => {
  sent = await routeFixture()
})

const write = (name: string, datagrams: readonly Datagram[]): string => folder.write(name, pcapOf(datagrams))

const tsiOf = ({ bytes }: Datagram): number => Number(parseLctHeader(bytes).header.tsi)
/** Bytes of an object in a packet of ours: behind the header and the start offset. */
const payloadOf = ({ bytes }: Datagram): number => bytes.length - parseLctHeader(bytes).headerBytes - 4
/** Full packets of segments: initialisation segments are repeated in packets of their own. */
const isMedia = (datagram: Datagram): boolean => tsiOf(datagram) !== 0 && payloadOf(datagram) >= 1400

/** Without every `step`-th media packet. */
function thinned(
  datagrams: readonly Datagram[],
  step: number,
): { readonly kept: Datagram[]; readonly dropped: Datagram[] } {
  const dropped = datagrams.filter(isMedia).filter((_, at) => at % step === step - 1)
  const gone = new Set(dropped)
  return { kept: datagrams.filter((each) => !gone.has(each)), dropped }
}

const bytesOf = (datagrams: readonly Datagram[]): number => datagrams.reduce((sum, each) => sum + payloadOf(each), 0)

it('the loss is that of the packets which did not arrive, of packets and of bytes, in all and per TSI', async () => {
  const { kept, dropped } = thinned(sent, 50)
  const report = await inspect(write('lossy.pcap', kept))
  const { total } = report.totals.loss
  expect(total.lost).toEqual({ packets: dropped.length, bytes: bytesOf(dropped) })
  expect(total.before.lost).toEqual(total.lost)
  expect(total.sent.packets).toBe(sent.length)
  const channels = report.services.flatMap(({ sessions }) => sessions.flatMap((session) => session.channels))
  const video = channels.find(({ tsi }) => tsi === VIDEO)
  const own = dropped.filter((each) => tsiOf(each) === VIDEO)
  expect(video?.loss.total.lost).toEqual({ packets: own.length, bytes: bytesOf(own) })
  expect(report.services[0]?.loss.total.lost).toEqual(total.lost)
  expect(report.totals.loss.last60.lost).toEqual(total.lost)
})

it('what FEC gives back is lost before repair, and not after it', async () => {
  const guarded = protectedSession(sent, { symbolBytes: 1400, overhead: 0.3 })
  const sources = new Set(sent.filter(isMedia).map(tsiOf))
  const first = new Set<string>()
  // Only the first transmission is protected.
  const protectedPackets = guarded.filter((each) => {
    const { header, headerBytes } = parseLctHeader(each.bytes)
    const key = `${header.tsi} ${header.toi} ${each.bytes.subarray(headerBytes, headerBytes + 4).join()}`
    const again = first.has(key)
    first.add(key)
    return !again && sources.has(Number(header.tsi))
  })
  const dropped = protectedPackets.filter((_, at) => at % 25 === 24)
  const gone = new Set(dropped)
  const report = await inspect(
    write(
      'fec.pcap',
      guarded.filter((each) => !gone.has(each)),
    ),
  )
  const { lost, before } = report.totals.loss.total
  expect(lost).toEqual({ packets: 0, bytes: 0 })
  expect(before.lost).toEqual({ packets: dropped.length, bytes: bytesOf(dropped) })
  expect(report.alarms.filter(({ severity }) => severity !== 'info')).toEqual([])
  const text = (await routescope(['inspect', folder.at('fec.pcap')])).stdout
  expect(text).toContain(`before repair ${before.lost.bytes} of ${before.sent.bytes} bytes`)
  expect(text).toContain(`(${shareText(before.lost.bytes, before.sent.bytes)})`)
})

it('what is lost of a repeated transmission counts at once, though its objects are known', async () => {
  const spanUs = (sent.at(-1)?.timeUs ?? 0) - (sent[0]?.timeUs ?? 0) + 2_000_000
  const again = sent.map((each) => ({ ...each, timeUs: each.timeUs + spanUs }))
  const { kept, dropped } = thinned(again, 50)
  // Not taken for a sender that began again.
  const report = await inspect('--detect-loops', 'off', write('again.pcap', [...sent, ...kept]))
  const { lost } = report.totals.loss.total
  expect(lost.bytes).toBeGreaterThan(bytesOf(dropped) * 0.7)
  expect(lost.bytes).toBeLessThanOrEqual(bytesOf(dropped))
  expect(report.alarms.map(({ rule, severity }) => `${rule} ${severity}`)).toContain('REPEAT-LOSS warning')
})

it('a cause says what can be known, with what speaks for it', async () => {
  const report = await inspect(write('cause.pcap', thinned(sent, 50).kept))
  const losses = report.alarms.filter(({ rule }) => rule === 'OBJ-LOSS')
  expect(losses.length).toBeGreaterThan(5)
  for (const { causeText, evidence, text } of losses) {
    expect(causeText).toBe('before this computer')
    expect(evidence).toContain('not in the capture, which counts no drops')
    expect(text).toContain(`cause: ${causeText} (${evidence})`)
  }
  expect(report.totals.losses.network.objects).toBe(losses.length)
})

it('an alarm has the time of the loss, not of its being noticed', async () => {
  const video = sent.filter((each) => tsiOf(each) === VIDEO)
  const gone = video[20]
  const after = video[21]
  const report = await inspect(
    write(
      'time.pcap',
      sent.filter((each) => each !== gone),
    ),
  )
  const alarm = report.alarms.find(({ rule }) => rule === 'OBJ-LOSS')
  expect(alarm?.time).toBeCloseTo((after?.timeUs ?? 0) / 1e6, 5)
})
