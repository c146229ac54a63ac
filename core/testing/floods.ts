import { gzip } from '#platform'
import type { Flow } from '../flow/datagrams.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { seededBelow } from './seeded.ts'
import { testFlow, testPacket } from './test-session.ts'

/** One datagram of a flood. */
export type FloodDatagram = { readonly flow: Flow; readonly bytes: Uint8Array }

/** A flood of one kind: the datagram of each number, the same for each seed. */
export type Flood = { readonly name: string; readonly datagram: (number: number) => FloodDatagram }

const ROUTE = testFlow('239.77.1.1', 5000, 1)
const LLS = testFlow(LLS_ADDRESS, LLS_PORT, 2)
const packed = (xml: string): Uint8Array => gzip(new TextEncoder().encode(xml))
const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join('')

/** Floods of every kind that a sender on the network can make, for tests, fuzzing and measurements. */
export function floods(seed: number): readonly Flood[] {
  const below = seededBelow(seed)
  const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256))
  const route = (packet: Parameters<typeof testPacket>[0]): FloodDatagram => ({
    flow: ROUTE,
    bytes: testPacket(packet),
  })
  const whole = (tsi: number, toi: number, codepoint: number, content: Uint8Array): FloodDatagram =>
    route({ tsi, toi, codepoint, length: content.length, payload: content })
  const lls = (tableId: number, version: number, xml: string): FloodDatagram => ({
    flow: LLS,
    bytes: Uint8Array.from([tableId, 1, 0, version & 255, ...packed(xml)]),
  })
  const bombs = new Map<number, Uint8Array>()
  const bomb = (kind: number): Uint8Array => {
    const known = bombs.get(kind) ?? packed(`<S-TSID>${' '.repeat(1 << 20)}${kind}</S-TSID>`)
    bombs.set(kind, known)
    return known
  }
  return [
    { name: 'noise', datagram: () => ({ flow: ROUTE, bytes: noise(1 + below(600)) }) },
    {
      name: 'objects that begin',
      datagram: () => route({ tsi: 5, toi: below(1 << 20), length: 5000, payload: noise(below(300)) }),
    },
    {
      name: 'channels',
      datagram: () => route({ tsi: below(1 << 16), toi: below(256), length: 5000, payload: noise(20) }),
    },
    { name: 'whole objects', datagram: (number) => whole(5, number, 8, noise(8)) },
    {
      name: 'claims of 16 MB',
      datagram: () =>
        route({ tsi: 5, toi: below(1 << 20), length: 0xff_ffff, offset: below(1 << 23), payload: noise(9) }),
    },
    { name: 'header extensions', datagram: () => route({ tsi: 5, toi: below(9), length: below(1 << 24) }) },
    {
      name: 'emergency alerts',
      datagram: (number) =>
        lls(
          4,
          number,
          `<AEAT><AEA aeaId="${number}">${times(20, () => `<AEAText>${below(1e9)}</AEAText>`)}</AEA></AEAT>`,
        ),
    },
    {
      name: 'service lists',
      datagram: (number) =>
        lls(
          1,
          number,
          `<SLT bsid="1">${times(50, (id) => `<Service serviceId="${id}" shortServiceName="S${number}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.77.2.${id}" slsDestinationUdpPort="5000"/></Service>`)}</SLT>`,
        ),
    },
    {
      name: 'manifests',
      datagram: (number) =>
        whole(
          0,
          number,
          3,
          packed(`<MPD id="${number}"><Period>${times(50, (id) => `<AdaptationSet id="${id}"/>`)}</Period></MPD>`),
        ),
    },
    {
      name: 'session descriptions',
      datagram: (number) =>
        whole(
          0,
          number,
          3,
          packed(
            `<S-TSID><RS>${times(40, (at) => `<LS tsi="${(number * 40 + at) % 60_000}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="v${number}_$TOI$.m4s"/></EFDT></SrcFlow></LS>`)}</RS></S-TSID>`,
          ),
        ),
    },
    {
      name: 'file tables',
      datagram: (number) =>
        whole(
          7,
          0,
          1,
          packed(
            `<EFDT><FDT-Instance Expires="4294967295">${times(40, (at) => `<File TOI="${at + 1}" Content-Location="f${number}-${at}"/>`)}</FDT-Instance></EFDT>`,
          ),
        ),
    },
    {
      name: 'bombs',
      datagram: (number) => whole(0, number, 3, bomb(number & 15)),
    },
  ]
}
