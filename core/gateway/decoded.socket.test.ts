import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import type { DecodedSnapshot } from '../contract/decoder.ts'
import { MediaDecoder } from '../decode/media-decoder.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { firstDecodeTime } from '../media/bmff/decode-time.ts'
import { isInitSegment, trackTimescales } from '../media/bmff/init-segment.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { ArrivingObject, receivedFile } from '../testing/test-objects.ts'

/* Presentations decoded by ffmpeg: an installed one, and ones that do not work as they should. */

const DEMO = join(__dirname, '..', '..', 'assets', 'demo', 'presentation')
const AT = '/service1/~decoded~avc1.64001f,mp4a.40.2'
const found =
  process.platform === 'win32' ? '' : spawnSync('sh', ['-c', 'command -v ffmpeg'], { encoding: 'utf8' }).stdout.trim()

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routescope-decoded-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Decoded = TestGateway & { readonly decoder: MediaDecoder; readonly made: DecodedSnapshot[] }
const opened: TestGateway[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** A gateway with the demo's manifest and first segments, but for those named. */
async function open(ffmpeg: string, without: readonly string[] = []): Promise<Decoded> {
  const made: DecodedSnapshot[] = []
  const decoder = new MediaDecoder(ffmpeg, () => {})
  const one = await openGateway({ decoder, onDecoded: (_, snapshot) => made.push(snapshot), holdMs: [50, 200] })
  opened.push(one)
  const names = [
    'video-init.mp4',
    'audio-init.mp4',
    ...[1, 2, 3].flatMap((at) => [`video-${at}.m4s`, `audio-${at}.m4s`]),
  ]
  for (const name of ['manifest.mpd', 'master.m3u8', 'video.m3u8', 'audio.m3u8', ...names]) {
    if (without.includes(name)) continue
    const kind = /\.(?:mpd|m3u8)$/.test(name) ? 'manifest' : name.includes('init') ? 'init' : 'media'
    one.store.whole(receivedFile(name, await readFile(join(DEMO, name)), { kind, representation: name.slice(0, 5) }))
  }
  return { ...one, decoder, made }
}

/** Processes whose command line has a text. */
function processesWith(text: string): string[] {
  return spawnSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(text) && line.includes('-benchmark'))
}

const types = (bytes: Uint8Array) => readBoxes(bytes).map(({ type }) => type)

describe.skipIf(found === '')('an installed ffmpeg (skipped where there is none)', () => {
  test('decodes picture and sound, with the times and names that were sent', async () => {
    const one = await open('auto')
    const { status, text } = await one.get(`${AT}/manifest.mpd`)
    expect(status).toBe(200)
    expect(text).toMatch(/<Representation id="video" mimeType="video\/mp4" codecs="avc1.640028"/)
    expect(text).toMatch(/<Representation id="audio" mimeType="audio\/mp4" codecs="flac"/)
    expect(text).toContain('media="$RepresentationID$-$Number$.m4s"')
    const init = await one.get(`${AT}/video-init.mp4`)
    expect(isInitSegment(init.body)).toBe(true)
    for (const [at, startS] of [
      [1, 0],
      [2, 2],
      [3, 4],
    ]) {
      const { body, headers } = await one.get(`${AT}/video-${at}.m4s`)
      expect(headers['content-type']).toBe('video/mp4')
      expect(types(body).slice(0, 4)).toEqual(['ftyp', 'moov', 'moof', 'mdat'])
      const timescale = [...trackTimescales(body).values()][0] ?? 0
      expect(Number(firstDecodeTime(body)) / timescale).toBeCloseTo(startS ?? -1, 1)
    }
    expect(one.made.at(-1)).toMatchObject({ framesPerS: 25 })
    expect(one.made.at(-1)?.height).toBeLessThanOrEqual(360)
    expect(one.decoder.snapshot(['hvc1.2'])).toMatchObject({ state: 'ready', reason: null })
    // What is not decoded is served as it was sent.
    const plain = await one.get('/service1/~decoded~hvc1/video-2.m4s')
    expect(plain.body).toEqual(await readFile(join(DEMO, 'video-2.m4s')))
  })

  test('decodes picture and sound of HLS, with the times and names that were sent', async () => {
    const one = await open('auto')
    const master = await one.get(`${AT}/master.m3u8`)
    expect(master.headers['content-type']).toBe('application/vnd.apple.mpegurl')
    expect(master.text).toMatch(/CODECS="avc1\.640028,flac",RESOLUTION=640x360/)
    for (const kind of ['video', 'audio']) {
      // Nothing is decoded before its playlist lists it.
      const early = await one.get(`${AT}/${kind}-2.m4s`)
      expect(early.body).toEqual(await readFile(join(DEMO, `${kind}-2.m4s`)))
      const playlist = await one.get(`${AT}/${kind}.m3u8`)
      expect(playlist.text).toContain(`#EXT-X-MAP:URI="${kind}-init.mp4"`)
      expect(playlist.text).toContain(`\n${kind}-2.m4s`)
      const init = await one.get(`${AT}/${kind}-init.mp4`)
      expect(isInitSegment(init.body)).toBe(true)
      const { body, headers } = await one.get(`${AT}/${kind}-2.m4s`)
      expect(headers['content-type']).toBe(`${kind}/mp4`)
      expect(types(body).slice(0, 4)).toEqual(['ftyp', 'moov', 'moof', 'mdat'])
      const timescale = [...trackTimescales(body).values()][0] ?? 0
      expect(Number(firstDecodeTime(body)) / timescale).toBeCloseTo(2, 1)
    }
    // Of what players decode themselves, the playlist stays.
    const other = await one.get('/service1/~decoded~hvc1.1/master.m3u8')
    expect(other.text).toContain('CODECS="avc1.64001f,mp4a.40.2"')
    expect((await one.get('/service1/~decoded~hvc1.1/video.m3u8')).text).toContain('video-1.m4s')
  })

  test('sound of segments joins without a gap or overlap', async () => {
    const one = await open('auto')
    await one.get(`${AT}/manifest.mpd`)
    const starts: number[] = []
    for (const at of [1, 2, 3]) {
      const { body } = await one.get(`${AT}/audio-${at}.m4s`)
      starts.push(Number(firstDecodeTime(body)))
      await writeFile(join(folder, `audio-${at}.mp4`), body)
      const packets = spawnSync(
        'ffprobe',
        ['-v', 'error', '-show_entries', 'frame=nb_samples', '-of', 'csv=p=0', join(folder, `audio-${at}.mp4`)],
        { encoding: 'utf8' },
      )
      const samples = packets.stdout.split('\n').reduce((sum, line) => sum + Number.parseInt(line || '0', 10), 0)
      starts.push((starts.at(-1) ?? 0) + samples)
    }
    // The second begins where the first ends, which holds for the end of what is decoded before it as well.
    expect(Math.abs((starts[2] ?? 0) - (starts[1] ?? 0))).toBeLessThanOrEqual(1)
    expect(Math.abs((starts[4] ?? 0) - (starts[3] ?? 0))).toBeLessThanOrEqual(1)
  })

  test('a segment that arrives is decoded while it arrives; a lost one is refused as it is', async () => {
    const one = await open('auto', ['video-2.m4s', 'video-3.m4s'])
    await one.get(`${AT}/manifest.mpd`)
    const bytes = await readFile(join(DEMO, 'video-2.m4s'))
    const object = new ArrivingObject(7, 'video-2.m4s')
    one.store.begun(object)
    object.push(bytes.subarray(0, bytes.length / 2))
    const answer = one.get(`${AT}/video-2.m4s`)
    await expect.poll(() => object.watchers).toBe(1)
    object.push(bytes.subarray(bytes.length / 2))
    object.end('complete')
    expect(types((await answer).body)).toContain('moof')
    const { status } = await one.get(`${AT}/video-3.m4s`)
    expect([404, 503]).toContain(status)
  })

  test('closing leaves no process', async () => {
    const path = join(folder, 'ffmpeg-of-this-test')
    await symlink(found, path)
    const one = await open(path, ['video-2.m4s'])
    await one.get(`${AT}/manifest.mpd`)
    const bytes = await readFile(join(DEMO, 'video-2.m4s'))
    const object = new ArrivingObject(7, 'video-2.m4s')
    one.store.begun(object)
    object.push(bytes.subarray(0, 1000))
    const answer = one.get(`${AT}/video-2.m4s`).catch(() => null)
    await expect.poll(() => processesWith(path).length).toBeGreaterThan(0)
    await one.gateway.close()
    expect(processesWith(path)).toEqual([])
    await answer
  })
})

const MADE = ['ftyp', 'moov', 'moof', 'mdat'].map((type) => `\\0\\0\\0\\014${type}\\0\\0\\0\\0`).join('')
const GIVE = `cat > /dev/null; printf '${MADE}'`

/** A program that answers as ffmpeg does, and does `what` with segments. */
async function fake(name: string, what: string): Promise<string> {
  const path = join(folder, name)
  const text = `#!/bin/sh
case "$*" in
  *-version*) echo 'ffmpeg version 9.9 of a test' ;;
  *-decoders*) echo ' V....D h264   H.264' ;;
  *-encoders*) echo ' V....D libx264   H.264' ;;
  *rawvideo*) ${GIVE} ;;
  *) ${what} ;;
esac
`
  await writeFile(path, text, { mode: 0o755 })
  return path
}

describe.skipIf(process.platform === 'win32')('an ffmpeg that', () => {
  it.each([
    ['dies', 'kill -SEGV $$', /made nothing/],
    ['lies', "yes 'frame=1 fps=30' | head -c 20000; cat > /dev/null", /no fragmented MP4/],
    ['gives nothing', 'cat > /dev/null; exit 1', /made nothing \(status 1\)/],
    ['closes its input', 'exec <&-; exit 3', /made nothing \(status 3\)/],
  ])('%s is named in the refusal', async (name, what, words) => {
    const one = await open(await fake(`ffmpeg-${name.replaceAll(' ', '-')}`, what))
    await one.get(`${AT}/manifest.mpd`)
    const { status, text } = await one.get(`${AT}/video-1.m4s`)
    expect(status).toBe(404)
    expect(text).toMatch(words)
    expect((await one.get('/service1/video-1.m4s')).status).toBe(200)
  })

  it('fills its standard error decodes all the same', async () => {
    const one = await open(await fake('ffmpeg-noise', `head -c 20000000 /dev/zero >&2; ${GIVE}`))
    await one.get(`${AT}/manifest.mpd`)
    const { status, body } = await one.get(`${AT}/video-1.m4s`)
    expect([status, types(body)]).toEqual([200, ['ftyp', 'moov', 'moof', 'mdat']])
  })

  it('never ends is killed when its client leaves', async () => {
    const path = await fake('ffmpeg-hang', 'while :; do sleep 1; done')
    const one = await open(path)
    await one.get(`${AT}/manifest.mpd`)
    const leave = new AbortController()
    const asked = fetch(`${one.gateway.baseUrl}${AT}/video-1.m4s`, { signal: leave.signal }).catch(() => null)
    await expect.poll(() => processesWith(path).length).toBe(1)
    leave.abort()
    await asked
    await expect.poll(() => processesWith(path)).toEqual([])
  })

  it('fails again and again is not asked any more', async () => {
    const one = await open(await fake('ffmpeg-broken', 'kill -SEGV $$'))
    await one.get(`${AT}/manifest.mpd`)
    for (let at = 0; at < 5; at++) await one.get(`${AT}/video-${(at % 3) + 1}.m4s`)
    expect(one.decoder.snapshot(['hvc1.2'])).toMatchObject({
      state: 'unfit',
      reason: expect.stringMatching(/^ffmpeg 9\.9 \(.*ffmpeg-broken\) failed 5 times: it made nothing/),
    })
    expect((await one.get(`${AT}/video-1.m4s`)).text).toBe('There is no ffmpeg that decodes it.\n')
  })

  it.each([
    ['is called otherwise', '/bin/true', 'unfit', '/bin/true is not called ffmpeg.'],
    ['is not there', '/nowhere/ffmpeg', 'unfit', 'There is no program /nowhere/ffmpeg.'],
    ['is switched off', 'off', 'off', null],
  ])('%s leaves all as it was', async (_, path, state, reason) => {
    const one = await open(path)
    one.decoder.snapshot(['hvc1.2'])
    await one.decoder.ready()
    expect(one.decoder.snapshot(['avc1.42c01e', 'mp4a.40.2', 'stpp'])).toBeNull()
    expect(one.decoder.snapshot(['hvc1.2'])).toMatchObject({ state, reason })
    expect((await one.get(`${AT}/manifest.mpd`)).status).toBe(404)
    expect((await one.get('/service1/manifest.mpd')).status).toBe(200)
  })
})
