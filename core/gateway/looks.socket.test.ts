import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { MediaDecoder } from '../decode/media-decoder.ts'
import type { Finding } from '../flow/findings.ts'
import { Judge } from '../inspect/rules/judge.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { receivedFile } from '../testing/test-objects.ts'

/* Looks at services by ffmpeg, as of `--watch-pictures` (`always`) and of windows that ask: an installed one, and ones that do not work as they should. */

const DEMO = join(__dirname, '..', '..', 'assets', 'demo', 'presentation')
const ONE = asServiceId(1)
const found =
  process.platform === 'win32' ? '' : spawnSync('sh', ['-c', 'command -v ffmpeg'], { encoding: 'utf8' }).stdout.trim()

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routescope-looks-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const opened: TestGateway[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** A gateway whose services are looked at, with the alarms that come of it. */
async function open(ffmpeg: string, always = false) {
  const alarms: string[] = []
  const judge = new Judge(({ rule, text, severity }) => void alarms.push(`${severity} ${rule} ${text}`))
  const one = await openGateway({
    decoder: new MediaDecoder(ffmpeg, () => {}),
    services: () => [{ id: ONE, name: 'Alpha', manifest: null }],
    looks: { found: (finding: Finding) => judge.found(finding), always, everyMs: 50 },
  })
  opened.push(one)
  const look = () => {
    const [service] = one.gateway.wall?.services ?? []
    if (service === undefined) throw new Error('nothing was looked at')
    return service
  }
  return { ...one, alarms, look }
}

/** Takes a file of the service, on a channel of its own, that came at a second of the stream. */
function take({ store }: TestGateway, name: string, bytes: Uint8Array, second = 0): void {
  const lane = /audio/.test(name) ? 'tsi20' : 'tsi10'
  const kind = name.includes('init') ? 'init' : 'media'
  const [firstTimeUs, lastTimeUs] = [second * 1e6, (second + 1) * 1e6]
  store.whole(receivedFile(name, bytes, { kind, lane, representation: null, firstTimeUs, lastTimeUs }))
}

async function takeDemo(one: TestGateway, segments: readonly number[]): Promise<void> {
  for (const track of ['video', 'audio']) {
    take(one, `${track}-init.mp4`, await readFile(join(DEMO, `${track}-init.mp4`)))
    for (const at of segments) take(one, `${track}-${at}.m4s`, await readFile(join(DEMO, `${track}-${at}.m4s`)), at * 2)
  }
}

/** Processes whose command line has a text. */
function processesWith(text: string): string[] {
  return spawnSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(text) && line.includes('-skip_frame'))
}

describe.skipIf(found === '')('an installed ffmpeg (skipped where there is none)', () => {
  it('sees a picture that moves and hears sound, and looks only while someone asks', async () => {
    const one = await open('auto')
    await takeDemo(one, [1])
    expect(one.gateway.wall?.services).toEqual([])
    one.gateway.look([ONE], null)
    await expect.poll(() => one.gateway.wall?.services[0]?.levels.length, { timeout: 20_000 }).toBe(2)
    const first = one.look()
    expect(first).toMatchObject({ picture: 1, pictureUs: 2e6, noPicture: null, noSound: null, silentSinceUs: null })
    for (const { peak, rms } of first.levels) {
      expect(peak).toBeLessThanOrEqual(0)
      expect(rms).toBeGreaterThan(-60)
      expect(peak).toBeGreaterThan(rms)
    }
    const before = one.gateway.thumbnail(ONE)
    expect(before?.rgb).toHaveLength(192 * 108 * 3)
    // The next segment shows something else.
    await takeDemo(one, [2])
    await expect.poll(() => one.look().picture, { timeout: 20_000 }).toBe(2)
    expect(one.gateway.thumbnail(ONE)?.rgb).not.toEqual(before?.rgb)
    expect(one.gateway.wall).toMatchObject({ decoder: { state: 'ready' }, problem: null })
    expect(one.gateway.wall?.share).toBeGreaterThan(0)
    expect(one.alarms).toEqual([])
  })

  it('of a finished capture looks at every segment once, or at the time that is asked for', async () => {
    const one = await open('auto')
    await takeDemo(one, [1, 2, 3])
    one.store.finish()
    one.gateway.look([ONE], 4.5e6)
    await expect.poll(() => one.gateway.wall?.services[0]?.pictureUs, { timeout: 20_000 }).toBe(6e6)
    await expect.poll(() => one.look().pictureUs, { timeout: 20_000 }).toBe(4e6)
    one.gateway.look([ONE], null)
    await expect.poll(() => one.look().pictureUs, { timeout: 20_000 }).toBe(2e6)
  })

  it('sees black and hears silence: PICTURE-BLACK and SOUND-SILENT, then that they are over', async () => {
    const black = madeSegments('black', 'color=black:size=320x180:rate=25', 'anullsrc=r=48000')
    const one = await open('auto', true)
    for (const track of ['video', 'audio']) take(one, `${track}-init.mp4`, await black(`${track}-init.mp4`))
    for (const second of [0, 6, 12]) {
      for (const track of ['video', 'audio']) take(one, `${track}-${second}.m4s`, await black(`${track}-1.m4s`), second)
      await expect.poll(() => one.gateway.wall?.services[0]?.pictureUs, { timeout: 20_000 }).toBe(second * 1e6)
      // The next segment takes the place of sound that is still to be heard.
      await expect.poll(() => one.gateway.wall?.services[0]?.silentSinceUs, { timeout: 20_000 }).toBe(0)
    }
    await expect.poll(() => one.alarms.length, { timeout: 20_000 }).toBe(2)
    expect(one.alarms[0]).toMatch(
      /^warning PICTURE-BLACK Service 1 "Alpha" shows a black picture since 00:00:00\.000 UTC, for more than 10 s$/,
    )
    expect(one.alarms[1]).toMatch(/^warning SOUND-SILENT Service 1 "Alpha" has no sound above -60 dBFS since/)
    expect(one.look()).toMatchObject({ blackSinceUs: 0, silentSinceUs: 0, frozenSinceUs: null })
    expect(one.look().levels).toEqual([
      { peak: -100, rms: -100 },
      { peak: -100, rms: -100 },
    ])
    const moving = madeSegments('moving', 'testsrc2=size=320x180:rate=25', 'sine=frequency=440:sample_rate=48000')
    for (const track of ['video', 'audio']) take(one, `${track}-14.m4s`, await moving(`${track}-1.m4s`), 14)
    await expect.poll(() => one.alarms.length, { timeout: 20_000 }).toBe(4)
    expect(one.alarms.slice(2).map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
      'info PICTURE-BLACK',
      'info SOUND-SILENT',
    ])
  })

  it('sees a picture that stands still, encoded anew each time: PICTURE-FROZEN', async () => {
    const still = madeSegments('still', 'testsrc2=size=320x180:rate=25,trim=end_frame=1,loop=-1:1', 'sine=r=48000', [
      '300k',
      '500k',
      '400k',
    ])
    const one = await open('auto', true)
    for (const track of ['video', 'audio']) take(one, `${track}-init.mp4`, await still(`${track}-init.mp4`))
    for (const [at, second] of [0, 6, 12].entries()) {
      for (const track of ['video', 'audio'])
        take(one, `${track}-${second}.m4s`, await still(`${track}-1.m4s`, at), second)
      await expect.poll(() => one.gateway.wall?.services[0]?.pictureUs, { timeout: 20_000 }).toBe(second * 1e6)
    }
    await expect.poll(() => one.alarms.length, { timeout: 20_000 }).toBe(1)
    expect(one.alarms[0]).toMatch(
      /^warning PICTURE-FROZEN Service 1 "Alpha" shows the same picture since 00:00:00\.000 UTC/,
    )
  })
})

/** Makes two seconds of picture and sound, once for each rate. @returns reads a file of it */
function madeSegments(name: string, picture: string, sound: string, rates: readonly string[] = ['300k']) {
  for (const [at, rate] of rates.entries()) {
    const made = spawnSync(found, [
      ...['-v', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, '-t', '2'],
      ...[
        '-map',
        '0:v',
        '-map',
        '1:a',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-b:v',
        rate,
        '-g',
        '50',
        '-ac',
        '2',
      ],
      ...[
        '-c:a',
        'aac',
        '-f',
        'dash',
        '-seg_duration',
        '2',
        '-init_seg_name',
        `${name}${at}-$RepresentationID$-init.mp4`,
      ],
      ...['-media_seg_name', `${name}${at}-$RepresentationID$-$Number$.m4s`, join(folder, `${name}.mpd`)],
    ])
    if (made.status !== 0) throw new Error(made.stderr.toString())
  }
  return (file: string, at = 0): Promise<Buffer> => {
    const numbered = file.replace('video', '0').replace('audio', '1')
    return readFile(join(folder, `${name}${at}-${numbered}`))
  }
}

/** A program that answers as ffmpeg does, and does `what` with segments. */
async function fake(name: string, what: string): Promise<string> {
  const path = join(folder, name)
  const give = `cat > /dev/null; cat '${join(DEMO, 'video-init.mp4')}' '${join(DEMO, 'video-1.m4s')}'`
  const text = `#!/bin/sh
case "$*" in
  *-version*) echo 'ffmpeg version 9.9 of a test' ;;
  *-decoders*) echo ' V....D h264   H.264' ;;
  *-encoders*) echo ' V....D libx264   H.264' ;;
  *skip_frame*|*0:a:0*) ${what} ;;
  *) ${give} ;;
esac
`
  await writeFile(path, text, { mode: 0o755 })
  return path
}

describe.skipIf(process.platform === 'win32')('an ffmpeg that', () => {
  it.each([
    ['dies', 'kill -SEGV $$', /^ffmpeg: it made nothing/],
    ['lies in words', 'cat > /dev/null; echo no pixels', /^ffmpeg gave no picture of 192 × 108/],
    ['gives without an end', 'cat > /dev/null; yes', /^ffmpeg: it gave more than 248832 bytes/],
    ['closes its input', 'exec <&-; exit 3', /^ffmpeg: it made nothing \(status 3\)/],
  ])('%s is named on the card, and nothing else changes', async (name, what, words) => {
    const one = await open(await fake(`ffmpeg-${name.replaceAll(' ', '-')}`, what))
    await takeDemo(one, [1])
    one.gateway.look([ONE], null)
    await expect.poll(() => one.gateway.wall?.services[0]?.noPicture, { timeout: 20_000 }).toMatch(words)
    expect(one.gateway.thumbnail(ONE)).toBeNull()
    expect(one.alarms).toEqual([])
    expect((await one.get('/service1/video-1.m4s')).status).toBe(200)
  })

  it('hangs is killed with the gateway', async () => {
    const path = await fake('ffmpeg-hang', 'while :; do sleep 1; done')
    const one = await open(path)
    await takeDemo(one, [1])
    one.gateway.look([ONE], null)
    await expect.poll(() => processesWith(path).length, { timeout: 20_000 }).toBe(1)
    await one.gateway.close()
    expect(processesWith(path)).toEqual([])
  })

  it('is absent leaves the services without a look', async () => {
    const one = await open('off')
    await takeDemo(one, [1])
    one.gateway.look([ONE], null)
    await expect.poll(() => one.gateway.wallVersion).toBeGreaterThan(0)
    expect(one.gateway.wall).toMatchObject({ decoder: { state: 'off' }, services: [], share: null })
  })
})
