import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freeTcpPorts } from '../testing/free-port.ts'
import { GrowingPresentation, LiveOrigin } from '../testing/live-presentation.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import {
  type Ended,
  RunningProgram,
  routescope,
  sha256,
  TestFolder,
  type TreeEntry,
  treeOf,
} from '../testing/program.ts'
import { RawGroup } from '../testing/raw-route.ts'
import { mp3Of } from '../testing/stream-files.ts'
import type { Answering } from '../testing/test-server.ts'
import { UploadServer } from '../testing/upload-server.ts'

/*
 * The commands of GPAC's documentation with only the name of the program changed, by their numbers in design/seed-commands.md.
 * Addresses, ports and names of files are of the test. What they do is looked at by others: sockets of the test, curl, openssl.
 */

const folder = new TestFolder()
const SERVICE = 4711
const SEGMENTS = 12
const LOCAL = '--ifce=127.0.0.1'
const hasCurl = spawnSync('curl', ['--version']).status === 0
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const run = promisify(execFile)

/** A line of the table, run in the folder of the test. */
const start = (line: string): RunningProgram => new RunningProgram(line.split(' '), { cwd: folder.path })
const open: (() => unknown)[] = []
afterAll(async () => {
  for (const close of open) await close()
  folder.remove()
})

/** Files of a presentation, as `treeOf` lists them. */
const made = ({ files }: GrowingPresentation): TreeEntry[] =>
  [...files]
    .map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256(bytes) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
const withoutManifest = (files: readonly TreeEntry[]): TreeEntry[] => files.filter(({ path }) => !path.endsWith('.mpd'))

/** Reads a URL with curl. */
async function curl(url: string, ...args: string[]): Promise<{ status: number; body: Buffer; head: string }> {
  const out = folder.at(`curl-${Math.random().toString(36).slice(2)}`)
  const { stdout } = await run('curl', ['-s', '-D', '-', '-o', out, ...args, url])
  const heads = stdout.trim().split(/\r\n\r\n/)
  const head = heads.at(-1) ?? ''
  return {
    status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1]),
    head,
    body: existsSync(out) ? readFileSync(out) : Buffer.alloc(0),
  }
}

describe.skipIf(!hasCurl)('a live session on the air, and what receives it (needs curl)', () => {
  const presentation = new GrowingPresentation('number', { segmentMs: 300 })
  const atscPresentation = new GrowingPresentation('number', { segmentMs: 300 })
  const ended = new Map<number, Ended>()
  let route: RawGroup
  let lls: RawGroup
  let atsc: RawGroup
  let ingest: UploadServer
  let page: Awaited<ReturnType<typeof curl>> = { status: 0, head: '', body: Buffer.alloc(0) }
  let kept: TreeEntry[] = []

  beforeAll(async () => {
    const origins = [await LiveOrigin.open(presentation, SEGMENTS), await LiveOrigin.open(atscPresentation, 6)] as const
    for (const origin of origins) open.push(() => origin.close())
    ;[route, lls, atsc] = await Promise.all([
      RawGroup.join('239.133.0.1', 18_300),
      RawGroup.join('224.0.23.60', 4937),
      RawGroup.join('239.133.0.2', 18_301),
    ])
    for (const group of [route, lls, atsc]) open.push(() => group.close())
    ingest = await new UploadServer().open()
    open.push(() => ingest.close())
    const [port = 0] = await freeTcpPorts(1)
    const receivers: [number, string][] = [
      [
        5,
        `-i route://239.133.0.1:18300/:max_segs=4 dashin:forward=file httpout:port=${port} --rdirs=temp --reqlog=* --cors=auto`,
      ],
      [7, `-i route://239.133.0.1:18300 dashin:forward=file -o http://${ingest.host}/live.mpd --hmode=push`],
      [9, '-i route://239.133.0.1:18300:odir=dump_route'],
      [10, `-i atsc://:gcache=false:tunein=${SERVICE} -o ATSC$ServiceID$_rec/$File$:dynext`],
    ]
    const running = receivers.map(([number, line]): [number, RunningProgram] => [
      number,
      // 11: logs by topic and level tell when they listen.
      start(`-logs=network@info:http@info ${line} ${LOCAL}`),
    ])
    await Promise.all(running.map(([, program]) => program.printed('stderr', /^\[socket\] info: Joined /m)))
    const senders: [number, string][] = [
      [1, `-i ${origins[0].manifestUrl} dashin:forward=file -o route://239.133.0.1:18300 ${LOCAL}`],
      [
        2,
        `-i ${origins[1].manifestUrl}:#ServiceID=${SERVICE} dashin:forward=file -o atsc://239.133.0.2:18301 ${LOCAL}`,
      ],
    ]
    const sending = senders.map(([number, line]): [number, RunningProgram] => [number, start(line)])
    for (const [number, program] of sending) ended.set(number, await program.ended)
    // What has arrived is flushed when they are interrupted, wherever the last file is.
    const everything = presentation.files.size
    await vi.waitFor(() => expect(treeOf(folder.at('dump_route')).length).toBeGreaterThan(everything), 10_000)
    page = await curl(`http://127.0.0.1:${port}/service1/manifest.mpd`, '-H', 'Origin: http://localhost:9999')
    kept = treeOf(folder.at('temp', 'service1'))
    for (const [number, program] of running) ended.set(number, await program.interrupt())
  }, 60_000)

  it('1: every file of it is on the air, byte for byte', () => {
    expect(ended.get(1)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^Sent \d+ packets, \d+ objects\.\n$/),
    })
    const sent = new Set([...route.objects().values()].map(sha256))
    expect(made(presentation).filter((file) => !sent.has(file.sha256))).toEqual([])
    const packages = [...route.objects()].filter(([key]) => key.startsWith('0/')).map(([, bytes]) => text(bytes))
    expect(packages.some((each) => each.includes('<MPD') && each.includes('<S-TSID'))).toBe(true)
  })

  it('2: with LLS, SLS and the same files, for receivers of ATSC 3.0', () => {
    expect(ended.get(2)?.status).toBe(0)
    const service = new RegExp(`<Service [^>]*serviceId="${SERVICE}".*?</Service>`, 's')
    const slt = lls.tables(1).flatMap((table) => service.exec(table)?.[0] ?? [])
    expect(slt[0]).toContain('slsDestinationIpAddress="239.133.0.2" slsDestinationUdpPort="18301"')
    expect(lls.tables(3).some((table) => table.includes('<SystemTime'))).toBe(true)
    const objects = atsc.objects()
    const sent = new Set([...objects.values()].map(sha256))
    expect(made(atscPresentation).filter((file) => !sent.has(file.sha256))).toEqual([])
    const packages = [...objects].filter(([key]) => key.startsWith('0/')).map(([, bytes]) => text(bytes))
    expect(packages.some((each) => each.includes('<USBD') || each.includes('<BundleDescriptionROUTE'))).toBe(true)
  })

  it('5: a gateway with the newest four segments, which pages of this computer may read', () => {
    expect(page.status).toBe(200)
    expect(page.body.toString()).toContain('<MPD')
    expect(ended.get(5)?.stderr).toMatch(/REQ#1 127\.0\.0\.1 GET \/service1\/manifest\.mpd start/)
    expect(page.head).toMatch(/^Access-Control-Allow-Origin: http:\/\/localhost:9999\r?$/im)
    const segments = kept.filter(({ path }) => path.endsWith('.m4s'))
    expect(segments.filter(({ path }) => path.startsWith('v-'))).toHaveLength(4)
    expect(made(presentation)).toEqual(expect.arrayContaining(withoutManifest(kept)))
  })

  it('7: what is PUT to an ingest, and DELETEd there again', () => {
    const put = new Map(
      ingest.uploads.flatMap(({ method, path, body }) => (method === 'PUT' ? [[path, sha256(body)]] : [])),
    )
    for (const { path, sha256: digest } of made(presentation))
      expect([path, put.get(`/${path}`)]).toEqual([path, digest])
    expect(put.has('/live.mpd')).toBe(true)
    const removed = ingest.uploads.filter(({ method }) => method === 'DELETE').map(({ path }) => path)
    expect(removed).toContain('/v-001.m4s')
    expect(removed).not.toContain('/v-012.m4s')
  })

  it('9: a dump in dump_route/service1', () => {
    expect(readdirSync(folder.at('dump_route'))).toEqual(['service1'])
    expect(withoutManifest(treeOf(folder.at('dump_route', 'service1')))).toEqual(made(presentation))
  })

  it('10: a folder for each service of ATSC 3.0', () => {
    // What is sent before the receiver has read LLS and SLS is not there.
    const later = made(atscPresentation).filter(({ path }) => !path.includes('001'))
    expect(treeOf(folder.at(`ATSC${SERVICE}_rec`))).toEqual(expect.arrayContaining(later))
  })

  it('11: logs by topic and level', async () => {
    const stderr = ended.get(5)?.stderr ?? ''
    expect(stderr).toMatch(/^\[http\] info: Gateway on http:\/\/127\.0\.0\.1:\d+$/m)
    expect(stderr).not.toContain('[route]')
    const debug = start(`-logs=dash:route@debug -i route://239.133.0.9:18309:odir=none ${LOCAL} -runfor=100`)
    expect((await debug.ended).stderr).toMatch(/^\[route\] (?:info|debug): /m)
  })
})

it('3: with llmode a segment leaves while it is still being made', async () => {
  const presentation = new GrowingPresentation('number', { tracks: ['v'], segmentMs: 300 })
  presentation.textOf = (mpd) =>
    mpd.replace('<SegmentTemplate', '<SegmentTemplate availabilityTimeOffset="0.2" availabilityTimeComplete="false"')
  const origin = await LiveOrigin.open(presentation, 3)
  const air = await RawGroup.join('239.133.0.3', 18_303)
  open.push(
    () => origin.close(),
    () => air.close(),
  )
  // The second half is made only once the first one is on the air.
  const held: Answering = (_, response, file = Buffer.alloc(0)) => {
    const half = Buffer.from(file.subarray(0, file.length / 2))
    response.write(half)
    const isSent = () => [...air.objects().values()].some((object) => object.subarray(0, half.length).equals(half))
    void air.until(() => isSent() || undefined).then(() => response.end(file.subarray(half.length)))
  }
  for (const number of [1, 2, 3]) origin.faults.set(presentation.nameOf('v', number), [held])
  const line = `-i ${origin.manifestUrl} dashin:forward=file -o route://239.133.0.3:18303:llmode ${LOCAL}`
  expect(await start(line).ended).toMatchObject({ status: 0 })
  const sent = new Set([...air.objects().values()].map(sha256))
  expect(made(presentation).filter((file) => !sent.has(file.sha256))).toEqual([])
})

/** A package of signalling, which is compressed. */
const text = (bytes: Buffer): string => (bytes[0] === 0x1f ? gunzipSync(bytes).toString() : bytes.toString())

describe.skipIf(!hasCurl)('servers of folders (need curl)', () => {
  const servers = new Map<string, RunningProgram>()
  const urls = new Map<string, string>()
  beforeAll(async () => {
    for (const name of ['outcoming', 'both']) mkdirSync(folder.at(name))
    writeFileSync(folder.at('outcoming', 'a.txt'), 'what is there')
    if (hasOpenssl)
      spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', folder.at('key.pem'), '-out', folder.at('cert.pem')],
      ])
    const [p8, p12, p13, p14, p21] = await freeTcpPorts(5)
    const lines = {
      8: `httpout:port=${p8}:rdirs=both:wdir=both:reqlog=PUT:cors=auto`,
      12: `httpout:port=${p12}:rdirs=outcoming`,
      13: `httpout:port=${p13}:wdir=incoming`,
      14: `httpout:rdirs=outcoming:wdir=incoming2:port=${p14}`,
      ...(hasOpenssl ? { 21: `httpout:port=${p21}:rdirs=outcoming:cert=cert.pem:pkey=key.pem` } : {}),
    }
    for (const [number, line] of Object.entries(lines)) servers.set(number, start(line))
    for (const [number, program] of servers) {
      const [, url = ''] = await program.printed('stdout', /^Serving (\S+)$/m)
      urls.set(number, url)
    }
  })
  afterAll(async () => {
    for (const program of servers.values()) await program.interrupt()
  })

  it('8: an origin to write to and read from, which logs what is PUT', async () => {
    const url = `${urls.get('8')}/live/x.txt`
    expect((await curl(url, '-X', 'PUT', '--data-binary', 'what is put')).status).toBe(201)
    const got = await curl(url, '-H', 'Origin: http://localhost:9999')
    expect([got.status, got.body.toString()]).toEqual([200, 'what is put'])
    expect(got.head).toMatch(/^Access-Control-Allow-Origin: http:\/\/localhost:9999\r?$/im)
    expect(readFileSync(folder.at('both', 'live', 'x.txt'), 'utf8')).toBe('what is put')
    const [line] = await (servers.get('8') as RunningProgram).printed('stderr', /REQ#1 \S+ PUT \/live\/x\.txt start/)
    expect(line).not.toContain('GET')
  })

  it.each([
    [12, 200, 405],
    [13, 403, 201],
    [14, 200, 201],
  ])('%i: what may be read and written', async (number, read, written) => {
    const url = urls.get(String(number))
    const got = await curl(`${url}/a.txt`)
    expect(got.status).toBe(read)
    if (read === 200) expect(got.body.toString()).toBe('what is there')
    expect((await curl(`${url}/new.txt`, '-X', 'PUT', '--data-binary', 'new')).status).toBe(written)
  })

  it.skipIf(!hasOpenssl)('21: HTTPS (needs openssl)', async () => {
    const got = await curl(`${urls.get('21')}/a.txt`, '--cacert', folder.at('cert.pem'))
    expect([got.status, got.body.toString()]).toEqual([200, 'what is there'])
  })
})

describe.skipIf(!hasCurl)('streams of a file (need curl)', () => {
  beforeAll(() => {
    writeFileSync(folder.at('source.mp3'), mp3Of(383))
  })
  /** Starts a stream; it ends with the tests. */
  const stream = async (line: string): Promise<string> => {
    const [port = 0] = await freeTcpPorts(1)
    const program = start(line.replace('PORT', String(port)))
    open.push(() => program.interrupt())
    const [, url = ''] = await program.printed('stdout', /^Serving (\S+)$/m)
    return `${new URL(url).origin}/live.mp3`
  }

  it('15: waits for its first client, who gets it from its first byte', async () => {
    const url = await stream('-i source.mp3 -o http://127.0.0.1:PORT/live.mp3 --hold')
    const { status, body, head } = await curl(url)
    expect(status).toBe(200)
    expect(head).toMatch(/^Content-Type: audio\/mpeg\r?$/im)
    expect(sha256(body)).toBe(sha256(mp3Of(383)))
    writeFileSync(folder.at('heard.mp3'), body)
    const probe = spawnSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name',
      '-of',
      'csv=p=0',
      folder.at('heard.mp3'),
    ])
    if (probe.error === undefined) expect(probe.stdout.toString().trim()).toBe('mp3')
  })

  it('16: in real time', async () => {
    const url = await stream('-i source.mp3 reframer:rt=on -o http://127.0.0.1:PORT/live.mp3')
    const begun = performance.now()
    const socket = await run('curl', ['-s', '-o', folder.at('real.mp3'), '--max-time', '1.5', url]).catch(() => null)
    expect(socket).toBeNull()
    const seconds = (performance.now() - begun) / 1000
    // 16 000 bytes a second; a client may get a second ahead.
    const { length } = readFileSync(folder.at('real.mp3'))
    expect(length).toBeGreaterThan(8000)
    expect(length).toBeLessThan(16_000 * (seconds + 1.5))
  })

  it('17: with ICE headers', async () => {
    const url = await stream('-i source.mp3:#ice-Genre=CoolRock -o http://127.0.0.1:PORT/live.mp3 --ice --hold')
    const { head } = await curl(url)
    expect(head).toMatch(/^ice-Genre: CoolRock\r?$/m)
    expect(head).toMatch(/^icy-pub: 1\r?$/m)
  })
})

describe.skipIf(!hasCurl)('a presentation over HTTP (needs curl)', () => {
  it('22: two manifests of it on one server', async () => {
    const [port = 0] = await freeTcpPorts(1)
    const url = `http://127.0.0.1:${port}`
    const first = `-o ${url}/live.mpd:SID=D1:rdirs=dash`
    const second = `-o ${url}/live_rw.mpd:SID=D2:sigfrag`
    const input = `-i ${DEMO_FOLDER}/manifest.mpd`
    const program = start(`${input} dashin:forward=file:FID=D1 dashin:forward=segb:FID=D2 ${first} ${second}`)
    open.push(() => program.interrupt())
    await program.printed('stderr', /The source has ended; what was received is still served/)
    for (const name of ['live.mpd', 'live_rw.mpd']) {
      const got = await curl(`${url}/${name}`)
      expect([got.status, got.body.toString().includes('<MPD')]).toEqual([200, true])
    }
    for (const name of ['video-init.mp4', 'video-1.m4s', 'audio-12.m4s']) {
      const made = readFileSync(join(DEMO_FOLDER, name))
      expect(sha256((await curl(`${url}/${name}`)).body)).toBe(sha256(made))
      expect(sha256(readFileSync(folder.at('dash', name)))).toBe(sha256(made))
    }
  })
})

describe('the app', () => {
  it('4: plays; where there is no display it says so and serves the same', async () => {
    const program = new RunningProgram(['-play', 'route://239.133.0.1:18300', LOCAL], {
      env: { DISPLAY: '', WAYLAND_DISPLAY: '' },
    })
    const [, address = ''] = await program.printed('stdout', /there is no display.*\nOpen (http:\S+)$/m)
    const reply = await fetch(address)
    expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining('<html')])
    await program.interrupt()
  })
})

describe('a line that is wrong', () => {
  it('is one sentence with its column, and status 2', async () => {
    const { status, stdout, stderr } = await routescope([
      '-i',
      join('a b', 'x.mpd'),
      'vflip',
      '-o',
      'route://239.133.0.1:1',
    ])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^routescope: Column 16: unknown filter 'vflip' \(supported: aout, [^\n]*\n$/)
  })

  it('may ask for its graph', async () => {
    const { stderr } = await routescope([
      '-graph',
      '-runfor=1',
      '-i',
      `route://239.133.0.9:18309:odir=${folder.at('graph')}`,
      LOCAL,
    ])
    expect(stderr).toContain(
      "source (multicast) -> receiver\nreceiver -> repair*\nrepair* -> folder\nAs GPAC's line: -runfor=1 -i ",
    )
  })
})
