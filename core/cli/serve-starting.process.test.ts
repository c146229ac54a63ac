import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningProgram, routescope } from '../testing/program.ts'
import { askRaw, exchangeRaw } from '../testing/raw-http.ts'
import { HUNDRED, posix, Serving, type ServingProgram } from '../testing/serving.ts'

const serving = new Serving()
const { folder } = serving
const serve = (...args: string[]) => serving.serve(...args)

beforeAll(() => void serving.folderA('a'))
afterAll(() => serving.end())

describe('users', () => {
  const SALT = 'ab'.repeat(32)
  const hash = (password: string) =>
    createHash('sha256').update(`${password}@`).update(Buffer.from(SALT, 'hex')).digest('hex')
  const basic = (name: string, password: string) =>
    `Authorization: Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  const [alice, bob] = [basic('alice', 'wonder'), basic('bob', 'builder')]
  let server: ServingProgram

  beforeAll(async () => {
    for (const name of ['ru', 'staff', 'staff/deep', 'staff/open', 'pub', 'plain', 'never', 'in'])
      mkdirSync(folder.at('rules', name), { recursive: true })
    for (const name of ['ru/f', 'staff/f', 'staff/deep/f', 'staff/open/f', 'pub/f', 'plain/p', 'never/n'])
      writeFileSync(folder.at('rules', name), name)
    if (posix) symlinkSync('../staff/f', folder.at('rules', 'plain', 'alias'))
    mkdirSync(folder.at('rules', 'in', 'closed'))
    if (posix) symlinkSync('closed', folder.at('rules', 'in', 'door'))
    writeFileSync(
      folder.at('rules', 'users'),
      `${['alice', 'bob']
        .map((name) => `[${name}]\npassword=${hash(name === 'alice' ? 'wonder' : 'builder')}\nsalt=${SALT}\n`)
        .join('')}[groups]\nstaff=bob\n`,
    )
    writeFileSync(
      folder.at('rules', 'rules'),
      [
        '[ru]\nname=ru\nru=alice',
        '[staff]\nname=staff\nrg=staff',
        '[staff/open]\nru=$ALL',
        '[pub]\nname=pub\nfilters=httpout',
        '[plain]',
        '[never]\nname=never\nfilters=other',
        '[in]\nname=in\nru=$NONE\nwu=alice',
        '[in/closed]\nwu=bob',
      ].join('\n'),
    )
    server = await serve(
      '--read',
      folder.at('rules', 'rules'),
      '--users',
      folder.at('rules', 'users'),
      '--max-errors',
      '0',
    )
  })

  it('HS-50, HS-51: who may read', async () => {
    const status = async (path: string, ...lines: string[]) => (await server.ask(`GET ${path}`, lines)).status
    expect(await status('/ru/f', alice)).toBe(200)
    expect(await status('/ru/f', bob)).toBe(403)
    const asked = await server.ask('GET /ru/f')
    expect([asked.status, asked.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Routescope", charset="UTF-8"',
    ])
    expect(await status('/ru/none')).toBe(401)
    expect(await status('/ru/f', 'Authorization: Bearer x')).toBe(401)
    expect(await status('/staff/f', bob)).toBe(200)
    expect(await status('/staff/f', alice)).toBe(403)
    expect(await status('/staff/deep/f', alice)).toBe(403)
    expect(await status('/staff/open/f')).toBe(200)
    expect(await status('/staff/f', basic('alice', 'wrong'))).toBe(401)
  })

  it('HS-52, HS-53: who may write, and where folders are', async () => {
    const write = async (...lines: string[]) =>
      (await server.ask('PUT /in/up.txt', ['Content-Length: 2', ...lines], 'up')).status
    expect([await write(alice), await write(bob), await write()]).toEqual([201, 403, 401])
    expect((await server.ask('GET /in/up.txt', [alice])).status).toBe(403)
    expect((await server.ask('DELETE /in/up.txt', [alice])).status).toBe(204)
    if (posix) {
      for (const method of ['PUT', 'DELETE'])
        expect((await server.ask(`${method} /in/door/x`, [alice, 'Content-Length: 0'])).status).toBe(403)
      expect(readdirSync(folder.at('rules', 'in', 'closed'))).toEqual([])
    }
    const statuses = ['/pub/f', '/p', '/n', '/never/n'].map(async (path) => (await server.ask(`GET ${path}`)).status)
    expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404])
    expect((await server.ask('PUT /pub/x', ['Content-Length: 0'])).status).toBe(403)
    // A link leads to what it leads to, not around the rights there: out of its own folder, to nothing.
    if (posix) expect((await server.ask('GET /alias')).status).toBe(404)
  })

  it('makes who guesses wait', async () => {
    const guess = (password: string) => server.ask('GET /ru/f', [basic('alice', password)])
    const statuses = []
    for (let at = 0; at < 7; at++) statuses.push((await guess('wrong')).status)
    expect(statuses.slice(-2)).toEqual([429, 429])
    expect((await guess('wonder')).status).toBe(429)
    expect((await server.ask('GET /pub/f')).status).toBe(200)
  })
})
describe('starting', () => {
  const openssl = spawnSync('openssl', ['version']).status === 0
  const curl = spawnSync('curl', ['--version']).status === 0

  it.skipIf(!openssl || !curl)('HS-62: TLS (needs openssl and curl)', async () => {
    const [key, cert] = [folder.at('key.pem'), folder.at('cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      ...subject,
    ])
    const read = ['--read', folder.at('a')]
    const { url, port } = await serve(...read, '--cert', cert, '--key', key)
    expect(url).toBe(`https://127.0.0.1:${port}`)
    const curled = (...args: string[]) =>
      spawnSync(
        'curl',
        ['-s', '-w', '%{http_code}', '-o', folder.at('curled'), '--cacert', cert, ...args, `${url}/d100.txt`],
        {
          encoding: 'utf8',
        },
      )
    expect([curled().stdout, readFileSync(folder.at('curled'), 'utf8')]).toEqual(['200', HUNDRED])
    expect(curled('--tlsv1.0', '--tls-max', '1.1').status).not.toBe(0)
    expect((await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')).toString()).not.toMatch(/200/)
    writeFileSync(folder.at('broken.pem'), 'no key')
    for (const [args, words] of [
      [['--key', key], 'TLS needs a certificate and its key. Give --cert FILE and --key FILE.'],
      [['--cert', cert, '--key', folder.at('broken.pem')], 'are no certificate and the key of it.'],
    ] as const) {
      const { status, stderr } = await routescope(['serve', '--listen', '127.0.0.1:0', ...read, ...args])
      expect([status === 0, stderr.includes(words)]).toEqual([false, true])
    }
  })

  it('HS-81, and wrong command lines: one sentence each', async () => {
    const read = ['--read', folder.at('a')]
    const { port } = await serve(...read)
    for (const [args, words] of [
      [['--listen', `127.0.0.1:${port}`, ...read], 'is already in use'],
      [
        ['--listen', '127.0.0.1:0'],
        'Neither a folder nor a stream was named. Right form: routescope serve [--read DIR]',
      ],
      [read, "Required option '--listen"],
      [
        ['--listen', '127.0.0.1:0', ...read, '--header', 'X-A,one,X-B'],
        'has a name without a value. Write NAME,VALUE.',
      ],
      [['--listen', '127.0.0.1:0', ...read, '--header', 'X-A,o\rne'], 'has a character that no header may have.'],
      [['--listen', '127.0.0.1:0', ...read, '--header', 'Connection,close'], 'which the server sets itself.'],
      [['--listen', '127.0.0.1:0', ...read, '--log-requests', 'FETCH'], '"FETCH" is no method'],
      [
        ['--listen', '0.0.0.0:0', ...read, '--users', folder.at('rules', 'users')],
        'in the clear. Use --cert and --key',
      ],
      [['--listen', '127.0.0.1:0', '--write', folder.at('a', 'd100.txt')], 'is a file, and uploads need a folder.'],
    ] as const) {
      const { status, stderr } = await routescope(['serve', ...args])
      expect([stderr, status === 0]).toEqual([expect.stringContaining(words), false])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })

  it('serves users of other computers without TLS where --insecure-login says so', async () => {
    const users = ['--users', folder.at('rules', 'users'), '--read', folder.at('rules', 'rules')]
    const args = ['serve', '--listen', '0.0.0.0:0', ...users, '--insecure-login']
    const program = new RunningProgram(args)
    const [, url = ''] = await program.printed('stdout', /^Serving (https?:\S+)$/m)
    expect((await askRaw(Number(new URL(url).port), 'GET /pub/f')).status).toBe(200)
    const { stderr } = await program.interrupt()
    expect(stderr).toContain('0.0.0.0')
  })

  it('HS-80: requests in the log; a missing folder is made; the end is told', async () => {
    const logged = await serve(
      '--read',
      folder.at('a'),
      '--write',
      folder.at('new'),
      '--log-requests',
      'GET,REC',
      '--log',
      'http@info',
    )
    expect(existsSync(folder.at('new'))).toBe(true)
    await logged.ask('GET /d100.txt', ['Range: bytes=0-9'])
    await logged.ask('PUT /x.txt', ['Content-Length: 1'], 'x')
    const { status, stderr } = await logged.program.interrupt()
    expect(status).toBe(130)
    expect(stderr).toMatch(/REQ#1 127\.0\.0\.1 GET \/d100\.txt start \[range: bytes=0-9\]\n/)
    expect(stderr).toMatch(/REQ#1 GET done: reply 206 - \d+ bytes in \d+ ms at \d+ kbps\n/)
    expect(stderr).toMatch(/Wrote .*x\.txt, 1 bytes\n/)
    expect(stderr).not.toContain('PUT')
    expect(stderr).toContain('Served 2 requests, 10 bytes; took 1 bytes of uploads.')
  })
})
