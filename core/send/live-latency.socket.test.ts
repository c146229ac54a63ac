import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastLive, GrowingPresentation, LiveOrigin } from '../testing/live-presentation.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import type { Answering } from '../testing/test-server.ts'
import type { BroadcastOptions } from './broadcaster.ts'

const folder = mkdtempSync(join(tmpdir(), 'routescope-latency-'))
const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
  rmSync(folder, { recursive: true, force: true })
})

const PARTS = 4
const TSI = 10

/** A presentation whose segments may be asked for while they are made. */
function lowLatency(): GrowingPresentation {
  const presentation = new GrowingPresentation('number', { tracks: ['v'] })
  presentation.textOf = (text) =>
    text.replace('<SegmentTemplate', '<SegmentTemplate availabilityTimeOffset="0.15" availabilityTimeComplete="false"')
  return presentation
}

const partsOf = (file: Uint8Array): Uint8Array[] => {
  const size = Math.ceil(file.length / PARTS)
  return Array.from({ length: PARTS }, (_, at) => file.subarray(at * size, (at + 1) * size))
}

/** Media bytes on air, without repeats: of ROUTE by their codepoint, of FLUTE but for tables. */
function onAir(datagrams: readonly Datagram[]): number {
  return datagrams.reduce((sum, { bytes }) => {
    const { header, headerBytes } = parseLctHeader(bytes)
    const isMedia = header.tsi === TSI && (header.codepoint === 8 || (header.tsiBytes === 2 && header.toi !== 0))
    return isMedia ? sum + bytes.length - headerBytes - 4 : sum
  }, 0)
}

/** Gives the parts of segments, each only once all those before it are on air. */
class Steps {
  #given = 0
  #next: (() => void) | null = null

  /** @param give called for each part in turn, with whether it is the last */
  begin(file: Uint8Array, give: (part: Uint8Array, isLast: boolean) => void): void {
    const parts = partsOf(file)
    const step = (): void => {
      const part = parts.shift()
      if (part === undefined) return
      this.#given += part.length
      this.#next = parts.length === 0 ? null : step
      give(part, parts.length === 0)
    }
    step()
  }

  look(datagrams: readonly Datagram[]): void {
    if (this.#next === null || onAir(datagrams) < this.#given) return
    const next = this.#next
    this.#next = null
    next()
  }
}

type Sent = { readonly got: Received; readonly told: string[]; readonly sent: readonly Datagram[] }

async function sentFrom(input: string, steps: Steps | null, options: Partial<BroadcastOptions> = {}): Promise<Sent> {
  const told: string[] = []
  const presentation = await loadPresentation(input, {
    live: ({ kind, sentence }) => told.push(`${kind}: ${sentence}`),
  })
  const sent = await broadcastLive(presentation, options, (_, datagrams) => steps?.look(datagrams))
  const kind = options.scheme === 'mabr' ? 'mabr' : 'route'
  return { got: receiveAll(sent, { kind, address: FIXTURE_ADDRESS, port: FIXTURE_PORT }), told, sent }
}

/** Names of the received files that are those of the presentation. */
function same({ files }: Received, presentation: GrowingPresentation): string[] {
  const byName = new Map([...files].map(([path, bytes]) => [path.slice(path.lastIndexOf('/') + 1), bytes]))
  return [...presentation.files]
    .filter(([name, made]) => Buffer.compare(byName.get(name) ?? new Uint8Array(), made) === 0)
    .map(([name]) => name)
}

/** An origin that gives each segment part by part. @param head sends the head of an answer */
async function originOf(
  presentation: GrowingPresentation,
  steps: Steps,
  head: (response: ServerResponse, file: Uint8Array) => void,
): Promise<LiveOrigin> {
  const origin = await LiveOrigin.open(presentation, 3)
  open.push(origin)
  const partly: Answering = (_, response, file = new Uint8Array()) => {
    head(response, file)
    steps.begin(file, (part, isLast) => (isLast ? response.end(part) : response.write(part)))
  }
  for (const number of [1, 2, 3]) origin.faults.set(presentation.nameOf('v', number), [partly])
  return origin
}

describe('low latency', () => {
  it.each<[string, (response: ServerResponse, file: Uint8Array) => void]>([
    ['in chunks of unknown number', (response) => void response.writeHead(200)],
    ['of a known length', (response, file) => void response.writeHead(200, { 'Content-Length': file.length })],
  ])('sends each part of a segment before the next one is there: %s', async (_, head) => {
    const presentation = lowLatency()
    const steps = new Steps()
    const origin = await originOf(presentation, steps, head)
    const { got, told, sent } = await sentFrom(origin.manifestUrl, steps)
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    expect(same(got, presentation)).toEqual([...presentation.files.keys()])
    expect(onAir(sent)).toBe(
      [1, 2, 3].reduce((sum, at) => sum + (presentation.files.get(presentation.nameOf('v', at))?.length ?? 0), 0),
    )
    expect(got.alarms.filter(({ rule }) => rule !== 'SESSION-CLOSED')).toEqual([])
  })

  it('sends each part of a file in a folder before the next one is written', async () => {
    const presentation = lowLatency()
    const steps = new Steps()
    const publish = (): void => {
      writeFileSync(join(folder, 'live.tmp'), presentation.manifest)
      renameSync(join(folder, 'live.tmp'), join(folder, 'live.mpd'))
    }
    const write = (number: number): void => {
      const name = presentation.nameOf('v', number)
      steps.begin(presentation.files.get(name) ?? new Uint8Array(), (part, isLast) => {
        appendFileSync(join(folder, name), part)
        if (!isLast) return
        if (number < 3) {
          presentation.grow()
          publish()
          write(number + 1)
        } else {
          presentation.end()
          publish()
        }
      })
    }
    writeFileSync(join(folder, 'v-init.mp4'), presentation.files.get('v-init.mp4') ?? new Uint8Array())
    publish()
    write(1)
    const { got, told } = await sentFrom(join(folder, 'live.mpd'), steps)
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    expect(same(got, presentation)).toEqual([...presentation.files.keys()])
  })

  it('sends segments once they are whole where that is asked for, and announces none earlier', async () => {
    const presentation = lowLatency()
    const origin = await LiveOrigin.open(presentation, 3)
    open.push(origin)
    const loaded = await loadPresentation(origin.manifestUrl, { lowLatency: false })
    expect(loaded.live?.tracks.map(({ isPartial }) => isPartial)).toEqual([false])
    const got = receiveAll(await broadcastLive(loaded), { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    expect(got.lost).toEqual([])
    expect(same(got, presentation)).toEqual([...presentation.files.keys()])
    const onAirText = new TextDecoder().decode(got.files.get('service1/manifest.mpd'))
    expect(onAirText).toContain('<SegmentTemplate ')
    expect(onAirText).not.toMatch(/availabilityTime(?:Offset|Complete)/)
  })

  it('asks for the rest of a segment whose connection breaks', async () => {
    const presentation = lowLatency()
    const steps = new Steps()
    const origin = await originOf(presentation, steps, (response) => void response.writeHead(200))
    const cut: Answering = (_, response, file = new Uint8Array()) => {
      response.writeHead(200)
      response.write(file.subarray(0, 1000), () => response.destroy())
    }
    origin.faults.set('v-002.m4s', [cut])
    const { got, told } = await sentFrom(origin.manifestUrl, steps)
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    expect(same(got, presentation)).toEqual([...presentation.files.keys()])
    expect(origin.server.ranges).toContain('bytes=1000-')
  })

  it('goes on after a segment of which the rest never comes, and says so', async () => {
    const presentation = lowLatency()
    const steps = new Steps()
    const origin = await originOf(presentation, steps, (response) => void response.writeHead(200))
    const cut: Answering = (_, response, file = new Uint8Array()) => {
      response.writeHead(200)
      response.write(file.subarray(0, 1000), () => response.destroy())
    }
    const failing: Answering = (_, response) => void response.writeHead(503).end()
    origin.faults.set('v-002.m4s', [cut, failing])
    const { got, told } = await sentFrom(origin.manifestUrl, steps)
    expect(told).toEqual([
      expect.stringMatching(/^lost: Segment 2 of "v" was sent in part only: .* no more came than 1000 bytes\.$/),
    ])
    expect(same(got, presentation)).toEqual([...presentation.files.keys()].filter((name) => name !== 'v-002.m4s'))
    expect(got.lost).toHaveLength(1)
  })

  it('sends each part over FLUTE as a chunk of its own', async () => {
    const presentation = lowLatency()
    const steps = new Steps()
    const origin = await originOf(presentation, steps, (response) => void response.writeHead(200))
    const { got, told, sent } = await sentFrom(origin.manifestUrl, steps, { scheme: 'mabr' })
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    expect(same(got, presentation)).toEqual([...presentation.files.keys()])
    expect(got.alarms.filter(({ rule }) => rule !== 'SESSION-CLOSED')).toEqual([])
    const tables = sent.map(({ bytes }) => new TextDecoder('latin1').decode(bytes))
    const names = new Set(tables.flatMap((table) => /Content-Location="[^"]*\/(v-002[^"]*)"/.exec(table)?.[1] ?? []))
    // At least one for each part, and one that tells the end.
    expect(names.size).toBeGreaterThanOrEqual(PARTS)
    expect([...names][0]).toBe('v-002.m4s?hasRandomAccessPoint#0')
    expect([...names].at(-1)).toMatch(/^v-002\.m4s\?isLast#\d+$/)
    expect(tables.some((table) => table.includes('transmissionMode="chunked"'))).toBe(true)
  })

  it('loses the rest of a segment over FLUTE whose chunks come no more, and says so', async () => {
    const presentation = lowLatency()
    const steps = new Steps()
    const origin = await originOf(presentation, steps, (response) => void response.writeHead(200))
    const cut: Answering = (_, response, file = new Uint8Array()) => {
      response.writeHead(200)
      response.write(file.subarray(0, 1000), () => response.destroy())
    }
    const failing: Answering = (_, response) => void response.writeHead(503).end()
    origin.faults.set('v-002.m4s', [cut, failing])
    const { got, told } = await sentFrom(origin.manifestUrl, steps, { scheme: 'mabr' })
    expect(told).toEqual([expect.stringMatching(/^lost: Segment 2 of "v" was sent in part only/)])
    expect(same(got, presentation)).toEqual([...presentation.files.keys()].filter((name) => name !== 'v-002.m4s'))
  })
})
