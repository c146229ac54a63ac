import { afterAll, describe, expect, it } from 'vitest'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastLive } from '../testing/live-presentation.ts'
import { LowLatencyHlsOrigin, type PartLayout } from '../testing/low-latency-hls.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import type { Answering } from '../testing/test-server.ts'

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
})

const absent: Answering = (_, response) => void response.writeHead(404).end()
const failing: Answering = (_, response) => void response.writeHead(503).end()

/** Media bytes on air, without repeats. */
function onAir(datagrams: readonly Datagram[]): number {
  return datagrams.reduce((sum, { bytes }) => {
    const { header, headerBytes } = parseLctHeader(bytes)
    return header.tsi === 10 && header.codepoint === 8 ? sum + bytes.length - headerBytes - 4 : sum
  }, 0)
}

type Sent = { readonly got: Received; readonly told: string[]; readonly origin: LowLatencyHlsOrigin }

/** Sends a presentation whose origin makes each part only once all those before it are on air. */
async function sent(origin: LowLatencyHlsOrigin): Promise<Sent> {
  open.push(origin)
  const told: string[] = []
  const live = ({ kind, sentence }: { kind: string; sentence: string }): void => void told.push(`${kind}: ${sentence}`)
  const presentation = await loadPresentation(origin.playlistUrl, { live })
  const datagrams = await broadcastLive(presentation, {}, (_, all) => {
    if (onAir(all) >= origin.madeBytes) origin.step()
  })
  const target = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
  return { got: receiveAll(datagrams, target), told, origin }
}

/** Names of the segments in the playlist on air, and whether each is that of the origin. */
function segments({ files }: Received, origin: LowLatencyHlsOrigin): [string, boolean, boolean][] {
  const playlist = parsePlaylist(files.get('service1/low.m3u8') ?? new Uint8Array())
  if (playlist.kind !== 'media') throw new Error('the manifest is no media playlist')
  return playlist.segments.map(({ uri, gap, durationS, sequence, map }) => {
    expect([durationS, map?.uri]).toEqual([0.3, 'init.mp4'])
    const bytes = files.get(`service1/${uri}`) ?? new Uint8Array()
    return [uri, Buffer.compare(bytes, origin.segment(sequence)) === 0, gap]
  })
}

const whole = (names: readonly string[]): [string, boolean, boolean][] => names.map((name) => [name, true, false])

describe.concurrent('a live HLS presentation in parts', () => {
  it.each<[PartLayout, boolean, boolean, string[]]>([
    // The name of a segment is told with its last part: until there are two to count on, it has that of its first part.
    ['files', true, true, ['low-0.m4s', 'low-1.0.m4s', 'low-2.m4s', 'low-3.m4s']],
    ['files', true, false, ['low-0.m4s', 'low-1.0.m4s', 'low-2.m4s', 'low-3.m4s']],
    ['files', false, false, ['low-0.m4s', 'low-1.0.m4s', 'low-2.m4s', 'low-3.m4s']],
    ['ranges', true, true, ['low-0.m4s', 'low-1.m4s', 'low-2.m4s', 'low-3.m4s']],
    ['ranges', false, false, ['low-0.m4s', 'low-1.m4s', 'low-2.m4s', 'low-3.m4s']],
  ])(
    'sends each part before the next one is made: as %s, held %s, announced %s',
    async (layout, blocks, hints, names) => {
      const { got, told, origin } = await sent(await LowLatencyHlsOrigin.open({ layout, blocks, hints }))
      expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
      expect(segments(got, origin)).toEqual(whole(names))
      expect(new TextDecoder().decode(got.files.get('service1/low.m3u8'))).not.toMatch(/PART|HINT|SERVER-CONTROL/)
      const asked = origin.server.seen.map(({ path }) => path)
      expect(asked.filter((path) => path.includes('_HLS_msn=1&_HLS_part=1'))).toHaveLength(blocks ? 1 : 0)
      expect(asked.every((path) => !path.includes('low.m3u8') || path.includes('?key=1'))).toBe(true)
      // Each part is asked for once, and no segment beside its parts.
      const parts = origin.server.seen.filter(({ path }) => path.endsWith('.m4s') && !path.endsWith('/low-0.m4s'))
      expect(parts).toHaveLength(9)
    },
  )

  it('takes the rest of a segment from the whole where a part does not come', async () => {
    const origin = await LowLatencyHlsOrigin.open()
    origin.faults.set(
      'low-2.1.m4s',
      Array.from({ length: 100 }, () => absent),
    )
    open.push(origin)
    const told: string[] = []
    const presentation = await loadPresentation(origin.playlistUrl, { live: ({ sentence }) => told.push(sentence) })
    // What lacks comes with the whole, which is made without waiting for it.
    const datagrams = await broadcastLive(presentation, {}, (_, all) => {
      if (origin.made > 7 || onAir(all) >= origin.madeBytes) origin.step()
    })
    const got = receiveAll(datagrams, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    expect(segments(got, origin).slice(0, 3)).toEqual(whole(['low-0.m4s', 'low-1.0.m4s', 'low-2.m4s']))
  })

  it('asks in the ordinary way after a held request that fails', async () => {
    const origin = await LowLatencyHlsOrigin.open()
    const now: Answering = (_, response) => void response.end(origin.playlist)
    // The presentation is asked for twice before it is followed.
    origin.faults.set('low.m3u8', [now, now, failing])
    const { got, told } = await sent(origin)
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    expect(segments(got, origin)).toEqual(whole(['low-0.m4s', 'low-1.0.m4s', 'low-2.m4s', 'low-3.m4s']))
    const asked = origin.server.seen
      .filter(({ path }) => path.includes('low.m3u8'))
      .map(({ path }) => /_HLS/.test(path))
    expect(asked.slice(0, 5)).toEqual([false, false, true, false, true])
  })

  it('sends segments once they are whole where that is asked for', async () => {
    const origin = await LowLatencyHlsOrigin.open()
    open.push(origin)
    const told: string[] = []
    const presentation = await loadPresentation(origin.playlistUrl, {
      lowLatency: false,
      live: ({ sentence }) => told.push(sentence),
    })
    const datagrams = await broadcastLive(presentation, {}, (_, all) => {
      if (origin.made % 3 !== 0 || onAir(all) >= origin.madeBytes) origin.step()
    })
    const got = receiveAll(datagrams, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    expect(segments(got, origin)).toEqual(whole(['low-0.m4s', 'low-1.m4s', 'low-2.m4s', 'low-3.m4s']))
    expect(origin.server.seen.filter(({ path }) => /_HLS_|low-\d\.\d/.test(path))).toEqual([])
  })
})
