import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { inspect, TestFolder } from '../testing/program.ts'
import { testPacket } from '../testing/test-session.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const SLT =
  '<SLT bsid="1"><Service serviceId="1" shortServiceName="NAME"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.58.1" slsDestinationUdpPort="5001"/></Service></SLT>'
const PARTS = [
  [
    'application/route-usd+xml',
    'usbd.xml',
    '<BundleDescriptionROUTE><UserServiceDescription serviceId="1"><Name lang="en">NAME</Name></UserServiceDescription></BundleDescriptionROUTE>',
  ],
  [
    'application/route-s-tsid+xml',
    'stsid.xml',
    '<S-TSID><RS><LS tsi="10"><SrcFlow><EFDT><FDT-Instance Expires="4294967295"><File TOI="5" Content-Location="NAME.bin" Content-Length="3"/></FDT-Instance></EFDT></SrcFlow></LS></RS></S-TSID>',
  ],
  [
    'application/dash+xml',
    'live.mpd',
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S"><ProgramInformation><Title>NAME</Title></ProgramInformation><Period><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="1"><SegmentTemplate media="v-$Number$.m4s" duration="1"/></Representation></AdaptationSet></Period></MPD>',
  ],
] as const

/** A capture of a service whose documents have a name, in the bytes that `write` makes of each. */
function capture(file: string, write: (xml: string) => Uint8Array): string {
  let packets = 0
  const at = (address: string, port: number, bytes: Uint8Array): Datagram => ({
    address,
    port,
    bytes,
    timeUs: FIXTURE_START_US + 1000 * ++packets,
  })
  const text = (words: string): Uint8Array => new TextEncoder().encode(words)
  const parts = PARTS.flatMap(([type, name, xml]) => [
    text(`--b\r\nContent-Type: ${type}\r\nContent-Location: ${name}\r\n\r\n`),
    write(xml),
    text('\r\n'),
  ])
  const sls = Buffer.concat([
    text('Content-Type: multipart/related; boundary="b"\r\n\r\n'),
    ...parts,
    text('--b--\r\n'),
  ])
  const route = (packet: Parameters<typeof testPacket>[0]): Datagram => at('239.255.58.1', 5001, testPacket(packet))
  const lls = at('224.0.23.60', 4937, Uint8Array.from([1, 0, 0, 1, ...write(SLT)]))
  writeFileSync(
    folder.at(file),
    pcapOf([
      lls,
      route({ tsi: 0, toi: 1, codepoint: 3, length: sls.length, payload: sls }),
      route({ tsi: 10, toi: 5, length: 3, payload: text('abc') }),
      { ...lls, timeUs: lls.timeUs + 1_000_000 },
    ]),
  )
  return folder.at(file)
}

/** The alarms on how documents are written; `SLT`, `USBD`, … at the start of their texts. */
async function alarmsOf(
  file: string,
): Promise<{ name: string | null; alarms: [string, string, string][]; text: string }> {
  const { services, alarms } = await inspect(file)
  const told = alarms.filter(({ rule }) => !rule.endsWith('-BITS'))
  return {
    name: services[0]?.name ?? null,
    alarms: told.map(({ rule, severity, text }) => [rule, severity, text.split(' ')[0] ?? '']),
    text: told[0]?.text ?? '',
  }
}
const forms = (severity: string): string[][] =>
  ['SLT', 'USBD', 'S-TSID', 'MPD'].map((table) => ['XML-FORM', severity, table])

describe('documents as senders write them', () => {
  it('with a stray & are read, and one warning names each document', async () => {
    const made = capture('amp.pcap', (xml) => new TextEncoder().encode(xml.replace('NAME', 'R&B & Co')))
    const { name, alarms, text } = await alarmsOf(made)
    expect(name).toBe('R&B & Co')
    expect(alarms).toEqual(forms('warning'))
    expect(text).toBe(
      'SLT of group 0: 2 times "&" where XML has "&amp;", the first in line 1, column 56; it is read as text (frame 1)',
    )
  })

  it('in Windows-1252 are read as such, without a word', async () => {
    const made = capture('win.pcap', (xml) => {
      const head = '<?xml version="1.0" encoding="windows-1252"?>'
      return Uint8Array.from(Buffer.from(head + xml.replace('NAME', 'T\u00e9 \u0080'), 'latin1'))
    })
    expect(await alarmsOf(made)).toMatchObject({ name: 'T\u00e9 \u20ac', alarms: [] })
  })

  it.each([
    ['EUC-KR', '\ud55c', [0xc7, 0xd1]],
    ['Shift_JIS', '\u30c6', [0x83, 0x65]],
    ['ISO-8859-15', '\u20ac', [0xa4]],
  ])('in %s are read as such, without a word', async (encoding, letter, bytes) => {
    const made = capture(`${encoding}.pcap`, (xml) => {
      const [before = '', ...after] = `<?xml version="1.0" encoding="${encoding}"?>${xml}`.split('NAME')
      return Uint8Array.from([...Buffer.from(before), ...after.flatMap((part) => [...bytes, ...Buffer.from(part)])])
    })
    expect(await alarmsOf(made)).toMatchObject({ name: letter, alarms: [] })
  })

  it('in UTF-16 without a byte order mark are read as such, without a word', async () => {
    for (const swap of [false, true]) {
      const made = capture('utf16.pcap', (xml) => {
        const bytes = Buffer.from(xml.replace('NAME', 'T\u00e9'), 'utf16le')
        return Uint8Array.from(swap ? bytes.swap16() : bytes)
      })
      expect(await alarmsOf(made)).toMatchObject({ name: 'T\u00e9', alarms: [] })
    }
  })

  it('in Latin-1 under the name of UTF-8 are read as Latin-1, with one note on each', async () => {
    const made = capture('latin.pcap', (xml) => {
      const head = '<?xml version="1.0" encoding="UTF-8"?>'
      return Uint8Array.from(Buffer.from(head + xml.replace('NAME', 'T\u00e9l\u00e9'), 'latin1'))
    })
    expect(await alarmsOf(made)).toMatchObject({ name: 'T\u00e9l\u00e9', alarms: forms('info') })
  })

  it('that cannot be read name the place of what is wrong', async () => {
    const made = capture('open.pcap', (xml) => new TextEncoder().encode(xml.replace('/></Service>', '></Service>')))
    const { alarms, text } = await alarmsOf(made)
    expect(alarms[0]?.slice(0, 2)).toEqual(['LLS-XML', 'error'])
    expect(text).toMatch(/line 1, column 1[67]\d: unexpected close tag/)
  })
})
