import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import { WriteDoor } from '../../files/write-door.ts'
import { type HostUse, joinHttpHost } from '../../http/http-host.ts'
import { askRaw, readReplies } from '../../testing/raw-http.ts'
import { ArrivingObject, receivedFile } from '../../testing/test-objects.ts'
import { FileServer } from '../file-server.ts'
import { OwnFiles } from '../own-files.ts'
import { openRoots } from '../roots.ts'
import { keptSegments, shiftSegments } from './kept-segments.ts'
import { OriginFiles, type OriginRules } from './origin-files.ts'
import { OriginFolder } from './origin-folder.ts'
import { OriginMount } from './origin-mount.ts'

const uses: HostUse[] = []
const folders: string[] = []
afterEach(async () => {
  for (const use of uses.splice(0)) await use.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** An origin on a port of its own; with a folder what is whole is written to it. */
async function origin(rules: Partial<OriginRules> = {}, onDisk = false) {
  const warnings: string[] = []
  const left: number[] = []
  const dir = mkdtempSync(join(tmpdir(), 'routescope-origin-'))
  folders.push(dir)
  const failures: string[] = []
  const folder = onDisk ? new OriginFolder(new WriteDoor(dir), (path) => void failures.push(path)) : null
  const files = new OriginFiles({
    manifest: 'live.mpd',
    leftOut: (id) => void left.push(id),
    maxSegments: 5,
    memoryBytes: 1 << 20,
    nowMs: () => 1_700_000_000_000,
    warn: (text) => void warnings.push(text),
    folder,
    ...rules,
  })
  const written = onDisk
    ? new FileServer(
        await openRoots({ read: [dir], overlay: true }, () => undefined),
        { listing: false, compressBelow: 0, cacheControl: null, ignoreRanges: false },
        new OwnFiles(),
        { growing: () => null },
      )
    : null
  const mount = new OriginMount(files, written, 20_000)
  const use = await joinHttpHost('127.0.0.1', 0)
  uses.push(use)
  use.mount({
    prefix: '',
    rules: { cors: 'auto', methods: ['GET', 'HEAD'], otherMethods: 'no', localNames: 'loopback' },
    answer: (exchange) => mount.answer(exchange),
  })
  const port = Number(new URL(use.origin).port)
  return { files, mount, folder, dir, port, warnings, left, failures, ask: (...asked: Asked) => askRaw(port, ...asked) }
}
type Asked = [line: string, lines?: readonly string[]]

const mpd = (depth: string) => `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" ${depth}
  availabilityStartTime="2026-01-01T00:00:00Z"><Period start="PT0S"><AdaptationSet>
  <SegmentTemplate timescale="10" duration="20" media="v-$Number$.m4s"/>
  <Representation id="v" bandwidth="1"/></AdaptationSet></Period></MPD>`
const manifest = (depth = '') => receivedFile('m.mpd', mpd(depth), { kind: 'manifest' })
const segment = (number: number, lane = 'v') =>
  receivedFile(`${lane}-${number}.m4s`, `${lane}${number}`.repeat(20), { lane, representation: lane })

describe('an origin that is full', () => {
  it('drops the oldest, tells of one in a thousand, and forgets objects that are lost', () => {
    const count = 2500
    const warnings: string[] = []
    const warn = (text: string): void => void warnings.push(text)
    const rules = { manifest: null, leftOut: () => undefined, maxSegments: 0, nowMs: () => 0, warn, folder: null }
    const files = new OriginFiles({ ...rules, memoryBytes: count })
    const objects = Array.from({ length: count }, (_, at) => new ArrivingObject(at, `${at}.m4s`))
    for (const object of objects) files.begun(object)
    expect([files.expects('service1/2500.m4s'), files.expects('service1/2499.m4s')]).toEqual([true, false])
    for (const object of objects) files.lost(object)
    expect(files.find('service1/7.m4s')).toBeNull()
    for (let at = 0; at < 2 * count; at++) files.whole(receivedFile(`${at}.bin`, 'x', { kind: 'file' }))
    expect(files.counts).toMatchObject({ memoryBytes: count, removed: count })
    expect(warnings).toEqual(
      [0, 1000, 2000].map((at) => `Too much is in memory: service1/${at}.bin was removed before its time.`),
    )
    expect([files.find('service1/2499.bin'), files.find('service1/2500.bin')?.state]).toEqual([null, 'whole'])
  })
})

describe('an origin', () => {
  it('HS-69, HS-70: a segment is followed piece by piece, and is an ordinary file afterwards', async () => {
    const { files, port, ask } = await origin()
    const object = new ArrivingObject(1, 'v-1.m4s')
    object.push('begin')
    files.begun(object)
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /v-1.m4s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    let got = Buffer.alloc(0)
    const closed = once(socket, 'close')
    socket.on('data', (bytes: Buffer) => {
      got = Buffer.concat([got, bytes])
    })
    const has = (text: string) => expect.poll(() => got.toString('latin1')).toContain(text)
    await has('5\r\nbegin\r\n')
    object.push('and more')
    await has('8\r\nand more\r\n')
    object.push('!')
    object.end('complete')
    files.whole(receivedFile('v-1.m4s', 'beginand more!'))
    await closed
    const [followed] = readReplies(got)
    expect([followed?.headers['content-type'], followed?.headers['content-length'], followed?.headers.etag]).toEqual([
      'video/mp4',
      undefined,
      undefined,
    ])
    expect([followed?.body.toString(), followed?.chunks]).toEqual(['beginand more!', 4])
    const whole = await ask('GET /v-1.m4s')
    expect(whole.headers).toMatchObject({ 'content-length': '14', 'content-type': 'video/mp4' })
    const part = await ask('GET /v-1.m4s', ['Range: bytes=5-7'])
    expect([part.status, part.body.toString()]).toEqual([206, 'and'])
    const same = await ask('GET /v-1.m4s', [`If-None-Match: ${whole.headers.etag}`])
    expect(same.status).toBe(304)
  })

  it('of a segment that is lost, what was sent is cut off', async () => {
    const { files, port } = await origin()
    const object = new ArrivingObject(1, 'v-1.m4s')
    object.push('begin')
    files.begun(object)
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /v-1.m4s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    socket.on('error', () => undefined)
    const pieces: Buffer[] = []
    socket.on('data', (bytes: Buffer) => void pieces.push(bytes))
    await expect.poll(() => Buffer.concat(pieces).toString('latin1')).toContain('begin')
    object.end('partial')
    files.lost(object)
    await once(socket, 'close')
    expect(() => readReplies(Buffer.concat(pieces))).toThrow()
  })

  it('HS-71: the next segment and the first manifest are waited for, others are not', async () => {
    const { files, mount, ask } = await origin()
    const early = ask('GET /live.mpd')
    await expect.poll(() => mount.held).toBe(1)
    files.whole(manifest())
    expect((await early).body.toString()).toContain('<MPD')
    const object = new ArrivingObject(1, 'v-009.m4s')
    object.push('x')
    files.begun(object)
    const next = ask('GET /v-010.m4s')
    await expect.poll(() => mount.held).toBe(1)
    expect((await ask('GET /v-011.m4s')).status).toBe(404)
    const following = new ArrivingObject(2, 'v-010.m4s')
    following.push('content')
    files.begun(following)
    following.end('complete')
    expect((await next).body.toString()).toBe('content')
  })

  it('a range of what is coming is waited for', async () => {
    const { files, ask, mount } = await origin()
    const object = new ArrivingObject(1, 'v-1.m4s')
    object.push('01234')
    files.begun(object)
    const part = await ask('GET /v-1.m4s', ['Range: bytes=1-3'])
    expect([part.status, part.body.toString()]).toEqual([206, '123'])
    const later = ask('GET /v-1.m4s', ['Range: bytes=6-8'])
    await expect.poll(() => mount.held).toBe(1)
    object.push('56789')
    expect((await later).body.toString()).toBe('678')
  })

  it('HS-72: in memory the newest are kept, and what is no segment', async () => {
    const { files, ask, warnings, dir } = await origin({ maxSegments: 4 })
    files.whole(manifest('timeShiftBufferDepth="PT6S"'))
    files.whole(receivedFile('v-init.mp4', 'init', { kind: 'init' }))
    for (let number = 1; number <= 8; number++) for (const lane of ['v', 'a']) files.whole(segment(number, lane))
    const status = async (name: string) => (await ask(`GET /${name}`)).status
    for (const lane of ['v', 'a'])
      expect([await status(`${lane}-5.m4s`), await status(`${lane}-6.m4s`), await status(`${lane}-8.m4s`)]).toEqual([
        404, 200, 200,
      ])
    expect([await status('v-init.mp4'), await status('live.mpd')]).toEqual([200, 200])
    expect([files.counts.removed, readdirSync(dir), warnings]).toEqual([10, [], []])
    files.whole(manifest('timeShiftBufferDepth="PT60S"'))
    expect(warnings).toEqual([expect.stringMatching(/the manifest offers 30 of each representation, and 4 are kept/)])
  })

  it('in memory there is a bound', async () => {
    const { files, ask, warnings } = await origin({ maxSegments: 100, memoryBytes: 100 })
    for (let number = 1; number <= 3; number++) files.whole(segment(number))
    expect((await ask('GET /v-1.m4s')).status).toBe(404)
    expect([(await ask('GET /v-3.m4s')).status, files.counts.memoryBytes <= 100]).toEqual([200, true])
    expect(warnings[0]).toContain('v-1.m4s was removed before its time')
    files.whole(receivedFile('init.mp4', 'init', { kind: 'init' }))
    for (const name of ['a.zip', 'b.zip']) files.whole(receivedFile(name, 'z'.repeat(80), { kind: 'file' }))
    const statuses = await Promise.all(['init.mp4', 'a.zip', 'b.zip'].map((name) => ask(`GET /${name}`)))
    expect(statuses.map(({ status }) => status)).toEqual([200, 404, 200])
    files.whole(receivedFile('live.mpd', 'm'.repeat(90), { kind: 'manifest' }))
    expect([(await ask('GET /live.mpd')).status, (await ask('GET /init.mp4')).status]).toEqual([200, 200])
    for (let at = 0; at < 3; at++) files.whole(receivedFile(`${at}/init.mp4`, 'i'.repeat(20), { kind: 'init' }))
    expect([(await ask('GET /live.mpd')).status, (await ask('GET /2/init.mp4')).status]).toEqual([200, 404])
    expect(files.counts.memoryBytes).toBeLessThanOrEqual(100)
  })

  it('HS-73: on disk, under the names of an origin, and removed when old', async () => {
    const { files, folder, dir, ask, left } = await origin({ maxSegments: -2 }, true)
    writeFileSync(join(dir, 'old.txt'), 'old')
    files.whole(manifest('timeShiftBufferDepth="PT60S"'))
    for (let number = 1; number <= 5; number++) files.whole(segment(number))
    files.whole(receivedFile('other.m4s', 'x', { serviceId: asServiceId(2) }))
    files.whole(receivedFile('../../out/of/it.m4s', 'x', { lane: 'x', representation: 'x' }))
    await folder?.settled()
    expect(readdirSync(dir).sort()).toEqual(['%2E%2E', 'live.mpd', 'old.txt', 'v-4.m4s', 'v-5.m4s'])
    expect(readFileSync(join(dir, 'v-5.m4s'), 'utf8')).toBe('v5'.repeat(20))
    expect([files.counts.memoryBytes, left]).toEqual([0, [2]])
    for (const [name, status] of [
      ['v-3.m4s', 404],
      ['v-5.m4s', 200],
      ['live.mpd', 200],
      ['old.txt', 200],
    ] as const)
      expect((await ask(`GET /${name}`)).status).toBe(status)
    const { headers } = await ask('HEAD /v-5.m4s')
    expect([headers['content-length'], headers.etag]).toEqual(['40', expect.stringMatching(/^"/)])
  })

  it('a folder of services has each below its number', async () => {
    const { files, ask } = await origin({ manifest: null })
    files.whole(manifest())
    files.whole(receivedFile('m.mpd', 'second', { serviceId: asServiceId(2), kind: 'manifest' }))
    expect((await ask('GET /service1/m.mpd')).body.toString()).toContain('<MPD')
    files.renumbered(asServiceId(2), asServiceId(7))
    expect((await ask('GET /service7/m.mpd')).body.toString()).toBe('second')
  })

  it('keeps as many as the table says', () => {
    const table = [
      ['memory', 5, 3, 3],
      ['memory', 3, 5, 3],
      ['memory', 0, 5, 1],
      ['memory', -4, 9, 4],
      ['memory', 5, null, 5],
      ['disk', 0, 9, 0],
      ['disk', 0, null, 0],
      ['disk', -2, 9, 2],
      ['disk', 5, 3, 5],
      ['disk', 5, 9, 9],
      ['disk', 5, null, 0],
    ] as const
    for (const [where, most, shift, kept] of table)
      expect([where, most, shift, keptSegments(where, most, shift)]).toEqual([where, most, shift, kept])
  })

  it('knows the time shift of manifests', () => {
    const bytes = (text: string) => new TextEncoder().encode(text)
    const hls = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n'
    expect(shiftSegments('m.mpd', bytes(mpd('timeShiftBufferDepth="PT7S"')))).toBe(4)
    expect(shiftSegments('m.mpd', bytes(mpd('')))).toBeNull()
    expect(shiftSegments('m.mpd', bytes('no MPD'))).toBeNull()
    expect(shiftSegments('v.m3u8', bytes(hls))).toBe(2)
    expect(shiftSegments('v.m3u8', bytes(`${hls}#EXT-X-ENDLIST\n`))).toBeNull()
  })
})
