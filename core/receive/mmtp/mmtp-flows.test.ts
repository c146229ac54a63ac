import { describe, expect, it } from 'vitest'
import type { Flow } from '../../flow/datagrams.ts'
import { FIXTURE_START_US } from '../../testing/make-fixtures.ts'
import { MMT_AUDIO, MMT_AUDIO_PORT, MMT_PORT, MMT_SERVICE, MMT_VIDEO, mmtpCapture } from '../../testing/mmtp-capture.ts'
import { TestSession, testFlow, testPacket } from '../../testing/test-session.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const ROUTE =
  '<ROUTEComponent sTSIDUri="s-tsid.xml" sTSIDDestinationIpAddress="239.255.10.9" sTSIDDestinationUdpPort="5100"/>'
const route = testFlow('239.255.10.9', 5100, 90)

/** Plays datagrams into a session, those of other flows between them. */
function playInto(session: TestSession, sent: ReturnType<typeof mmtpCapture>, between: (index: number) => void): void {
  const flows = new Map<string, Flow>()
  sent.forEach(({ address, port, bytes, timeUs }, index) => {
    const key = `${address}:${port}`
    const flow = flows.get(key) ?? testFlow(address, port, flows.size)
    flows.set(key, flow)
    session.timeUs = Math.max(session.timeUs, timeUs)
    session.datagram(bytes, flow)
    between(index)
  })
}

describe('an asset in another flow', () => {
  it.each([
    ['with a packet_id of its own', MMT_AUDIO, `asset${MMT_AUDIO}`],
    ['with a packet_id that the first flow has too', MMT_VIDEO, `asset${MMT_VIDEO + 65_536}`],
  ])('%s is joined, and belongs to the service', (_, audioId, folder) => {
    const session = new TestSession({ kind: 'atsc' })
    playInto(session, mmtpCapture({ mpus: 3, audioFlow: true, audioId }), () => {})
    session.close()
    expect(session.wanted.map(({ port }) => port).sort()).toEqual([4937, MMT_PORT, MMT_AUDIO_PORT].sort())
    const names = session.files.map(({ serviceId, name }) => `${serviceId} ${name}`)
    for (const each of [`asset${MMT_VIDEO}`, folder])
      for (const number of [700, 701, 702]) expect(names).toContain(`${MMT_SERVICE} ${each}/${number}.mp4`)
    expect(names).toHaveLength(6)
    const service = session.services.get(MMT_SERVICE)
    expect(service?.mmtpFlow?.assets.map(({ assetId, type, destination }) => [assetId, type, destination])).toEqual([
      ['video-asset', 'avc1', `239.255.10.7:${MMT_PORT}`],
      ['audio-asset', 'mp4a', `239.255.10.7:${MMT_AUDIO_PORT}`],
    ])
    expect(service?.manifest?.codecs).toEqual(['avc1.64001f', 'mp4a.40.2'])
    expect(service?.mmtpFlow?.assets[1]?.timeOf(701)).toBeGreaterThan(0)
    expect(session.alarms).toEqual([])
  })

  it('is found in captures too, where its flow may precede its name', () => {
    const session = new TestSession({ kind: 'discover' })
    const sent = mmtpCapture({ mpus: 3, audioFlow: true })
    const first = sent.filter(({ port }) => port === MMT_AUDIO_PORT)
    const others = sent.filter(({ port }) => port !== MMT_AUDIO_PORT)
    playInto(session, [...first.slice(0, 20), ...others, ...first.slice(20)], () => {})
    session.close()
    expect([...session.services.values()].filter(({ id }) => !session.gone.includes(id)).map(({ id }) => id)).toEqual([
      MMT_SERVICE,
    ])
    expect(session.files).toHaveLength(6)
  })
})

describe('the USBD of an MMT service', () => {
  const stsid =
    '<S-TSID><RS><LS tsi="1"><SrcFlow rt="false"><EFDT version="1"><FDTParameters><File TOI="7" Content-Location="guide.xml" Content-Type="text/xml"/></FDTParameters></EFDT></SrcFlow></LS></RS></S-TSID>'
  const sendRoute = (session: TestSession): void => {
    for (const [tsi, toi, text] of [
      [0, 0x0002_0001, stsid],
      [1, 7, '<guide/>'],
    ] as const) {
      const payload = utf8(text)
      session.datagram(testPacket({ tsi, toi, payload, length: payload.length, codepoint: tsi === 0 ? 1 : 8 }), route)
    }
  }

  it.each(['before', 'after'])('joins the ROUTE session it names, whose packets arrive %s it', (when) => {
    const session = new TestSession({ kind: 'discover' })
    session.timeUs = FIXTURE_START_US
    if (when === 'before') sendRoute(session)
    playInto(session, mmtpCapture({ mpus: 2, usbd: ROUTE }), (index) => {
      if (when === 'after' && index === 50) sendRoute(session)
    })
    session.close()
    expect(session.wanted).toContainEqual({ address: '239.255.10.9', port: 5100 })
    expect(
      session.files.filter(({ name }) => !name.endsWith('.mp4')).map(({ serviceId, name }) => [serviceId, name]),
    ).toEqual([[MMT_SERVICE, 'guide.xml']])
    expect(session.services.get(MMT_SERVICE)?.manifest?.name).toBe('manifest.mpd')
    expect(session.fragments.filter(({ type }) => type === 'S-TSID')).toMatchObject([{ service: MMT_SERVICE }])
    expect(session.alarms).toEqual([])
  })

  it('names its assets and their roles', () => {
    const session = new TestSession({ kind: 'discover' })
    const usbd =
      '<ComponentInfo componentType="1" componentRole="0" componentId="video-asset" componentName="Main"/>' +
      '<ComponentInfo componentType="0" componentRole="2" componentId="AUDIO-ASSET"/>'
    playInto(session, mmtpCapture({ mpus: 1, usbd }), () => {})
    session.close()
    expect(session.services.get(MMT_SERVICE)?.mmtpFlow?.assets.map(({ component }) => component)).toEqual([
      { role: 'video, primary', name: 'Main' },
      { role: 'audio, dialog', name: null },
    ])
  })
})
