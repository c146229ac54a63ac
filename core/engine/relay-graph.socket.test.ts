import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RelayRequest } from '../contract/relay-request.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { demoMedia, readStream, writeStream } from '../testing/media-streams.ts'
import { TestFolder } from '../testing/program.ts'
import { Engine } from './engine.ts'
import { readGpacLine } from './gpac/gpac-reader.ts'
import { PART_DESCRIPTIONS } from './registry.ts'
import { linesOf, planRelay } from './relay-plan.ts'
import { relaySession, specForRelay } from './spec/relay-spec.ts'

/** Relays of the app: their graph, their lines, and several sources joined by hand. */
const folder = new TestFolder()
const media = demoMedia()
const of = (id: number) => ({
  tracks: media.tracks.filter((track) => track.id === id),
  samples: media.samples.filter(({ track }) => track === id),
})
const [picture, sound] = [folder.at('picture.264'), folder.at('sound.aac')]
writeFileSync(picture, writeStream('avc', of(1)))
writeFileSync(sound, writeStream('aac', of(2)))
let engine: Engine

beforeEach(() => {
  const [tempDir, defaultDumpDir] = [folder.at('tmp'), folder.at('dumps')]
  engine = new Engine({ tempDir, defaultDumpDir, demoDir: DEMO_FOLDER, version: '0' })
})
afterEach(() => engine.close())
afterAll(() => folder.remove())

function request(sources: readonly string[], ...destinations: RelayRequest['destinations']): RelayRequest {
  return { sources: sources.map((name) => ({ name, choices: {} })), destinations }
}

describe('a relay', () => {
  it('joins several sources to one movie, of which each is a track, and one of them to another', async () => {
    const [both, alone] = [folder.at('both.mp4'), folder.at('alone.mp4')]
    const asked = request(
      [picture, sound],
      { name: both, choices: {}, from: [0, 1] },
      { name: alone, choices: {}, from: [1] },
    )
    const session = await engine.relay(asked, false)
    await session.done
    const kinds = (path: string) => {
      const { tracks, samples } = readStream('mp4', new Uint8Array(readFileSync(path)))
      return tracks.map(({ id, kind }) => [kind, samples.filter(({ track }) => track === id).length])
    }
    const [pictures, frames] = [of(1).samples.length, of(2).samples.length]
    expect(kinds(both).sort()).toEqual([
      ['audio', frames],
      ['video', pictures],
    ])
    expect(kinds(alone)).toEqual([['audio', frames]])

    const { parts, traffic } = session.snapshot()
    expect(parts.map(({ title, subject, implied }) => [title, subject, implied])).toContainEqual([
      'Media file out',
      both,
      false,
    ])
    const passed = Object.fromEntries(traffic.map((link) => [`${link.from} ${link.to}`, link]))
    expect(Object.keys(passed).sort()).toEqual([
      'in1 media1',
      'in2 media2',
      'media1 out1',
      'media2 out1',
      'media2 out2',
    ])
    expect(passed['in1 media1']?.passed?.bytes).toBe(readFileSync(picture).length)
    expect(passed['media1 out1']).toMatchObject({ passed: { items: pictures }, waiting: { items: 0, bytes: 0 } })
    expect(passed['media2 out2']).toMatchObject({ passed: { items: frames } })

    await expect(engine.relay(asked, false)).rejects.toMatchObject({ error: { code: 'file-exists' } })
    expect(existsSync(both)).toBe(true)
    await (await engine.relay(asked, true)).done
  })

  it('is told in lines that make it again', () => {
    const one: RelayRequest = {
      sources: [{ name: 'tcp://127.0.0.1:1234', choices: { streamExt: 'avc', socketListen: true } }],
      destinations: [{ name: 'udp://127.0.0.1:1300', choices: { streamExt: 'ts', socketTtl: 1 }, from: [0] }],
    }
    const { ours, gpac, notInGpac } = planRelay(one)
    expect(ours).toBe('routescope relay tcp://127.0.0.1:1234/:ext=avc:listen=true udp://127.0.0.1:1300/:ext=ts:ttl=1')
    const [, , from = '', to = ''] = (ours ?? '').split(' ')
    expect(relaySession(PART_DESCRIPTIONS, from, [to], {})).toEqual(specForRelay(one))
    expect(notInGpac).toEqual([])
    expect(readGpacLine(gpac ?? '').spec.parts).toMatchObject([{ kind: 'socket-in' }, { kind: 'media-reader' }, {}])

    const two = planRelay(request(['a.264', 'b.aac'], { name: 'both.mp4', choices: {}, from: [0, 1] }))
    expect(two.ours).toBe('routescope -i a.264:FID=1 -i b.aac:FID=2 -o both.mp4:SID=1,2')
    expect(two.links).toContainEqual({ from: 'media2', to: 'out' })
    const retried = planRelay({ ...one, sources: [{ name: 'tcp://127.0.0.1:1', choices: { socketRetry: true } }] })
    expect(retried.ours).toContain(':retry=true')
    expect(retried.notInGpac).toEqual(['Try again true'])
    expect(linesOf(specForRelay(one)).gpac).toBe(gpac)
  })

  it.each([
    ['an address that is none', request(['ftp://x'], { name: 'a.mp4', choices: {}, from: [0] }), '"ftp://x" is no end'],
    [
      'a destination without a source',
      request(['a.264'], { name: 'a.mp4', choices: {}, from: [] }),
      'No source is joined',
    ],
    [
      'a source that is not there',
      request(['a.264'], { name: 'a.mp4', choices: {}, from: [1] }),
      'No source is joined',
    ],
    ['nothing', request([]), 'A relay has a source and a destination'],
    [
      'an unknown choice',
      request(['a.264'], { name: 'a.mp4', choices: { colour: 'red' }, from: [0] }),
      'colour is no option',
    ],
  ])('refuses %s', (_, asked, sentence) => {
    expect(() => specForRelay(asked)).toThrow(sentence)
  })

  it('shows rates once a second while it runs', async () => {
    const asked = request([picture], { name: folder.at('slow.ts'), choices: {}, from: [0] })
    const [source] = asked.sources
    const session = await engine.relay(
      { ...asked, sources: [{ name: source?.name ?? '', choices: { realTime: 'on' } }] },
      false,
    )
    const section = session.sections().find(({ section: { name } }) => name === 'graph')?.section
    await vi.waitUntil(() => (session.snapshot().traffic[0]?.passed?.rateBps ?? 0) > 0, { timeout: 30_000 })
    expect(section?.version()).toBeGreaterThan(0)
    await session.stop()
    section?.version()
    expect(session.snapshot().traffic.map(({ passed }) => passed?.rateBps)).toEqual([0, 0])
  })
})
