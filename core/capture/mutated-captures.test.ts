import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppFailure } from '../failure/app-failure.ts'
import { ethernet, ipv4Packet, ipv4Udp, ipv6Packet, PcapngBlocks, pcapFile, udp } from '../testing/capture-builder.ts'
import { CaptureFolder, playCapture } from '../testing/capture-play.ts'
import { seededBelow } from '../testing/seeded.ts'
import { PcapParser, parsePcapHeader } from './pcap-parser.ts'
import { PcapngParser } from './pcapng-parser.ts'
import { type CaptureParser, CaptureRecord, MAX_TAIL_BYTES, type ParserEvents } from './record.ts'

function samples(): Uint8Array[] {
  const payload = new Array<number>(100).fill(7)
  const datagram = udp(payload)
  const packets = [
    ipv4Udp(payload),
    ipv6Packet(datagram, {}, [{ type: 44, bytes: [0, 0, 1, 0, 0, 0, 9] }]),
    ipv4Packet(datagram.slice(0, 48), {}, { offset: 0, more: true }),
    ipv4Packet(datagram.slice(48), {}, { offset: 48, more: false }),
  ]
  const frames = [...packets, ...packets, ...packets].map((packet) => ({
    bytes: ethernet(packet, (packet[0] as number) >> 4 === 6 ? 0x86dd : 0x0800, [0x81, 0, 0, 1]),
  }))
  const pcaps = (['us', 'ns', 'modified'] as const).map((magic) => pcapFile({ magic, linkWord: 1, frames }))
  const pcapngs = (['little', 'big'] as const).map((order) => {
    const b = new PcapngBlocks(order)
    const blocks = frames.map(({ bytes }, index) =>
      b.enhanced(0, 0x58003, index * 1000, bytes, b.option(4, [0, 0, 0, 0, 0, 0, 0, 1])),
    )
    const head = [...b.section(), ...b.interface(1, b.option(9, [6])), ...b.others()]
    return Uint8Array.from([...head, ...blocks.flat(), ...b.simple(packets[0] as number[]), ...b.statistics(0)])
  })
  return [...pcaps, ...pcapngs]
}

/** Flips, overwrites, deletes, repeats and cuts. */
function mutate(sample: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Array.from(sample)
  for (let edits = 1 + random(4); edits > 0; edits--) {
    const at = random(bytes.length)
    const length = 1 + random(40)
    const kind = random(6)
    if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << random(8))
    else if (kind === 1) bytes[at] = random(256)
    else if (kind === 2) bytes.fill(random(2) * 255, at, at + length)
    else if (kind === 3) bytes.splice(at, length)
    else if (kind === 4) bytes.splice(at, 0, ...bytes.slice(at, at + length))
    else if (random(4) === 0) bytes = bytes.slice(0, at + 1)
  }
  return Uint8Array.from(bytes)
}

const NO_EVENTS: ParserEvents = { truncated: () => undefined, damaged: () => undefined, unreadable: () => undefined }

/** Feeds a parser in pieces, as a reader does. */
function feed(parser: CaptureParser, bytes: Uint8Array, from: number, piece: number): void {
  let at = from
  for (let to = Math.min(bytes.length, from + piece); ; to = Math.min(bytes.length, to + piece)) {
    const next = parser.parse(bytes, at, to, false)
    expect(next).toBeGreaterThanOrEqual(at)
    expect(next).toBeLessThanOrEqual(to)
    expect(to - next).toBeLessThanOrEqual(MAX_TAIL_BYTES)
    at = next
    if (to === bytes.length) break
  }
  expect(parser.parse(bytes, at, bytes.length, true)).toBe(bytes.length)
}

test('4000 mutated captures: parsers reach the end, records stay inside, pieces make no difference', () => {
  const random = seededBelow(1)
  const originals = samples()
  for (let round = 0; round < 4000; round++) {
    const bytes = mutate(originals[round % originals.length] as Uint8Array, random)
    const header = parsePcapHeader(bytes)
    const runs = [bytes.length, 50 + random(400)].map((piece) => {
      const record = new CaptureRecord()
      const records: string[] = []
      const sink = {
        record: () => {
          expect(record.start).toBeLessThan(record.end)
          expect(record.end).toBeLessThanOrEqual(bytes.length)
          records.push(`${record.start}-${record.end} ${record.timeUs}`)
          return true
        },
      }
      if (header !== null) feed(new PcapParser(header, record, sink, NO_EVENTS), bytes, 24, piece)
      else feed(new PcapngParser(record, sink, NO_EVENTS), bytes, 0, piece)
      return records
    })
    expect(runs[1], `round ${round}`).toEqual(runs[0])
  }
})

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

test('800 mutated files: played whole or refused with a sentence, times never going back', async () => {
  const random = seededBelow(2)
  const originals = samples()
  for (let round = 0; round < 800; round++) {
    const bytes = mutate(originals[round % originals.length] as Uint8Array, random)
    const file = await folder.write(bytes, 'mutated.pcap')
    try {
      const { datagrams, ticks } = await playCapture([file])
      let last = 0
      for (const { timeUs } of datagrams) {
        expect(Number.isSafeInteger(timeUs), `round ${round}: ${timeUs}`).toBe(true)
        expect(timeUs).toBeGreaterThanOrEqual(last)
        last = timeUs
      }
      expect(ticks.length).toBeLessThan(20_000)
    } catch (failure) {
      if (!(failure instanceof AppFailure)) throw new Error(`round ${round}`, { cause: failure })
      expect(failure.error.message).toMatch(/\.$/)
      expect(failure.error.tryThis).toMatch(/\.$/)
    }
  }
})
