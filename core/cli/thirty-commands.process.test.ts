import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CounterpartRun, hasPrograms } from '../testing/counterparts.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { sha256, TestFolder, treeOf } from '../testing/program.ts'

/*
 * The thirty commands of design/seed-commands.md, one a row, with only the name of the program changed, and addresses, ports and files
 * of the test: `PORT`, `NEXT` and `GROUP` are of the row alone. At the other end of each is a program that is not ours. What this table
 * shows against GPAC, `seed-commands` and `seed-media` show against sockets of the test where there is no GPAC.
 */

type Row = {
  readonly number: number
  readonly line: string
  /** Programs at the other end. */
  readonly needs: readonly string[]
  readonly shown: (run: CounterpartRun) => Promise<unknown>
}

const media = new TestFolder()
const SOURCE = media.at('source.mp4')
const MP3 = media.at('source.mp3')
const RAW = media.at('source_160x120.yuv')
const MPD = join(DEMO_FOLDER, 'manifest.mpd')
/** Two seconds of 25 pictures each. */
const PICTURES = 50
/** How GPAC sends the demo, and how it takes what is sent to the row's group, into `theirs`. */
const GPAC_SENDS = `-i ${MPD} dashin:forward=file -o route://GROUP:PORT:carousel=500 --ifce=127.0.0.1`
const GPAC_TAKES = '-i route://GROUP:PORT:odir=theirs --ifce=127.0.0.1'
const LOCAL = '--ifce=127.0.0.1'

beforeAll(() => {
  const ffmpeg = (...args: string[]) => spawnSync('ffmpeg', ['-v', 'error', '-y', ...args])
  const picture = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=25', '-t', '2', '-pix_fmt', 'yuv420p']
  ffmpeg(...picture, '-c:v', 'libx264', '-g', '25', '-bf', '2', '-movflags', '+faststart', SOURCE)
  ffmpeg(...picture, '-f', 'rawvideo', RAW)
  ffmpeg('-f', 'lavfi', '-i', 'sine=440', '-t', '3', '-b:a', '128k', MP3)
})
afterAll(() => media.remove())

/** Files of the demo, by their names. */
const demoFile = (name: string): string => sha256(readFileSync(join(DEMO_FOLDER, name)))

/** Waits for whole files of the demo below a folder. */
const demoArrives = (run: CounterpartRun, folder: string, names = ['video-init.mp4', 'audio-1.m4s', 'video-2.m4s']) =>
  vi.waitFor(() => {
    const found = new Map(treeOf(run.at(folder)).map(({ path, sha256: digest }) => [path, digest]))
    for (const name of names) expect([name, found.get(name)]).toEqual([name, demoFile(name)])
  }, 20_000)

/** We send, GPAC receives. */
async function gpacReceives(run: CounterpartRun): Promise<void> {
  run.gpac(GPAC_TAKES)
  run.start()
  await demoArrives(run, 'theirs/service1')
}

/** GPAC sends, we receive into a folder. */
async function gpacSends(run: CounterpartRun, folder: string, line = GPAC_SENDS): Promise<void> {
  run.start(`-logs=network@info ${run.row.line} ${LOCAL}`)
  await run.ours.printed('stderr', /^\[socket\] info: Joined /m)
  run.gpac(line)
  await demoArrives(run, folder)
}

/** Codec, size and number of pictures, as ffprobe counts them. */
const PROBE_PICTURES = [
  ...['-select_streams', 'v:0', '-count_frames'],
  ...['-show_entries', 'stream=codec_name,width,height,nb_read_frames'],
]
const expectPictures = (run: CounterpartRun, file: string, size = '160,120', count = PICTURES): void =>
  expect(run.probe(file, ...PROBE_PICTURES)).toBe(`h264,${size},${count}`)

/** GPAC gives H.264, we make a file of it. */
async function gpacGives(run: CounterpartRun, output: string): Promise<void> {
  const gives = run.gpac(`-i ${SOURCE} reframer:rt=on -o ${output}`)
  if (!run.isStarted) {
    await run.listening(run.port)
    run.start()
  }
  expect((await run.ours.ended).status).toBe(0)
  await gives.ended
}

/** We give H.264, GPAC makes a file of it. */
async function gpacTakes(run: CounterpartRun, size?: string): Promise<void> {
  const takes = run.gpac('-i tcp://127.0.0.1:PORT/:ext=avc:listen -o theirs.mp4')
  await run.listening(run.port)
  run.start()
  expect((await run.ours.ended).status).toBe(0)
  expect((await takes.ended).status).toBe(0)
  expectPictures(run, 'theirs.mp4', size)
}

async function serving(run: CounterpartRun): Promise<string> {
  run.start()
  await run.ours.printed('stdout', /^Serving (\S+)$/m)
  return `http://127.0.0.1:${run.port}`
}

const ROWS: readonly Row[] = [
  {
    number: 1,
    line: `-i ${MPD} dashin:forward=file -o route://GROUP:PORT ${LOCAL}`,
    needs: ['gpac'],
    shown: gpacReceives,
  },
  {
    number: 2,
    line: `-i ${MPD}:#ServiceID=4715 dashin:forward=file -o atsc://GROUP:PORT ${LOCAL}`,
    needs: ['gpac'],
    shown: async (run) => {
      run.gpac('-i atsc://:odir=theirs:tunein=4715 --ifce=127.0.0.1')
      run.start()
      await demoArrives(run, 'theirs/service4715', ['video-init.mp4', 'audio-2.m4s', 'video-2.m4s'])
    },
  },
  {
    number: 3,
    line: `-i ${MPD} dashin:forward=file -o route://GROUP:PORT:llmode ${LOCAL}`,
    needs: ['gpac'],
    shown: gpacReceives,
  },
  {
    number: 4,
    line: `-play route://GROUP:PORT ${LOCAL}`,
    needs: ['gpac', 'chromium'],
    shown: (run) => run.playsInChromium(() => run.gpac(GPAC_SENDS)),
  },
  {
    number: 5,
    line: '-i route://GROUP:PORT/:max_segs=4 dashin:forward=file httpout:port=NEXT --rdirs=temp --reqlog=* --cors=auto',
    needs: ['gpac', 'curl'],
    shown: async (run) => {
      await gpacSends(run, 'temp/service1', GPAC_SENDS)
      const got = await run.curl(`http://127.0.0.1:NEXT/service1/video-2.m4s`, '-H', 'Origin: http://localhost:9')
      expect([got.status, sha256(got.body)]).toEqual([200, demoFile('video-2.m4s')])
      expect(got.head).toMatch(/^Access-Control-Allow-Origin: http:\/\/localhost:9\r?$/im)
    },
  },
  {
    number: 6,
    line: `-i route://GROUP:PORT/ -o udp://GROUP:NEXT/:ext=ts ${LOCAL}`,
    needs: ['gpac', 'ffprobe'],
    shown: async (run) => {
      run.gpac('-i udp://GROUP:NEXT/:ext=ts:timeout=0 -o theirs.mp4:store=frag --ifce=127.0.0.1')
      run.start(`-logs=network@info ${run.row.line}`)
      await run.ours.printed('stderr', /^\[socket\] info: Joined /m)
      run.gpac(GPAC_SENDS)
      await vi.waitFor(() => expect(run.size('theirs.mp4')).toBeGreaterThan(20_000), 20_000)
      const codecs = run.probe('theirs.mp4', '-show_entries', 'stream=codec_name').split('\n')
      expect(codecs.sort()).toEqual(['aac', 'h264'])
    },
  },
  {
    number: 7,
    line: `-i route://GROUP:PORT dashin:forward=file -o http://127.0.0.1:NEXT/live.mpd --hmode=push`,
    needs: ['gpac', 'nginx'],
    shown: async (run) => {
      await run.nginx('www')
      await gpacSends(run, 'www')
    },
  },
  {
    number: 8,
    line: 'httpout:port=PORT:rdirs=both:wdir=both:reqlog=PUT:cors=auto',
    needs: ['gpac', 'ffprobe'],
    shown: async (run) => {
      mkdirSync(run.at('both'))
      const url = await serving(run)
      await run.gpac(`-i ${SOURCE} -o ${url}/live.mpd:gpac:hmode=push`).ended
      await run.ours.printed('stderr', /REQ#\d+ \S+ PUT \/live\.mpd start/)
      expect((await run.gpac(`-i ${url}/live.mpd -o theirs.mp4`).ended).status).toBe(0)
      expectPictures(run, 'theirs.mp4')
    },
  },
  {
    number: 9,
    line: '-i route://GROUP:PORT:odir=dump_route',
    needs: ['gpac'],
    shown: (run) => gpacSends(run, 'dump_route/service1'),
  },
  {
    number: 10,
    line: '-i atsc://:gcache=false:tunein=4716 -o ATSC$ServiceID$_rec/$File$:dynext',
    needs: ['gpac'],
    shown: (run) =>
      gpacSends(run, 'ATSC4716_rec', `-i ${MPD}:#ServiceID=4716 dashin:forward=file -o atsc:// --ifce=127.0.0.1`),
  },
  {
    number: 11,
    line: `-logs=dash:route@debug -i route://GROUP:PORT:odir=dump ${LOCAL}`,
    needs: ['gpac'],
    shown: async (run) => {
      run.start()
      await run.ours.printed('stderr', /^\[route\] \w+: /m)
      run.gpac(GPAC_SENDS)
      await run.ours.printed('stderr', /^\[(?:dash|route)\] \w+: .*manifest/m)
      expect((await run.ours.interrupt()).stderr).not.toMatch(/^\[(?!dash|route)\w+\]/m)
    },
  },
  ...(['rdirs=outcoming', 'wdir=incoming', 'rdirs=outcoming:wdir=incoming'] as const).map((rights, at) => ({
    number: 12 + at,
    line: `httpout:port=PORT:${rights}`,
    needs: ['gpac', 'curl'],
    shown: async (run: CounterpartRun) => {
      mkdirSync(run.at('outcoming'))
      const video = readFileSync(SOURCE)
      writeFileSync(run.at('outcoming', 'a.mp4'), video)
      const url = await serving(run)
      const read = await run.gpac(`-i ${url}/a.mp4 -o theirs.mp4`).ended
      if (rights.includes('rdirs')) expectPictures(run, 'theirs.mp4')
      else expect([read.status === 0, existsSync(run.at('theirs.mp4'))]).toEqual([false, false])
      const put = await run.curl(`${url}/b.mp4`, '-T', SOURCE)
      expect(put.status).toBe(rights.includes('wdir') ? 201 : 405)
      if (rights.includes('wdir')) expect(sha256(readFileSync(run.at('incoming', 'b.mp4')))).toBe(sha256(video))
    },
  })),
  {
    number: 15,
    line: `-i ${MP3} -o http://localhost:PORT/live.mp3 --hold`,
    needs: ['gpac'],
    shown: async (run) => {
      const url = await serving(run)
      await run.gpac(`-i ${url}/live.mp3 -o theirs.mp3`).ended
      expect(sha256(readFileSync(run.at('theirs.mp3')))).toBe(sha256(readFileSync(MP3)))
    },
  },
  {
    number: 16,
    line: `-i ${MP3} reframer:rt=on -o http://localhost:PORT/live.mp3`,
    needs: ['curl', 'ffprobe'],
    shown: async (run) => {
      const { body } = await run.curl(`${await serving(run)}/live.mp3`)
      writeFileSync(run.at('heard.mp3'), body)
      expect(run.probe('heard.mp3', '-show_entries', 'stream=codec_name')).toBe('mp3')
    },
  },
  {
    number: 17,
    line: `-i ${MP3}:#ice-Genre=CoolRock -o http://127.0.0.1:PORT/live.mp3 --ice --hold`,
    needs: ['curl'],
    shown: async (run) => {
      const { head } = await run.curl(`${await serving(run)}/live.mp3`)
      expect(head).toMatch(/^ice-Genre: CoolRock\r?$/m)
    },
  },
  {
    number: 18,
    line: `-i ${SOURCE} reframer:rt=on -o http://localhost:PORT/live.mpd --rdirs=temp --dmode=dynamic --cdur=0.1`,
    needs: ['curl', 'ffprobe'],
    shown: async (run) => {
      const url = await serving(run)
      // Each waits for what is not made yet, and comes while it is.
      const files = await Promise.all(
        ['init.mp4', '1.m4s', '2.m4s'].map((name) => run.curl(`${url}/live-video-${name}`)),
      )
      writeFileSync(run.at('theirs.mp4'), Buffer.concat(files.map(({ body }) => body)))
      expectPictures(run, 'theirs.mp4')
    },
  },
  {
    number: 19,
    line: `-i ${SOURCE} -o http://127.0.0.1:NEXT/live.mpd:gpac:hmode=push`,
    needs: ['gpac', 'nginx', 'ffprobe'],
    shown: async (run) => {
      await run.nginx('www')
      run.start()
      expect((await run.ours.ended).status).toBe(0)
      await run.gpac('-i http://127.0.0.1:NEXT/live.mpd -o theirs.mp4').ended
      expectPictures(run, 'theirs.mp4')
    },
  },
  {
    number: 20,
    line: 'httpout:hmode=source:port=PORT vout aout',
    needs: ['gpac', 'chromium'],
    shown: (run) =>
      run.playsInChromium(async () => {
        await run.listening(run.port)
        run.gpac(`-i ${MPD} reframer:rt=on -o http://127.0.0.1:PORT/live.mpd:gpac:hmode=push:dmode=dynamic`)
      }),
  },
  {
    number: 21,
    line: 'httpout:port=PORT:rdirs=.:cert=cert.pem:pkey=key.pem',
    needs: ['curl', 'openssl'],
    shown: async (run) => {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
      const files = ['-keyout', run.at('key.pem'), '-out', run.at('cert.pem')]
      spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files])
      writeFileSync(run.at('a.txt'), 'what is there')
      await serving(run)
      const got = await run.curl('https://127.0.0.1:PORT/a.txt', '--cacert', run.at('cert.pem'))
      expect([got.status, got.body.toString()]).toEqual([200, 'what is there'])
    },
  },
  {
    number: 22,
    line: `-i ${MPD} dashin:forward=file:FID=D1 dashin:forward=segb:FID=D2 -o http://localhost:PORT/live.mpd:SID=D1:rdirs=dash -o http://localhost:PORT/live_rw.mpd:SID=D2:sigfrag`,
    needs: ['gpac', 'ffprobe'],
    shown: async (run) => {
      const url = await serving(run)
      await run.ours.printed('stderr', /The source has ended; what was received is still served/)
      const counts: string[] = []
      for (const name of ['live', 'live_rw']) {
        await run.gpac(`-i ${url}/${name}.mpd -o ${name}.mp4`).ended
        counts.push(run.probe(`${name}.mp4`, '-count_packets', '-show_entries', 'stream=nb_read_packets'))
      }
      expect(counts).toEqual(['600\n1125', '600\n1125'])
    },
  },
  ...['udp://127.0.0.1:PORT/:ext=avc', 'udp://127.0.0.1:PORT:gpac:ext=avc'].map((input, at) => ({
    number: at === 0 ? 23 : 26,
    line: `-i ${input} -o test.mp4`,
    needs: ['gpac', 'ffprobe'],
    shown: async (run: CounterpartRun) => {
      run.start(`${run.row.line} --timeout=3000`)
      await run.ours.printed('stderr', /^Relaying /m)
      await gpacGives(run, 'udp://127.0.0.1:PORT/:ext=avc')
      expectPictures(run, 'test.mp4')
    },
  })),
  {
    number: 24,
    line: '-i tcp://127.0.0.1:PORT/:ext=avc -o test.mp4',
    needs: ['gpac', 'ffprobe'],
    shown: async (run) => {
      await gpacGives(run, 'tcp://127.0.0.1:PORT/:ext=avc:listen')
      expectPictures(run, 'test.mp4')
    },
  },
  {
    number: 25,
    line: '-i tcp://127.0.0.1:PORT/:ext=avc ffsws:osize=640x360 -o test.yuv',
    needs: ['gpac', 'ffmpeg'],
    shown: async (run) => {
      await gpacGives(run, 'tcp://127.0.0.1:PORT/:ext=avc:listen')
      expect(run.size('test.yuv')).toBe(640 * 360 * 1.5 * PICTURES)
    },
  },
  {
    number: 27,
    line: '-i tcp://127.0.0.1:PORT/:ext=avc:listen:ka -o test.mp4',
    needs: ['gpac', 'ffprobe'],
    shown: async (run) => {
      run.start()
      await run.ours.printed('stderr', /^Relaying /m)
      for (let turn = 0; turn < 2; turn++) await run.gpac(`-i ${SOURCE} -o tcp://127.0.0.1:PORT/:ext=avc`).ended
      expect((await run.ours.interrupt()).status).toBe(130)
      expectPictures(run, 'test.mp4', '160,120', 2 * PICTURES)
    },
  },
  {
    number: 28,
    line: `-i ${SOURCE} -o udp://127.0.0.1:PORT/:ext=avc`,
    needs: ['gpac', 'ffprobe'],
    shown: async (run) => {
      const takes = run.gpac('-i udp://127.0.0.1:PORT/:ext=avc:timeout=2000 -o theirs.mp4')
      await run.bound(run.port)
      run.start()
      expect((await run.ours.ended).status).toBe(0)
      await takes.ended
      expectPictures(run, 'theirs.mp4')
    },
  },
  { number: 29, line: `-i ${SOURCE} -o tcp://127.0.0.1:PORT/:ext=avc`, needs: ['gpac', 'ffprobe'], shown: gpacTakes },
  {
    number: 30,
    line: `-i ${RAW} ffsws:osize=640x360 -o tcp://127.0.0.1:PORT/:ext=avc`,
    needs: ['gpac', 'ffmpeg', 'ffprobe'],
    shown: (run) => gpacTakes(run, '640,360'),
  },
]

describe('the thirty commands', () => {
  it('are all here', () => {
    const numbers = ROWS.map(({ number }) => number).sort((one, other) => one - other)
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, at) => at + 1))
  })

  for (const row of [...ROWS].sort((one, other) => one.number - other.number)) {
    const needs = ['ffmpeg', ...row.needs]
    const test = hasPrograms(needs) ? it.concurrent : it.skip
    test(`${row.number}: ${row.line} (needs ${needs.join(', ')})`, async () => {
      const run = await CounterpartRun.open(row)
      try {
        await row.shown(run)
      } finally {
        await run.close()
      }
    })
  }
})
