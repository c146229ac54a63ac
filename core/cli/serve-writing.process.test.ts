import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ASIDE_PREFIX } from '../files/safe-name.ts'
import { RunningProgram, routescope } from '../testing/program.ts'
import { askRaw, exchangeRaw, readReplies } from '../testing/raw-http.ts'
import { posix, Serving, type ServingProgram } from '../testing/serving.ts'

const serving = new Serving()
const { folder } = serving
const serve = (...args: string[]) => serving.serve(...args)

let a: ServingProgram
let w: ServingProgram
let wFolder = ''
beforeAll(async () => {
  serving.folderA('a')
  wFolder = folder.at('w')
  mkdirSync(folder.at('outside'))
  mkdirSync(wFolder)
  if (posix) symlinkSync(folder.at('outside'), folder.at('w', 'out'))
  const many = ['--max-errors', '0', '--max-per-peer', '0']
  ;[a, w] = await Promise.all([
    serve('--read', folder.at('a'), '--list', ...many),
    serve('--read', wFolder, '--write', wFolder, '--max-upload', '1000', '--block-size', '1K', ...many),
  ])
})
afterAll(() => serving.end())

const put = (name: string, body: string | Uint8Array, ...lines: string[]) =>
  w.ask(`PUT ${name}`, [`Content-Length: ${body.length}`, ...lines], body)
const written = (name: string) => readFileSync(folder.at('w', name), 'utf8')

describe('files that are written', () => {
  it('HS-32, HS-35, HS-37: new, replaced, in chunks, in folders, empty', async () => {
    const made = await put('/a.txt', '0123456789')
    expect([made.status, made.headers['content-location'], made.headers['content-length']]).toEqual([
      201,
      '/a.txt',
      '0',
    ])
    expect((await put('/a.txt', '01234')).status).toBe(200)
    expect(written('a.txt')).toBe('01234')
    const chunked = await w.ask('PUT /x/y/z.txt', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
    expect([chunked.status, written('x/y/z.txt')]).toEqual([201, 'abcde'])
    expect((await w.ask('POST /posted.txt', ['Content-Length: 2'], 'ok')).status).toBe(201)
    expect([(await put('/none.txt', '')).status, written('none.txt')]).toEqual([201, ''])
  })

  it('HS-33, HS-34, HS-36: where nothing can be written, or read, or the length is missing', async () => {
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const reply = await a.ask(`${method} /d100.txt`, ['Content-Length: 0'])
      expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
    }
    await put('/kept.txt', 'kept')
    const only = await serve('--write', wFolder)
    expect((await only.ask('GET /kept.txt')).status).toBe(403)
    expect((await w.ask('GET /kept.txt')).body.toString()).toBe('kept')
    expect([(await w.ask('PUT /kept.txt')).status, written('kept.txt')]).toEqual([411, 'kept'])
  })

  it('HS-38 to HS-41: parts of files', async () => {
    await put('/part', 'ABCDE')
    expect([(await put('/part', '##', 'Range: bytes=1-2')).status, written('part')]).toEqual([200, 'A##DE'])
    expect([(await put('/part', 'mnop', 'Range: bytes=0-1,3-4')).status, written('part')]).toEqual([200, 'mn#op'])
    expect([(await put('/part', 'qr', 'Content-Range: bytes 1-2/5')).status, written('part')]).toEqual([200, 'mqrop'])
    expect([(await put('/part', '++', 'Range: bytes=5-')).status, written('part')]).toEqual([200, 'mqrop++'])
    expect([(await put('/part', '!', 'Range: bytes=9-9')).status, written('part')]).toEqual([416, 'mqrop++'])
    expect([(await put('/part', 'long', 'Range: bytes=0-1')).status, written('part')]).toEqual([400, 'mqrop++'])
    expect((await put('/nothing', 'x', 'Range: bytes=3-3')).status).toBe(404)
    expect((await put('/part', 'x', 'Content-Range: nonsense')).status).toBe(400)
  })

  it('a file is written only under the conditions of the request', async () => {
    await put('/tagged.txt', 'first')
    const { etag = '' } = (await w.ask('GET /tagged.txt')).headers
    for (const condition of ['If-None-Match: *', 'If-Match: "other"', `If-None-Match: ${etag}`])
      expect([(await put('/tagged.txt', 'no', condition)).status, written('tagged.txt')]).toEqual([412, 'first'])
    expect((await put('/untagged.txt', 'no', 'If-Match: *')).status).toBe(412)
    expect([(await put('/tagged.txt', 'second', `If-Match: ${etag}`)).status, written('tagged.txt')]).toEqual([
      200,
      'second',
    ])
  })

  it('of uploads to one name at once, one is taken at a time', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => (await put('/once.txt', `${at}`)).status),
    )
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.every((status) => [200, 201, 409].includes(status))).toBe(true)
  })

  it('HS-42, HS-46: too large, and 100 Continue only where it is taken', async () => {
    expect((await put('/large', 'x'.repeat(1001))).status).toBe(413)
    const chunks = `3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`
    expect((await w.ask('PUT /large', ['Transfer-Encoding: chunked'], chunks)).status).toBe(413)
    const expecting = (length: number) =>
      `PUT /expected HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
    const statuses = async (length: number) =>
      readReplies(await exchangeRaw(w.port, `${expecting(length)}${'x'.repeat(Math.min(length, 4))}`)).map(
        ({ status }) => status,
      )
    expect(await statuses(4)).toEqual([100, 201])
    expect(await statuses(1001)).toEqual([413])
    expect(readdirSync(wFolder).filter((name) => /large|routescope/.test(name))).toEqual([])
  })

  it('a client that sends all before it reads sees why it is refused', async () => {
    const body = Buffer.alloc(30 * 1024 * 1024, 'x')
    const chunks = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
    for (const [line, lines, sent] of [
      ['PUT /large', [`Content-Length: ${body.length}`], body],
      ['PUT /large', ['Transfer-Encoding: chunked'], chunks],
      ['PUT /../large', [`Content-Length: ${body.length}`], body],
    ] as const) {
      const { status, headers } = await w.ask(line, lines, sent)
      expect([status, headers.connection]).toEqual([line.includes('..') ? 400 : 413, 'close'])
    }
    expect(existsSync(folder.at('w', 'large'))).toBe(false)
  })

  it('HS-43, HS-44: what is uploaded is read while it grows, and is gone where the upload breaks off', async () => {
    const upload = async (name: string): Promise<Socket> => {
      const socket = connect(w.port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(`PUT ${name} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\na\r\nblock 0...\r\n`)
      return socket
    }
    /** Reads a file while it grows. */
    const follow = async (name: string) => {
      const socket = connect(w.port, '127.0.0.1')
      socket.on('error', () => undefined)
      let text = ''
      const waiting = new Set<() => void>()
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString()
        for (const look of waiting) look()
      })
      socket.write(`GET ${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      const has = (words: string): Promise<void> =>
        new Promise((resolve) => {
          const look = (): void => {
            if (text.includes(words)) resolve()
          }
          waiting.add(look)
          look()
        })
      const closed = once(socket, 'close')
      return { has, whole: () => closed.then(() => text) }
    }
    const asking = async (name: string): Promise<void> => {
      // The server has the upload once it answers for the file.
      while ((await w.ask(`HEAD ${name}`)).status !== 200);
    }
    const writer = await upload('/grows.txt')
    await asking('/grows.txt')
    const reader = await follow('/grows.txt')
    await reader.has('block 0...')
    for (let at = 1; at < 6; at++) {
      writer.write(`a\r\nblock ${at}...\r\n`)
      await reader.has(`block ${at}...`)
    }
    expect((await put('/grows.txt', 'other')).status).toBe(409)
    expect(existsSync(folder.at('w', 'grows.txt'))).toBe(false)
    writer.write('0\r\n\r\n')
    const [reply] = readReplies(Buffer.from(await reader.whole()))
    const blocks = Array.from({ length: 6 }, (_, at) => `block ${at}...`).join('')
    expect([reply?.status, reply?.body.toString(), reply?.chunks]).toEqual([200, blocks, 7])
    writer.destroy()
    await expect.poll(() => existsSync(folder.at('w', 'grows.txt')) && written('grows.txt')).toBe(blocks)

    const breaking = await upload('/breaks.txt')
    await asking('/breaks.txt')
    const cut = await follow('/breaks.txt')
    await cut.has('block 0...')
    breaking.destroy()
    expect(await cut.whole()).toMatch(/block 0\.\.\.\r\n$/)
    await expect.poll(async () => (await w.ask('GET /breaks.txt')).status).toBe(404)
    await expect.poll(() => readdirSync(wFolder).filter((name) => /breaks|routescope/.test(name))).toEqual([])
  })

  it('HS-45: DELETE', async () => {
    await put('/gone.txt', 'x')
    expect((await w.ask('DELETE /gone.txt')).status).toBe(204)
    expect((await w.ask('DELETE /gone.txt')).status).toBe(204)
    mkdirSync(folder.at('w', 'dir'), { recursive: true })
    expect((await w.ask('DELETE /dir')).status).toBe(409)
    expect((await put('/dir', 'x')).status).toBe(409)
    await put('/file', 'x')
    expect((await put('/file/below', 'x')).status).toBe(409)
  })

  it('HS-47 to HS-49: no name leads out', async () => {
    const names = [
      ...['/../x', '/%2e%2e/x', '/..%2fx', '/..%5cx', '/sub/../../x', '//etc/hostname', '/d100.txt%00.x', '/%zz'],
      ...['/%c0%ae%c0%ae/x', '/.hidden/x', '/x%0ay', '/a%E2%80%AEb'],
    ]
    const before = readdirSync(folder.path)
    for (const name of names) {
      for (const server of [a, w]) {
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const { status } = await server.ask(`${method} ${name}`, method === 'PUT' ? ['Content-Length: 0'] : [])
          expect({ name, method, refused: [400, 404, 405].includes(status) }).toEqual({ name, method, refused: true })
        }
      }
    }
    expect(readdirSync(folder.path)).toEqual(before)
    if (!posix) return
    for (const name of ['/link.txt', '/linkdir/hostname']) expect((await a.ask(`GET ${name}`)).status).toBe(404)
    expect((await put('/out/x.txt', 'x')).status).toBe(403)
    expect((await w.ask('DELETE /out/x.txt')).status).toBe(403)
    expect(readdirSync(folder.at('outside'))).toEqual([])
  })
})

describe('files of the server itself', () => {
  it('are neither read nor written through it, by whatever name', async () => {
    const own = folder.at('own')
    mkdirSync(own)
    const secret = `[eve]\npassword=${'a'.repeat(64)}\nsalt=${'b'.repeat(64)}\n`
    writeFileSync(folder.at('own', 'users.ini'), secret)
    writeFileSync(folder.at('own', 'plain.txt'), 'plain')
    const names = ['/users.ini', '/users%2eini']
    if (posix) {
      linkSync(folder.at('own', 'users.ini'), folder.at('own', 'hard.ini'))
      symlinkSync('users.ini', folder.at('own', 'soft.ini'))
      names.push('/hard.ini', '/soft.ini')
    }
    const { ask } = await serve('--read', own, '--write', own, '--list', '--users', folder.at('own', 'users.ini'))
    for (const name of names) expect({ name, status: (await ask(`GET ${name}`)).status }).toEqual({ name, status: 404 })
    for (const name of names.filter((each) => each !== '/soft.ini')) {
      for (const request of [`DELETE ${name}`, `PUT ${name}`, `POST ${name}`]) {
        const { status } = await ask(request, ['Content-Length: 1', 'Connection: close'], 'x')
        expect({ request, status }).toEqual({ request, status: 403 })
      }
    }
    expect((await ask('GET /')).body.toString()).not.toContain('users.ini')
    expect((await ask('GET /plain.txt')).body.toString()).toBe('plain')
    expect(readFileSync(folder.at('own', 'users.ini'), 'utf8')).toBe(secret)
  })

  it('that run are refused where others may write', async () => {
    writeFileSync(folder.at('w', 'hook.mjs'), 'export function onRequest() {}')
    const { status, stderr } = await routescope([
      ...['serve', '--listen', '127.0.0.1:0', '--write', wFolder],
      ...['--script', folder.at('w', 'hook.mjs')],
    ])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /^routescope: The script \S+hook\.mjs lies in \S+, where others may write\. Put it/,
      ),
    })
  })
})

describe.skipIf(!posix)('a disk that takes only the beginning of a file', () => {
  it('is told, and nothing of the file is left', async () => {
    const small = folder.at('small')
    mkdirSync(small)
    const limited = ['-c', 'ulimit -f 20; exec "$0" "$@"', process.execPath]
    const options = { command: ['bash', ...limited] }
    const program = new RunningProgram(['serve', '--write', small, '--listen', '127.0.0.1:0'], options)
    const [, url = ''] = await program.printed('stdout', /^Serving (http:\S+)$/m)
    const body = new Uint8Array(25_000).fill(1)
    const { status } = await askRaw(Number(new URL(url).port), 'PUT /a.bin', [`Content-Length: ${body.length}`], body)
    expect(status).toBe(507)
    expect(await program.interrupt()).toMatchObject({ signal: null })
    expect(readdirSync(small)).toEqual([])
  })
})

describe('a server that is killed while files are uploaded', () => {
  const WHOLE = Buffer.alloc(300_000, 'w')
  /** Limit against hanging. */
  const HANGS = { timeout: 60_000 }
  const HALF = Buffer.alloc(200_000, 'h')

  /** Begins an upload of which the end does not come. */
  function beginHalf({ port }: ServingProgram, name: string, head: string, half: Uint8Array): void {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`PUT ${name} HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n`)
    socket.write(half)
  }

  /** Files that have no final name yet, in which there are bytes. */
  const asides = (...path: string[]): string[] =>
    readdirSync(folder.at('killed', ...path)).filter(
      (name) => name.startsWith(ASIDE_PREFIX) && statSync(folder.at('killed', ...path, name)).size > 0,
    )

  it('leaves nothing but whole files, and a new one removes the rest and takes the others', async () => {
    const killed = folder.at('killed')
    mkdirSync(folder.at('killed', 'sub'), { recursive: true })
    writeFileSync(folder.at('killed', 'replaced.bin'), WHOLE)
    writeFileSync(folder.at('killed', 'patched.bin'), WHOLE)
    const args = ['--read', killed, '--write', killed, '--list', '--max-per-peer', '0', '--max-errors', '0']
    const first = await serve(...args)
    expect((await first.ask('PUT /whole.bin', [`Content-Length: ${WHOLE.length}`], WHOLE)).status).toBe(201)
    const length = `Content-Length: ${WHOLE.length}`
    const chunk = Buffer.concat([Buffer.from(`${HALF.length.toString(16)}\r\n`), HALF])
    beginHalf(first, '/new.bin', length, HALF)
    beginHalf(first, '/sub/chunked.bin', 'Transfer-Encoding: chunked', chunk)
    beginHalf(first, '/replaced.bin', length, HALF)
    beginHalf(first, '/patched.bin', `${length}\r\nRange: bytes=0-`, HALF)
    await expect.poll(() => asides().length, HANGS).toBe(3)
    await expect.poll(() => asides('sub').length, HANGS).toBe(1)
    first.program.child.kill('SIGKILL')
    expect((await first.program.ended).signal).toBe('SIGKILL')

    const files = () => readdirSync(killed).filter((name) => !name.startsWith('.'))
    expect(files().sort()).toEqual(['patched.bin', 'replaced.bin', 'sub', 'whole.bin'])
    expect(readdirSync(folder.at('killed', 'sub')).filter((name) => !name.startsWith('.'))).toEqual([])
    const second = await serve(...args)
    for (const name of ['whole.bin', 'replaced.bin', 'patched.bin'])
      expect((await second.ask(`GET /${name}`)).body.equals(WHOLE)).toBe(true)
    const listing = (await second.ask('GET /')).body.toString()
    expect(['whole.bin', 'new.bin', ASIDE_PREFIX].filter((name) => listing.includes(name))).toEqual(['whole.bin'])
    for (const name of ['/new.bin', '/sub/chunked.bin']) expect((await second.ask(`GET ${name}`)).status).toBe(404)
    expect([...asides(), ...asides('sub')]).toEqual([])
    expect((await second.ask('PUT /new.bin', [length], WHOLE)).status).toBe(201)
    expect((await second.ask('GET /new.bin')).body.equals(WHOLE)).toBe(true)
  })
})
