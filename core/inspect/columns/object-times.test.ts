import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { parseLctExtensions, writeLctExtension } from '../../protocol/lct/extensions.ts'
import { TestReception, type TestTrack } from '../../testing/test-reception.ts'

const NTP = 2_208_988_800
const VIDEO: TestTrack = { tsi: 10, role: 'video', step: 'duration="2" startNumber="1"' }

/** Appends these header extensions to the packet's own, and sets this CCI. */
function timed(words: Parameters<typeof writeLctExtension>[0][], cci = 0): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const out = new ByteWriter()
    for (const extension of words) writeLctExtension(extension, out)
    const more = out.take()
    expect(parseLctExtensions(more, 0, more.length, 0)).toEqual(words)
    const header = (bytes[2] as number) * 4
    const packet = new Uint8Array(bytes.length + more.length)
    packet.set(bytes.subarray(0, header))
    packet.set(more, header)
    packet.set(bytes.subarray(header), header + more.length)
    packet[2] = (header + more.length) / 4
    new DataView(packet.buffer).setUint32(4, cci)
    return packet
  }
}

const detailOf = (reception: TestReception, name: string) => {
  const view = reception.columns.shown.query({ filter: `name:${name}`, sort: { column: 'toi', descending: false } })
  const [row] = reception.columns.shown.rows(view.viewId, 0, 1)
  if (row === undefined) throw new Error(`no ${name}`)
  const detail = reception.columns.shown.detail(row.index)
  if (detail === null) throw new Error(`no detail of ${name}`)
  return detail
}

describe('times in headers', () => {
  it('are stored for each object, from the first packet that has them', () => {
    const reception = new TestReception()
    reception.announce([VIDEO])
    const seconds = reception.startUs / 1e6 + NTP
    const time = {
      kind: 'time',
      sctHigh: seconds - 1,
      sctLow: 2 ** 31,
      ert: 1500,
      slc: seconds - 100,
      otherUse: 0,
    } as const
    const presentation = { kind: 'presentation-time', reserved: 0, seconds: seconds + 3, fraction: 0 } as const
    reception.packet({ tsi: 10, toi: 1, payload: new Uint8Array(50), length: 100 }, timed([time, presentation], 90_000))
    reception.pass(100)
    const later = { ...time, sctHigh: seconds }
    reception.packet({ tsi: 10, toi: 1, offset: 50, payload: new Uint8Array(50), length: 100 }, timed([later], 7))
    reception.packet({ tsi: 10, toi: 2, payload: new Uint8Array(50), length: 50 })

    expect(detailOf(reception, '10/1').times).toEqual({
      senderUs: reception.startUs - 500_000,
      senderDelayUs: 500_000,
      residualMs: 1500,
      sessionChangedUs: reception.startUs - 100_000_000,
      presentationUs: reception.startUs + 3_000_000,
      earliestTicks: 90_000,
      availabilityUs: null,
      marginUs: null,
      isLate: false,
    })
    expect(detailOf(reception, '10/2').times).toMatchObject({
      senderUs: null,
      presentationUs: null,
      earliestTicks: null,
    })
    expect(reception.columns.views.channels().find(({ tsi }) => tsi === 10)?.senderDelayUs).toBe(500_000)

    const objects = reception.close().services[0]?.sessions[0]?.channels[1]?.objects
    expect(objects?.map(({ senderTime, presentationTime }) => [senderTime, presentationTime])).toEqual([
      [reception.startUs / 1e6 - 0.5, reception.startUs / 1e6 + 3],
      [null, null],
    ])
  })

  it('are read only within the extension', () => {
    const reception = new TestReception()
    reception.announce([VIDEO])
    // Use announces SCT-High, SCT-Low, ERT and SLC, with room for one word.
    const short = { kind: 'unknown', het: 2, content: Uint8Array.of(0xf0, 0, 0xee, 0xab, 0xb7, 0x5d) } as const
    reception.packet({ tsi: 10, toi: 1, payload: new Uint8Array(50), length: 50 }, timed([short]))
    expect(detailOf(reception, '10/1').times).toMatchObject({
      senderUs: (0xeeab_b75d - NTP) * 1e6,
      residualMs: null,
      sessionChangedUs: null,
    })
  })
})

describe('availability', () => {
  const start = new Date(1_700_000_000_000 - 4000).toISOString()
  const live = `type="dynamic" availabilityStartTime="${start}"`

  it('is the time in a live manifest, and the margin the rest of it', () => {
    const reception = new TestReception()
    reception.announce([VIDEO], live)
    reception.segment(10, 3)
    reception.segment(10, 2)
    // Segment 3 covers seconds 4 to 6 after the start, which is 2 s after the test begins; it was whole after 180 ms.
    expect(detailOf(reception, '10/3').times).toMatchObject({
      availabilityUs: reception.startUs + 2_000_000,
      marginUs: 2_000_000 - 180_000,
    })
    expect(detailOf(reception, '10/2').times).toMatchObject({ availabilityUs: reception.startUs, marginUs: -380_000 })
  })

  it('follows a timeline, its period and the offset', () => {
    const step = '<SegmentTimeline><S t="0" d="180000"/><S d="90000"/></SegmentTimeline>'
    const reception = new TestReception()
    reception.announce([{ ...VIDEO, step }], live)
    reception.segment(10, 180_000)
    expect(detailOf(reception, '10/180000').times.availabilityUs).toBe(reception.startUs - 4_000_000 + 3_000_000)
    const early = new TestReception()
    early.announce([{ ...VIDEO, step: 'availabilityTimeOffset="1.5" duration="2"' }], live)
    early.segment(10, 1)
    expect(detailOf(early, '10/1').times.availabilityUs).toBe(early.startUs - 4_000_000 + 500_000)
    const chunked = new TestReception()
    const step2 = 'availabilityTimeOffset="1.5" availabilityTimeComplete="false" duration="2"'
    chunked.announce([{ ...VIDEO, step: step2 }], live)
    chunked.segment(10, 1)
    expect(detailOf(chunked, '10/1').times.availabilityUs).toBe(chunked.startUs - 2_000_000)
  })

  it('is unknown for a static manifest, and incomplete or repeated objects have no margin', () => {
    const still = new TestReception()
    still.announce([VIDEO])
    still.segment(10, 1)
    expect(detailOf(still, '10/1').times).toMatchObject({ availabilityUs: null, marginUs: null })
    const reception = new TestReception()
    reception.announce([VIDEO], live)
    reception.segment(10, 1, 10, [9])
    reception.segment(10, 2)
    reception.segment(10, 2)
    expect(detailOf(reception, '10/1').times.marginUs).toBeNull()
    expect(detailOf(reception, '10/2').times).toMatchObject({ availabilityUs: reception.startUs, marginUs: null })
  })
})
