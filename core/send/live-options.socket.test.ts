import { afterAll, describe, expect, it } from 'vitest'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastLive, GrowingPresentation, LiveOrigin } from '../testing/live-presentation.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import type { BroadcastOptions } from './broadcaster.ts'
import type { SplitMode } from './split-endpoints.ts'

const ROUTE = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const

/** Of 16 and more symbols a segment loses at most 8. */
const SYMBOL_BYTES = 264

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
})

async function sent(
  presentation: GrowingPresentation,
  options: Partial<BroadcastOptions>,
): Promise<readonly Datagram[]> {
  const origin = await LiveOrigin.open(presentation, 4)
  open.push(origin)
  return broadcastLive(await loadPresentation(origin.manifestUrl), options)
}

/** Names of the received files that are those of the presentation. */
function same(datagrams: readonly Datagram[], { files }: GrowingPresentation): string[] {
  const got = receiveAll(datagrams, ROUTE).files
  return [...files]
    .filter(([name, made]) => Buffer.compare(got.get(`service1/${name}`) ?? new Uint8Array(), made) === 0)
    .map(([name]) => name)
}

/** A presentation whose segments may be asked for while they are made. */
function lowLatency(): GrowingPresentation {
  const presentation = new GrowingPresentation('number')
  presentation.textOf = (text) =>
    text.replaceAll(
      '<SegmentTemplate',
      '<SegmentTemplate availabilityTimeOffset="0.1" availabilityTimeComplete="false"',
    )
  return presentation
}

describe.concurrent('a live presentation with a repair flow for each channel', () => {
  it.each([
    ['whole segments', () => new GrowingPresentation('number'), {}],
    ['segments that are sent while they come', lowLatency, {}],
    ['DVB-MABR', () => new GrowingPresentation('time'), { scheme: 'mabr', mabr: { protocol: 'route' } }],
  ] as const)('is whole in spite of losses, without an alarm: %s', async (_, make, options) => {
    const presentation = make()
    const packets = await sent(presentation, { fecOverheadPercent: 60, mtu: SYMBOL_BYTES + 36, ...options })
    let dropped = 0
    // One of six packets of each segment, and always the last, which alone may tell its length.
    const lossy = packets.filter(({ bytes }) => {
      const { header, headerBytes } = parseLctHeader(bytes)
      if (header.codepoint !== 8) return true
      const offset = new DataView(bytes.buffer, bytes.byteOffset).getUint32(headerBytes)
      const isLost = header.closeObject || Math.floor(offset / SYMBOL_BYTES) % 6 === header.toi % 6
      if (isLost) dropped++
      return !isLost
    })
    expect(dropped).toBeGreaterThan(20)
    const kind = 'scheme' in options ? ('mabr' as const) : ('route' as const)
    for (const [list, name] of [
      [packets, 'all'],
      [lossy, 'lossy'],
    ] as const) {
      const got = receiveAll(list, { ...ROUTE, kind })
      const files = [...presentation.files.keys()].filter((each) => !got.files.has(`service1/${each}`))
      expect([name, files, got.lost]).toEqual([name, [], []])
      expect(got.alarms.map(({ rule }) => rule).filter((rule) => rule !== 'SESSION-CLOSED')).toEqual([])
      for (const [each, made] of presentation.files)
        expect(Buffer.compare(got.files.get(`service1/${each}`) ?? new Uint8Array(), made), each).toBe(0)
    }
    // With the sessions of their media, those of repair are closed.
    const closed = packets.map(({ bytes }) => parseLctHeader(bytes).header).filter(({ closeSession }) => closeSession)
    expect(new Set(closed.map(({ tsi }) => tsi))).toEqual(
      new Set(kind === 'mabr' ? [0, 1, 10, 15, 20, 25] : [0, 10, 15, 20, 25]),
    )
  })
})

describe.concurrent('a live presentation that is split', () => {
  it.each<[SplitMode, string[]]>([
    ['type', ['239.255.1.1:6000 0', '239.255.1.1:6001 10', '239.255.1.1:6002 20']],
    ['all', ['239.255.1.1:6000 0', '239.255.1.1:6001 10', '239.255.1.1:6002 20']],
    ['mcast', ['239.255.1.1:6000 0', '239.255.1.2:6001 10', '239.255.1.3:6001 20']],
  ])('%s: has each TSI at its endpoint, and is received whole', async (split, endpoints) => {
    const presentation = new GrowingPresentation('number')
    const packets = await sent(presentation, { split })
    const used = packets.map(({ address, port, bytes }) => `${address}:${port} ${parseLctHeader(bytes).header.tsi}`)
    expect([...new Set(used)].sort()).toEqual(endpoints)
    expect(same(packets, presentation)).toEqual([...presentation.files.keys()])
  })
})

describe.concurrent('a live presentation with several base addresses', () => {
  it('is read by the next one where the first does not answer, from the beginning or from some time on', async () => {
    const presentation = new GrowingPresentation('number', { tracks: ['v'] })
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => LiveOrigin.open(presentation, 5)))
    if (first === undefined || second === undefined || third === undefined) throw new Error('no origin')
    open.push(second, third)
    const bases = [first, second, third].map(({ server }) => `<BaseURL>${server.url}media/</BaseURL>`)
    presentation.extra.mpd = bases.join('')
    presentation.publish()
    await first.close()
    for (const number of [2, 3])
      second.faults.set(
        presentation.nameOf('v', number),
        Array.from({ length: 50 }, () => (_: unknown, response) => void response.writeHead(404).end()),
      )
    const told: string[] = []
    const live = ({ sentence }: { sentence: string }): void => void told.push(sentence)
    const packets = await broadcastLive(await loadPresentation(third.manifestUrl, { live }))
    expect(told).toEqual([
      expect.stringMatching(/is read by the next BaseURL: its initialisation segment .* is not there/),
      expect.stringMatching(/^Segment 2 of "v" was not sent/),
      expect.stringMatching(/^Segment 3 of "v" was not sent/),
      expect.stringMatching(/is read by the next BaseURL: no segment came from there\.$/),
    ])
    const got = receiveAll(packets, ROUTE).files
    for (const number of [1, 4, 5]) {
      const name = presentation.nameOf('v', number)
      expect(
        Buffer.compare(
          got.get(`service1/b1/${name}`) ?? new Uint8Array(),
          presentation.files.get(name) ?? new Uint8Array(1),
        ),
        name,
      ).toBe(0)
    }
  })
})
