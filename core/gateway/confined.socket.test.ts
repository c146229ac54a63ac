import { afterEach, expect, test } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { hostileDash, hostileHls } from '../testing/hostile-manifests.ts'
import { demoDash, demoHls } from '../testing/make-fixtures.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { ArrivingObject, receivedFile } from '../testing/test-objects.ts'

const opened: TestGateway[] = []
async function open(...options: Parameters<typeof openGateway>): Promise<TestGateway> {
  const one = await openGateway(...options)
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

const OUT = 'http://127.0.0.1:19999'
const SERVICE = asServiceId(1)
const mpd = (inside: string, template = 'v$Number$.m4s'): string =>
  `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S">${inside}<Period><AdaptationSet contentType="video"><Representation id="1" mimeType="video/mp4"><SegmentTemplate media="${template}" timescale="1" duration="2" startNumber="1"/></Representation></AdaptationSet></Period></MPD>`
const manifest = (text: string | Uint8Array, name = 'm.mpd') => receivedFile(name, text, { kind: 'manifest' })

test('a base elsewhere is cut before the presentation is read, so that the received segments play', async () => {
  const { store, get, gateway, warnings } = await open()
  store.whole(manifest(mpd(`<BaseURL>${OUT}/base/</BaseURL>`)))
  for (const number of [1, 2]) store.whole(receivedFile(`v${number}.m4s`, 'x'))
  store.finish()
  expect((await get('/service1/m.mpd')).text).toBe(mpd(''))
  expect(gateway.confined(SERVICE, 'm.mpd')).toEqual({
    cut: { count: 1, first: [{ document: 'm.mpd', place: 'BaseURL', line: 1, reference: `${OUT}/base/` }] },
    encryption: null,
    offAir: [],
  })
  expect(warnings).toEqual([`Service 1: "m.mpd" leads out of the broadcast; cut BaseURL in line 1, "${OUT}/base/"`])
  // The original is for people, at an address that no reference of a broadcast reaches.
  expect((await get('/service1/m.mpd?as=sent')).text).toContain(OUT)
})

test('the same while it arrives', async () => {
  const { store, get } = await open()
  store.whole(manifest(mpd(`<BaseURL>//127.0.0.1:19999/</BaseURL><Location>${OUT}/l.mpd</Location>`)))
  store.whole(receivedFile('v1.m4s', 'x'))
  const { status, text } = await get('/service1/m.mpd')
  expect([status, text.includes('19999'), text.includes('type="dynamic"')]).toEqual([200, false, true])
})

test('a manifest with nothing inside is refused in a sentence', async () => {
  const { store, get } = await open()
  store.whole(manifest(mpd('', `${OUT}/$Number$.m4s`)))
  store.whole(
    receivedFile('h.m3u8', `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${OUT}/1.ts\n`, { kind: 'playlist' }),
  )
  store.finish()
  const reply = await get('/service1/m.mpd')
  expect([reply.status, reply.headers['x-routescope-state']]).toEqual([422, 'confined'])
  expect(reply.text).toBe(
    `Nothing of it is in the broadcast; its references lead elsewhere: SegmentTemplate@media in line 1 is "${OUT}/$Number$.m4s".\n`,
  )
  expect((await get('/service1/h.m3u8')).status).toBe(422)
})

test.each([
  ['not well-formed', `<MPD><BaseURL>${OUT}/</BaseURL><Period></MPD>`],
  ['with entities', `<!DOCTYPE MPD [<!ENTITY h "${OUT}/">]><MPD><BaseURL>&h;</BaseURL></MPD>`],
  ['in UTF-16', new Uint8Array(Buffer.from(`\ufeff<MPD><BaseURL>x</BaseURL></MPD>`, 'utf16le'))],
])('a manifest %s is refused where a player could find an address in it', async (_, text) => {
  const { store, get, warnings } = await open()
  store.whole(manifest(text))
  expect((await get('/service1/m.mpd')).status).toBe(422)
  expect(warnings).toHaveLength(1)
})

test.each([
  ['m.m3u8', mpd(`<BaseURL>${OUT}/</BaseURL>`)],
  ['m.mpd', `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${OUT}/v.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n`],
  ['both.m3u8', `#EXTM3U\n#<x>\n${mpd(`<BaseURL>${OUT}/</BaseURL>`)}\n#EXTINF:2,\n1.ts\n`],
  ['lines.m3u8', `#EXTM3U\n#<MPD><BaseURL>${OUT}/</BaseURL>\n#EXTINF:2,<BaseURL>${OUT}/</BaseURL>\n1.ts\n`],
])('%s is confined as what a player takes it for', async (name, text) => {
  const { store, get } = await open()
  store.whole(manifest(text, name))
  for (const number of [1, 2]) store.whole(receivedFile(`v${number}.m4s`, 'x'))
  store.finish()
  const reply = await get(`/service1/${name}`)
  expect(reply.text).not.toMatch(/19999(?!.*is ")/)
  expect([200, 422]).toContain(reply.status)
})

test('a playlist that cannot be read is confined all the same', async () => {
  const { store, get } = await open()
  store.whole(receivedFile('h.m3u8', `#EXTM3U\n#EXTINF:x,\n${OUT}/1.ts\n1.ts\n`, { kind: 'playlist' }))
  const { status, text } = await get('/service1/h.m3u8')
  expect([status, text.includes('19999')]).toEqual([200, false])
})

test('a manifest is served once it is whole, never as it arrives', async () => {
  const { store, get } = await open({ holdMs: [1, 1] })
  const object = new ArrivingObject(1, 'h.m3u8', 200)
  store.begun(object)
  object.push(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${OUT}/v.m3u8\n`)
  expect((await get('/service1/h.m3u8')).status).toBe(503)
})

test('absolute names of received files are paths of the mount that is asked, templates and roots too', async () => {
  const base = 'http://origin.example/live/'
  const { store, get } = await open({ prefix: '/air' })
  store.whole(manifest(mpd(`<BaseURL>${base}</BaseURL>`, '/live/v$Number$.m4s'), `${base}m.mpd`))
  store.whole(receivedFile(`${base}v1.m4s`, 'one'))
  const { text } = await get(`/air/service1/${base}m.mpd`)
  expect(text).toContain(`<BaseURL>/air/service1/${base}</BaseURL>`)
  expect(text).toContain(`media="/air/service1/${base}v$Number$.m4s"`)
})

test.each([
  ['dash', async () => hostileDash(await demoDash(), [OUT]), 14],
  ['hls', async () => hostileHls(await demoHls(), [OUT]), 9],
] as const)('nothing of a hostile %s manifest is left, live or finished', async (kind, make, cuts) => {
  const { store, get, gateway } = await open({ holdMs: [1, 1] })
  const { manifest: sent, tracks } = await make()
  const name = sent?.name ?? ''
  store.whole(receivedFile(name, sent?.bytes ?? '', { kind: 'manifest' }))
  for (const { segments, init } of tracks)
    for (const file of [...(init === null ? [] : [init]), ...segments.slice(0, 2)])
      store.whole(receivedFile(file.name, 'x'))
  const live = await get(`/service1/${name}`)
  store.finish()
  const finished = await get(`/service1/${name}`)
  for (const { status, text } of [live, finished]) {
    expect([status, text.match(/.*19999.*/g)]).toEqual([200, null])
    expect(text).toContain(kind === 'dash' ? 'id="video"' : 'video.m3u8')
  }
  expect(gateway.confined(SERVICE, name).cut?.count).toBeGreaterThanOrEqual(cuts)
})

test.each([
  ['a stray &', new TextEncoder().encode('<MPD><!-- & --><BaseURL>v/?a=1&b=2&amp;c</BaseURL></MPD>')],
  [
    'Latin-1',
    Uint8Array.from(
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><MPD><BaseURL>v/\u00e9&</BaseURL></MPD>', 'latin1'),
    ),
  ],
])('a manifest with %s is served as a strict player takes it', async (_, text) => {
  const { store, get } = await open()
  store.whole(manifest(text))
  const reply = await get('/service1/m.mpd')
  expect(reply.status).toBe(200)
  expect(reply.text).not.toMatch(/&(?!amp;| -->)|8859|\ufffd/)
})
