import { describe, expect, it } from 'vitest'
import { gzip } from '#platform'
import { parseFdt } from '../../protocol/flute/fdt.ts'
import { parseStsid } from '../../protocol/sls/s-tsid.ts'
import { FILE_TABLE_LIMITS, SLS_LIMITS, STSID_LIMITS } from '../../protocol/table-limits.ts'
import { TestSession, testFlow } from '../../testing/test-session.ts'
import { readMpdFacts } from './mpd-facts.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const mpd = (segments: number): string =>
  `<MPD><Period><AdaptationSet contentType="video"><SegmentTemplate><SegmentTimeline>${'<S d="1"/>'.repeat(segments)}</SegmentTimeline></SegmentTemplate><Representation id="v"/></AdaptationSet></Period></MPD>`
const fdt = (elements: number): string =>
  `<FDT-Instance Expires="1"><File TOI="1" Content-Location="a"/>${'<x/>'.repeat(elements)}</FDT-Instance>`
const stsid = (elements: number): string =>
  `<S-TSID><RS><LS tsi="1"/>${'<LS tsi="2"><SrcFlow/></LS>'.repeat(Math.max(0, (elements - 2) >> 1))}</RS></S-TSID>`
const multipart = (parts: readonly string[]): string =>
  `Content-Type: multipart/related; boundary="b"\r\n\r\n${parts.map((part, at) => `--b\r\nContent-Type: application/dash+xml\r\nContent-Location: ${at}.mpd\r\n\r\n${part}\r\n`).join('')}--b--\r\n`

/** Elements, and bytes of one document, that are read in one turn of the event loop. */
const MOST_ELEMENTS = 33_000
const MOST_BYTES = 1 << 20

describe('a document off the air, which is read in one piece', () => {
  it('has few enough elements and bytes for that', () => {
    for (const { xml } of [SLS_LIMITS, STSID_LIMITS, FILE_TABLE_LIMITS]) {
      expect(xml.maxElements).toBeLessThan(MOST_ELEMENTS)
      expect(xml.maxLength).toBeLessThanOrEqual(MOST_BYTES)
    }
  })

  it.each([
    ['an FDT', FILE_TABLE_LIMITS, (bytes: Uint8Array) => parseFdt(bytes), fdt],
    ['an S-TSID', STSID_LIMITS, (bytes: Uint8Array) => parseStsid(bytes), stsid],
    ['an MPD', SLS_LIMITS, (bytes: Uint8Array) => readMpdFacts(bytes), mpd],
  ] as const)('is read up to its limits, and not beyond: %s', (_, { xml }, read, make) => {
    expect(() => read(utf8(make(xml.maxElements - 10)))).not.toThrow()
    expect(() => read(utf8(make(xml.maxElements)))).toThrow(expect.objectContaining({ code: 'xml-too-many' }))
    const long = `${make(1)}<!--${'x'.repeat(MOST_BYTES)}-->`
    expect(() => read(utf8(long))).toThrow(expect.objectContaining({ code: 'xml-too-long' }))
  })

  it.each([
    ['one MPD', [mpd(SLS_LIMITS.xml.maxElements)], 'more than 32768 elements'],
    ['many MPDs in one package', Array.from({ length: 30 }, () => mpd(2500)), 'more than 65536 tags'],
  ])('is told where it has more: %s', (_, parts, reason) => {
    const flow = testFlow()
    const session = new TestSession({
      kind: 'route',
      address: flow.destinationAddress,
      port: flow.destinationPort,
    })
    session.sendObject({ tsi: 0, toi: 0x8002_0001, codepoint: 3 }, gzip(utf8(multipart(parts))))
    expect(session.fragments.length).toBeLessThanOrEqual(1)
    expect(session.services.get(1)?.manifest ?? null).toBeNull()
    expect(session.alarms.map(({ text }) => text)).toContainEqual(expect.stringContaining(reason))
    session.sendObject({ tsi: 0, toi: 0x8002_0002, codepoint: 3 }, gzip(utf8(multipart([mpd(100)]))))
    expect(session.services.get(1)?.manifest?.kind).toBe('dash')
  })
})
