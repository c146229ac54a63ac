import { writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import type { Presentation } from '../ingest/presentation.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { type MabrOptions, mabrCapture } from '../testing/mabr-capture.ts'
import { DEMO_FOLDER, demoDash, demoHls } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { capturePart, sessionOf } from '../testing/session-of.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'

/*
 * Manifests of DVB-MABR that lead elsewhere, through receiver and gateway: each way they travel ends at the same rewriting. No
 * answer names the other host, and the received segments are still referred to.
 */

const folder = new TestFolder()
const engine = new Engine({ tempDir: folder.path, defaultDumpDir: '', demoDir: DEMO_FOLDER, version: '0' })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const OUT = 'http://127.0.0.1:19999'
const WAYS: readonly Partial<MabrOptions>[] = [
  {},
  { inBand: true },
  { transport: 'route' },
  { configuration: 'route' },
  { chunkBytes: 20_000 },
  { base: 'http://origin.example/live/' },
  { base: '' },
]

it.each(WAYS)('an MPD by %j', async (way) => {
  const text = await served(await hostile(await demoDash(), mpdThatLeadsOut), way)
  expect(text).toContain('<MPD')
  expect(text).toContain('$Number$')
  expect(text).not.toMatch(/19999|evil\.example/)
})

it.each(WAYS)('HLS by %j', async (way) => {
  const texts = await served(await hostile(await demoHls(), playlistThatLeadsOut), way)
  expect(texts).toContain('#EXTM3U')
  expect(texts).toContain('.m3u8')
  expect(texts).not.toMatch(/19999|evil\.example/)
})

/** What the gateway answers for the manifest, and for every playlist it refers to. */
async function served(content: Presentation, way: Partial<MabrOptions>): Promise<string> {
  const capture = folder.at('hostile.pcap')
  writeFileSync(capture, pcapOf(await mabrCapture(content, way)))
  const window = new TestWindow(engine)
  const gateway = { id: 'gateway', kind: 'gateway', listen: '127.0.0.1:0' }
  const { sessionId } = await window.call('startSession', sessionOf([capturePart('source', [capture], {}), gateway]))
  await window.call('watchSession', sessionId)
  const url = (): string | undefined =>
    window.snapshot(sessionId)?.services.flatMap(({ playable }) => playable?.url ?? [])[0]
  await window.until(() => window.snapshot(sessionId)?.phase !== 'running' && url() !== undefined)
  const manifest = await answer(url() ?? '')
  const playlists = manifest.split('\n').filter((line) => line.includes('.m3u8') && !line.startsWith('#'))
  const texts = await Promise.all(playlists.map((line) => answer(new URL(line, url()).href)))
  await window.call('closeSession', sessionId)
  return [manifest, ...texts].join('\n')
}

async function answer(url: string): Promise<string> {
  const reply = await fetch(url)
  // Nothing of the air runs with the rights of the gateway's origin.
  expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  expect([200, 422], url).toContain(reply.status)
  return reply.text()
}

/** The same presentation with its manifest and playlists rewritten. */
async function hostile(content: Presentation, rewrite: (text: string) => string): Promise<Presentation> {
  const rewritten = <File extends { readonly bytes: Uint8Array }>(file: File): File => ({
    ...file,
    bytes: new TextEncoder().encode(rewrite(new TextDecoder().decode(file.bytes))),
  })
  const { manifest, tracks } = content
  return {
    ...content,
    manifest: manifest === null ? null : rewritten(manifest),
    tracks: tracks.map((track) => ({ ...track, playlist: track.playlist === null ? null : rewritten(track.playlist) })),
  }
}

function mpdThatLeadsOut(text: string): string {
  const outside = [
    `<BaseURL>${OUT}/base/</BaseURL>`,
    '<BaseURL>//evil.example/base/</BaseURL>',
    `<Location>${OUT}/location.mpd</Location>`,
    `<PatchLocation>${OUT}/patch.mpp</PatchLocation>`,
    `<Metrics metrics="BufferLevel"><Reporting schemeIdUri="urn:dvb:dash:reporting:2014" reportingUrl="${OUT}/report"/></Metrics>`,
    `<ContentSteering defaultServiceLocation="a">${OUT}/steering</ContentSteering>`,
  ].join('')
  const event = `<EventStream schemeIdUri="urn:mpeg:dash:event:callback:2015" timescale="1"><Event presentationTime="0">${OUT}/callback</Event></EventStream>`
  return text.replace(/(<MPD[^>]*>)/, `$1${outside}`).replace(/(<Period[^>]*>)/, `$1${event}`)
}

function playlistThatLeadsOut(text: string): string {
  const first = text.includes('#EXT-X-STREAM-INF')
    ? [
        `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="o",NAME="o",URI="${OUT}/audio.m3u8"`,
        `#EXT-X-SESSION-KEY:METHOD=AES-128,URI="${OUT}/key"`,
        `#EXT-X-CONTENT-STEERING:SERVER-URI="${OUT}/steering"`,
        `#EXT-X-STREAM-INF:BANDWIDTH=1\n${OUT}/variant.m3u8`,
      ]
    : [
        `#EXT-X-KEY:METHOD=AES-128,URI="//evil.example/key"`,
        '#EXT-X-KEY:METHOD=NONE',
        `#EXT-X-DATERANGE:ID="a",CLASS="com.apple.hls.interstitial",START-DATE="2026-01-01T00:00:00Z",X-ASSET-URI="${OUT}/asset.m3u8"`,
      ]
  return text.replace('#EXTM3U\n', `#EXTM3U\n${first.join('\n')}\n`)
}
