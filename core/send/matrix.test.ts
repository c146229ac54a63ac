import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { RuleProfile } from '../contract/rule-row.ts'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { liveDemo } from '../testing/live-demo.ts'
import { broadcastOf, demoDash, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { SHAPES, type Shape, type ShapeName, writeShape } from '../testing/presentation-shapes.ts'
import { sha256 } from '../testing/program.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import type { BroadcastOptions } from './broadcaster.ts'

/** A form of broadcast: how it is sent, how it is received, and the editions whose rules it has to keep. */
type Form = {
  readonly options: Partial<BroadcastOptions>
  readonly target: ReceiveTarget
  readonly profiles: readonly RuleProfile[]
}

const MABR = { kind: 'mabr', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
const FORMS: Readonly<Record<string, Form>> = {
  'route://': {
    options: { scheme: 'route' },
    target: { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT },
    profiles: ['a331-2019', 'rfc9223'],
  },
  'atsc:// US': { options: { scheme: 'atsc' }, target: { kind: 'atsc' }, profiles: ['a331-2019'] },
  'atsc:// Korean': {
    options: { scheme: 'atsc', flavour: 'korean' },
    target: { kind: 'atsc' },
    profiles: ['a331-2019'],
  },
  'mabr:// FLUTE': { options: { scheme: 'mabr' }, target: MABR, profiles: ['a331-2019', 'dvb-mabr'] },
  'mabr:// ROUTE': {
    options: { scheme: 'mabr', mabr: { protocol: 'route' } },
    target: MABR,
    profiles: ['a331-2019', 'dvb-mabr'],
  },
}

const folder = mkdtempSync(join(tmpdir(), 'routescope-matrix-'))
const shapes = new Map<ShapeName, Shape>()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function shapeOf(name: ShapeName): Shape {
  const known = shapes.get(name)
  if (known !== undefined) return known
  const at = join(folder, String(shapes.size))
  mkdirSync(at)
  const shape = writeShape(name, at)
  shapes.set(name, shape)
  return shape
}

/** Path, size and digest of each file, sorted. */
function listed(files: Iterable<readonly [string, Uint8Array]>): string[] {
  return [...files].map(([path, bytes]) => `${path} ${bytes.length} ${sha256(bytes)}`).sort()
}

/** What was received below the presentation's own paths: without the name of the service, and in DVB-MABR its base. */
function ownFiles({ files }: Received): [string, Uint8Array][] {
  return [...files].map(([path, bytes]) => {
    const own = path.slice(path.indexOf('/') + 1)
    return [own.replace(/^urn:routescope:mabr:service:1\//, ''), bytes]
  })
}

/** Receives under each profile; nothing may be lost, nor anything be found but that the sessions were closed. */
function receiveWell(datagrams: readonly Datagram[], { target, profiles }: Form): Received {
  const [first, ...others] = profiles.map((profile) => receiveAll(datagrams, target, { profile }))
  if (first === undefined) throw new Error('no profile')
  for (const each of [first, ...others]) {
    expect(each.lost).toEqual([])
    expect(each.alarms.filter(({ rule }) => rule !== 'SESSION-CLOSED')).toEqual([])
    expect(each.alarms.length).toBeGreaterThan(0)
  }
  return first
}

describe.each(Object.entries(FORMS))('%s', (_, form) => {
  it.each(SHAPES)('carries %s: the files are those of the presentation, and no rule finds anything', async (name) => {
    const { input, files } = shapeOf(name)
    const got = receiveWell(await broadcastOf(await loadPresentation(input), form.options), form)
    expect(listed(ownFiles(got))).toEqual(listed(files))
  })

  it('carries low latency: segments that grow while they are sent', async () => {
    const datagrams = await liveDemo({ pieces: 4 }, form.options)
    const files = ownFiles(receiveWell(datagrams, form))
    const demo = await demoDash()
    const expected: [string, Uint8Array][] = []
    for (const { init, segments } of demo.tracks) {
      if (init !== null) expected.push([init.name, init.bytes])
      for (const segment of segments) {
        await demo.bytes.load(segment)
        expected.push([segment.name, demo.bytes.get(segment) ?? new Uint8Array()])
      }
    }
    const [manifest, ...others] = files.filter(([path]) => path === 'manifest.mpd')
    // Its times are those of the broadcast.
    expect(others).toEqual([])
    expect(parseMpd(manifest?.[1] ?? new Uint8Array()).type).toBe('dynamic')
    expect(listed(files.filter(([path]) => path !== 'manifest.mpd'))).toEqual(listed(expected))
  })
})

/** Writes what was received as a dump has it. */
function dumped(files: readonly [string, Uint8Array][]): string {
  const at = mkdtempSync(join(folder, 'dump-'))
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(at, path)), { recursive: true })
    writeFileSync(join(at, path), bytes)
  }
  return at
}

describe.each([
  ['atsc:// US', 'atsc:// Korean'],
  ['atsc:// US', 'mabr:// FLUTE'],
  ['mabr:// ROUTE', 'atsc:// US'],
] as const)('what is received of %s and sent on as %s', (from, to) => {
  it.each(SHAPES)('has the files of %s', async (name) => {
    const [first, second] = [FORMS[from], FORMS[to]] as [Form, Form]
    const { input, files } = shapeOf(name)
    const got = receiveWell(await broadcastOf(await loadPresentation(input), first.options), first)
    const dump = dumped(ownFiles(got))
    const manifest = name === 'files' ? '' : basename(input)
    const again = receiveWell(await broadcastOf(await loadPresentation(join(dump, manifest)), second.options), second)
    expect(listed(ownFiles(again))).toEqual(listed(files))
  })
})
