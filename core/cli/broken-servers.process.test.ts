import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type BrokenStage, brokenStages } from '../testing/broken-peers.ts'
import { BrokenServer } from '../testing/broken-server.ts'
import { pcapOf, withLoss } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { type Ended, RunningProgram, TestFolder, treeOf } from '../testing/program.ts'
import { seededBelow } from '../testing/seeded.ts'
import { TestServer } from '../testing/test-server.ts'

/*
 * Servers and programs that this one reads from, and which reset, garble and die at every stage: what they have sent is used or
 * refused in a sentence, and `RunningProgram` fails for an error that nothing caught.
 */
const folder = new TestFolder()
const posix = process.platform !== 'win32'
let whole: Uint8Array
let lossy: string

beforeAll(async () => {
  const sent = await routeFixture()
  whole = pcapOf(sent)
  lossy = folder.at('loss.pcap')
  writeFileSync(folder.at('whole.pcap'), whole)
  writeFileSync(lossy, pcapOf(withLoss(sent, 0.05, 7)))
})
afterAll(() => folder.remove())

const BODY = 'x'.repeat(3000)
const answer = (status: string, head: string, body: string | Uint8Array = ''): Uint8Array =>
  Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${head}\r\n`, 'latin1'), Buffer.from(body as string)])

/** Answers of HTTP servers, right and wrong ones. */
const ANSWERS: Readonly<Record<string, Uint8Array>> = {
  'a file': answer('200 OK', `Content-Length: ${BODY.length}\r\n`, BODY),
  'a range': answer('206 Partial Content', 'Content-Length: 3000\r\nContent-Range: bytes 0-2999/9000\r\n', BODY),
  'a body without length': answer('200 OK', '', BODY),
  chunks: answer('200 OK', 'Transfer-Encoding: chunked\r\n', `bb8\r\n${BODY}\r\n0\r\nX-Sum: 1\r\n\r\n`),
  'chunks without a size': answer('200 OK', 'Transfer-Encoding: chunked\r\n', `zz\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk of 2^64 bytes': answer('200 OK', 'Transfer-Encoding: chunked\r\n', `10000000000000000\r\n${BODY}`),
  'gzip that is damaged': answer('200 OK', 'Content-Encoding: gzip\r\n', gzipSync(BODY).fill(7, 20, 26)),
  'a length and chunks': answer(
    '200 OK',
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    '3\r\nabc\r\n0\r\n\r\n',
  ),
  'two lengths': answer('200 OK', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'abcdef'),
  'a negative length': answer('200 OK', 'Content-Length: -5\r\n', 'abc'),
  'a length beyond 2^64': answer('200 OK', `Content-Length: ${'9'.repeat(30)}\r\n`, 'abc'),
  'more than the length': answer('200 OK', 'Content-Length: 3\r\n', BODY),
  'a head without end': answer('200 OK', `X: ${'y'.repeat(500)}\r\n`.repeat(150)),
  'hints before the answer': Buffer.concat([answer('103 Early Hints', 'Link: </x>\r\n'), answer('200 OK', '', BODY)]),
  'continue for ever': Buffer.concat(Array.from({ length: 200 }, () => answer('100 Continue', ''))),
  'a redirect in a circle': answer('302 Found', 'Location: /0/again\r\nContent-Length: 0\r\n'),
  'a redirect to a file': answer('302 Found', 'Location: file:///etc/passwd\r\nContent-Length: 0\r\n'),
  'a redirect to nowhere': answer('302 Found', 'Location: http://[::x]:99999/\r\nContent-Length: 0\r\n'),
  'another protocol': answer('101 Switching Protocols', 'Upgrade: x\r\nConnection: Upgrade\r\n', BODY),
  'no content': answer('204 No Content', '', BODY),
  'parts without an end': answer(
    '206 Partial Content',
    'Content-Type: multipart/byteranges; boundary=x\r\n',
    '--x\r\n\r\nabc',
  ),
  'an impossible status': answer('999 Odd', 'Retry-After: -1\r\n', 'x'),
  'no status': Buffer.from('HTTP/1.1\r\n\r\n'),
  'another protocol at once': Buffer.from('SSH-2.0-OpenSSH\r\n'),
  'bytes at random': Buffer.from(
    Array.from(
      { length: 500 },
      (
        (below) => () =>
          below(256)
      )(seededBelow(5)),
    ),
  ),
}

/** All stages of all answers, in an order from the seed. */
function stages(seed: number): BrokenStage[] {
  const below = seededBelow(seed)
  return Object.entries(ANSWERS)
    .flatMap(([name, bytes], at) => brokenStages(name, bytes, at + 1))
    .map((stage) => ({ stage, place: below(1e9) }))
    .sort((a, b) => a.place - b.place)
    .map(({ stage }) => stage)
}

describe('servers of repair', () => {
  /** More servers are forgotten in turn. */
  const SERVERS = 60

  it.each([1, 2, 3, 4])('that break off: the one that works completes every object (%d)', async (seed) => {
    const broken = await new BrokenServer(stages(seed)).open()
    const names = treeOf(DEMO_FOLDER).map(({ path }) => path)
    const works = await TestServer.open(
      Object.fromEntries(names.map((name) => [`/${name}`, new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))])),
    )
    const urls = [...Array.from({ length: SERVERS }, (_, at) => `${broken.origin}/${at}/`), works.url]
    const out = folder.at(`repaired-${seed}`)
    const program = new RunningProgram([
      ...['receive', '--capture', lossy, '--out', out, '--repair', 'http'],
      ...urls.flatMap((url) => ['--repair-url', url]),
    ])
    const { status, stderr } = await program.ended
    expect(stderr).toMatch(/; fetched \d+ objects/)
    expect(status).toBe(0)
    expect(broken.requests).toBeGreaterThan(100)
    const original = new Map(treeOf(DEMO_FOLDER).map(({ path, sha256 }) => [path, sha256]))
    for (const { path, sha256 } of treeOf(out))
      expect([path, sha256]).toEqual([path, original.get(path.slice('service1/'.length))])
    await broken.close()
    await works.close()
  })
})

describe('a capture over HTTP', () => {
  const head = 'Content-Type: application/vnd.tcpdump.pcap\r\n'

  it.each(
    stages(9)
      .filter((_, at) => at % 97 === 0)
      .map((stage) => [stage.name, stage] as const),
  )('that begins with %s is refused in a sentence, or waited for', async (_, stage) => {
    const broken = await new BrokenServer([stage]).open()
    const program = new RunningProgram(['receive', `${broken.origin}/0/x.pcap`, '--out', folder.at('stream')], {
      command: ready(),
    })
    await Promise.race([program.ended, broken.asked(2).then(() => program.printed('stderr', /ready/))])
    await endsOrderly(program)
    await broken.close()
  })

  it('that breaks before its first byte is refused by its address', async () => {
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`)
    const broken = await new BrokenServer([{ name: 'no chunk', bytes, leaves: 'answer', resets: false }]).open()
    const program = new RunningProgram(['inspect', `${broken.origin}/x.pcap`])
    const { status, stderr } = await program.ended
    expect([status, stderr]).toEqual([1, expect.stringContaining('/x.pcap cannot be received: ')])
    await broken.close()
  })

  it('that breaks off and comes back is read on', async () => {
    const pieces = [30_000, 70_001, 110_003, 150_000].map((end, at): BrokenStage => {
      const junk = at % 2 === 0 ? Buffer.alloc(0) : Buffer.from(Array.from({ length: 300 }, (_, byte) => byte & 0xff))
      const bytes = answer('200 OK', head, Buffer.concat([whole.subarray(0, end), junk]))
      return { name: `piece ${at}`, bytes, leaves: 'answer', resets: at % 2 === 1 }
    })
    const broken = await new BrokenServer(pieces).open()
    const program = new RunningProgram(['receive', `${broken.origin}/x.pcap`, '--out', folder.at('back')])
    await broken.asked(pieces.length)
    const { status, stderr } = await program.interrupt()
    expect(status).toBe(130)
    expect(stderr).toMatch(/Received [1-9]\d* packets/)
    await broken.close()
  })
})

describe.skipIf(!posix)('a program that captures (not on Windows)', () => {
  const capture = folder.at('whole.pcap')
  const mark = folder.at('mark')

  it.each([
    ['ends at once', 'exit 0'],
    ['fails at once', 'echo no >&2; exit 2'],
    ['kills itself before the first byte', 'kill -9 $$'],
    ['kills itself within the header', `head -c 10 '${capture}'; kill -9 $$`],
    ['kills itself within a packet', `head -c 50001 '${capture}'; kill -9 $$`],
    ['ends within a packet', `head -c 50001 '${capture}'`],
    ['dies of a signal after a packet', `head -c 60000 '${capture}'; kill -SEGV $$`],
    ['writes what is no capture', 'head -c 5000 /dev/urandom'],
    ['writes garbage in the middle', `head -c 60000 '${capture}'; head -c 60000 /dev/urandom; cat '${capture}'`],
    ['closes its output and lives', `exec >&-; exec sleep 60`],
    ['closes all and lives', `head -c 60000 '${capture}'; exec >&- 2>&-; exec sleep 60`],
    ['is silent', 'exec sleep 60'],
    ['complains for ever', 'yes >&2'],
    ['takes no signal', `trap '' INT TERM; head -c 60000 '${capture}'; while :; do sleep 0.05; done`],
  ])('%s: a sentence, or an orderly end', async (_, code) => {
    const bin = folder.at('bin')
    mkdirSync(bin, { recursive: true })
    const script = join(bin, 'dumpcap')
    writeFileSync(script, `#!/bin/sh\n: > '${mark}'\n${code}\n`)
    chmodSync(script, 0o755)
    rmSync(mark, { force: true })
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}` }
    const program = new RunningProgram(['receive', 'interface:lo', '--out', folder.at('captured')], {
      env,
      command: ready(),
    })
    await Promise.race([program.ended, started(program, mark)])
    await endsOrderly(program)
  })
})

/** Node with a module that prints `ready` once the command takes signals. */
function ready(): string[] {
  const file = folder.at('ready.cjs')
  writeFileSync(
    file,
    `const look = setInterval(() => {
      if (process.listenerCount('SIGINT') === 0) return
      clearInterval(look)
      process.stderr.write('ready\\n')
    }, 5).unref()`,
  )
  return [process.execPath, '--require', file]
}

/** Settles when the program that captures runs, and the one that started it takes signals. */
async function started(program: RunningProgram, mark: string): Promise<void> {
  await program.printed('stderr', /ready/)
  await vi.waitUntil(() => existsSync(mark), { timeout: 60_000 })
}

/** Interrupts it where it still runs: it ends by itself with a sentence, or as it was asked to. */
async function endsOrderly(program: RunningProgram): Promise<Ended> {
  program.child.kill('SIGINT')
  const ended = await program.ended
  // One that is over by itself has given the signals back to the system.
  if (ended.signal !== null)
    expect(ended).toMatchObject({ signal: 'SIGINT', stderr: expect.stringMatching(/^routescope: /m) })
  else expect([0, 1, 3, 130]).toContain(ended.status)
  if (ended.status !== 130) expect(ended.stderr).toMatch(/^(routescope: |Received )/m)
  expect(ended.stderr).not.toMatch(/inside Routescope|^\s+at /m)
  return ended
}
