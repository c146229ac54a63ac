import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PART_DESCRIPTIONS } from '../engine/registry.ts'
import { relaySession } from '../engine/spec/relay-spec.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { freePort } from '../testing/free-port.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { demoMedia, readStream, writeStream } from '../testing/media-streams.ts'
import { RunningProgram, routescope, TestFolder } from '../testing/program.ts'

/** `routescope relay` as a person meets it; the conversions themselves are in engine/relay.socket.test.ts. */
const HOST = '127.0.0.1'
const folder = new TestFolder()
const media = demoMedia()
const source = folder.at('source.mp4')
const avc = writeStream('avc', {
  tracks: media.tracks.slice(0, 1),
  samples: media.samples.filter(({ track }) => track === 1),
})

beforeAll(() => writeFileSync(source, writeStream('mp4', media)))
afterAll(() => folder.remove())

/** An independent judge, where it is installed. */
const hasFfmpeg = spawnSync('ffprobe', ['-version']).status === 0

/** Packets of each stream as ffprobe counts them, and what ffmpeg complains of when it decodes the file. */
function judged(file: string): { streams: string[]; complaints: string } {
  const show = ['-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets', '-of', 'compact=nk=1:p=0']
  const probe = spawnSync('ffprobe', ['-v', 'error', ...show, file], { encoding: 'utf8' })
  const decoded = spawnSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-'], { encoding: 'utf8' })
  const streams = new Set(probe.stdout.split('\n').filter((line) => line !== ''))
  return { streams: [...streams].sort(), complaints: probe.stderr + decoded.stderr }
}

const pictures = media.samples.filter(({ track }) => track === 1).length
const frames = media.samples.length - pictures

/** Digests of the decoded pictures of a file, in the order of presentation. */
function decodedPictures(file: string): string[] {
  const { stdout } = spawnSync('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v', '-f', 'framemd5', '-'], {
    encoding: 'utf8',
  })
  return stdout
    .split('\n')
    .flatMap((line) => (line === '' || line.startsWith('#') ? [] : (line.split(',').at(-1) ?? '')))
}

/** Waits until a file that is written has so many bytes. */
async function grown(path: string, bytes: number): Promise<void> {
  while (!existsSync(path) || statSync(path).size < bytes) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Records from a sender that is still connected. */
async function recording(target: string): Promise<RunningProgram> {
  const port = await freePort()
  const program = new RunningProgram(['relay', `tcp://${HOST}:${port}/:ext=avc:listen:ka`, target])
  await program.printed('stderr', /Relaying/)
  const sender = connect(port, HOST).on('error', () => undefined)
  await once(sender, 'connect')
  sender.write(avc)
  return program
}

describe('routescope relay', () => {
  it.skipIf(!hasFfmpeg)('writes files that ffmpeg decodes without complaint', async () => {
    for (const suffix of ['mp4', 'ts', '264', 'aac']) {
      const target = folder.at(`judged.${suffix}`)
      const { status, stderr } = await routescope(['relay', source, target])
      expect(stderr).toContain(`to ${target}`)
      expect(status).toBe(0)
      const wanted = { mp4: ['aac', 'h264'], ts: ['aac', 'h264'], 264: ['h264'], aac: ['aac'] }[suffix] ?? []
      const count = (codec: string): string => `${codec}|${codec === 'aac' ? frames : pictures}`
      expect(judged(target)).toEqual({ streams: wanted.map(count), complaints: '' })
    }
  })

  it.skipIf(!hasFfmpeg).each([
    ['H.264 with B-frames and E-AC-3', 'libx264', ['-bf', '3', '-g', '25'], 'eac3'],
    ['H.265 and MP3', 'libx265', ['-x265-params', 'log-level=none:keyint=25'], 'libmp3lame'],
  ])('keeps the pictures of %s in order, from TS to MP4 and Annex B to TS', async (_, video, options, audio) => {
    const made = folder.at(`made-${video}.ts`)
    const inputs = ['testsrc2=size=192x108:rate=25', 'sine=sample_rate=48000'].flatMap((each) => [
      '-f',
      'lavfi',
      '-i',
      each,
    ])
    const encode = ['-t', '2', '-c:v', video, ...options, '-c:a', audio]
    spawnSync('ffmpeg', ['-v', 'error', '-y', ...inputs, ...encode, made])
    const [mp4, raw, ts] = [`${video}.mp4`, `${video}.${video === 'libx264' ? '264' : '265'}`, `${video}.ts`].map(
      (name) => folder.at(name),
    ) as [string, string, string]
    expect((await routescope(['relay', made, mp4, raw])).status).toBe(0)
    expect((await routescope(['relay', raw, ts])).status).toBe(0)
    const wanted = decodedPictures(made)
    expect(wanted).toHaveLength(50)
    for (const file of [mp4, ts]) {
      expect(judged(file).complaints, file).toBe('')
      expect(decodedPictures(file), file).toEqual(wanted)
    }
  })

  it('finalises a recording at Ctrl-C, and leaves a valid one where it is killed', async () => {
    const target = folder.at('stopped.mp4')
    const stopped = await recording(target)
    await grown(target, 50_000)
    expect((await stopped.interrupt()).status).toBe(130)
    expect(readBoxes(new Uint8Array(readFileSync(target))).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat'])
    expect(readStream('mp4', new Uint8Array(readFileSync(target))).samples.length).toBeGreaterThan(pictures / 2)

    const other = folder.at('killed.mp4')
    const killed = await recording(other)
    await grown(other, 50_000)
    killed.child.kill('SIGKILL')
    await killed.ended
    const kept = readStream('mp4', new Uint8Array(readFileSync(other)))
    expect(kept.samples.length).toBeGreaterThan(pictures / 4)
    expect(readBoxes(new Uint8Array(readFileSync(other))).map(({ type }) => type)).toContain('moof')
  })

  it('says that no media came, where it is stopped before any', async () => {
    const [from, to] = [await freePort(), await freePort()]
    const relaying = new RunningProgram([
      'relay',
      `route://239.132.0.9:${from}/:ifce=${HOST}`,
      `udp://${HOST}:${to}/:ext=ts`,
    ])
    await relaying.printed('stderr', /Relaying /)
    const { status, stderr } = await relaying.interrupt()
    expect(stderr).toContain('No media came that could be sent as ts.')
    expect(status).toBe(3)
  })

  it('sends a received service as a transport stream, in real time (SK-40)', async () => {
    const [port, route] = [await freePort(), await freePort()]
    const target = folder.at('service.ts')
    const taking = new RunningProgram(['relay', `udp://${HOST}:${port}/:timeout=0`, target])
    await taking.printed('stderr', /Relaying \S+ to \S/)
    const address = `route://239.132.0.9:${route}`
    const sent = `udp://${HOST}:${port}/:ext=ts`
    const relaying = new RunningProgram(['relay', `${address}/:ifce=${HOST}`, sent])
    await relaying.printed('stderr', /Relaying route:\S+ to udp:/)
    const manifest = `${DEMO_FOLDER}/manifest.mpd`
    const sending = new RunningProgram(['send', manifest, address, '--interface', HOST])
    await grown(target, 60_000)
    for (const program of [sending, relaying, taking]) await program.interrupt()
    const kept = readStream('ts', new Uint8Array(readFileSync(target)))
    expect(kept.tracks.map(({ kind }) => kind).sort()).toEqual(['audio', 'video'])
    expect(kept.samples.length).toBeGreaterThan(40)
    expect(kept.faults.of('continuity')).toBe(0)
  })

  it.each([
    ['a format that is not named', [source, `tcp://${HOST}:1`], 2, /Nothing says in which format/],
    ['plain MP4 on a socket', [source, `udp://${HOST}:1/:ext=mp4`], 2, /changed at the end/],
    ['a file that is not there', [folder.at('none.mp4'), folder.at('x.ts')], 1, /There is no file/],
    ['another scheme', [source, 'ftp://a/b'], 2, /no destination of a relay/],
  ])('refuses %s in one sentence', async (_, args, status, sentence) => {
    const ended = await routescope(['relay', ...args])
    expect(ended.status).toBe(status)
    expect(ended.stderr).toMatch(sentence)
  })
})

describe('options of its ends', () => {
  const parts = (from: string, to: string) => relaySession(PART_DESCRIPTIONS, from, [to], {}).parts

  it('are read by the words of GPAC', () => {
    const [socket, reader, out] = parts(
      'udp://127.0.0.1/:port=5000:ifce=lo:ext=ts:mime=video/mp2t:maxc=3:block_size=2000:tsprobe=false:timeout=5:reorder_pck=9:reorder_delay=8:ssm=10.0.0.1,10.0.0.2:ssmx=10.0.0.3:fps=50:rt=on',
      'udp://127.0.0.1:1/:ext=ts:sockbuf=9000:ttl=1:rate=1000000:pckr=1/2:pckd=3/4:nb_pack=4:kp=false:cdur=0.5:store=frag:start=1.5:speed=2',
    )
    expect(socket).toMatchObject({
      kind: 'socket-in',
      address: 'udp://127.0.0.1/',
      port: 5000,
      interface: 'lo',
      ext: 'ts',
      mime: 'video/mp2t',
      maxConnections: 3,
      blockSize: 2000,
      tsProbe: false,
      timeoutMs: 5,
      reorderPackets: 9,
      reorderDelayMs: 8,
      sources: ['10.0.0.1', '10.0.0.2'],
      notSources: ['10.0.0.3'],
    })
    expect(reader).toMatchObject({ kind: 'media-reader', fps: '50', realTime: 'on' })
    expect(out).toMatchObject({
      kind: 'socket-out',
      sendBuffer: 9000,
      ttl: 1,
      rateBps: 1_000_000,
      reorder: '1/2',
      drop: '3/4',
      groupPackets: 4,
      startS: 1.5,
      speed: '2',
      keepPackets: false,
      chunkS: 0.5,
      store: 'frag',
    })
  })

  it('and by our own where GPAC has none', () => {
    expect(parts('tcp://a:1/:listen:ka:retry:spoolBytes=1M', 'tcp://a:1/:ext=ts:pace=fast')).toMatchObject([
      { listen: true, keepAlive: true, retry: true },
      { spoolBytes: 1_048_576 },
      { pace: 'fast' },
    ])
    const [, media] = parts('route://239.132.0.1:6000/:representation=lowest', 'a.ts')
    expect(media).toMatchObject({ kind: 'media-objects', representation: 'lowest' })
    expect(parts('a.mp4', 'b.mp4')).toMatchObject([{ file: 'a.mp4' }, {}, { file: 'b.mp4' }])
  })
})
