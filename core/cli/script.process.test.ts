import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningProgram, routescope, TestFolder } from '../testing/program.ts'
import { askRaw, type RawReply } from '../testing/raw-http.ts'

const folder = new TestFolder()
const SCRIPT = `
export async function onRequest({ method, path, query, headers, peer, user }) {
  if (path === '/tea') return { status: 418, headers: { 'X-Tea': 'yes' }, body: 'no coffee' }
  if (path === '/echo') return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ method, path, query, agent: headers['user-agent'], peer, user }) }
  if (path === '/stream') return { status: 200, body: (async function* () { for (const word of ['one ', 'two ', new Uint8Array([51])]) { await 0; yield word } })() }
  if (path === '/broken') return { body: (function* () { yield 'begin'; throw new Error('in the middle') })() }
  if (path === '/other') return { serveFile: '/sub/a b.txt', headers: { 'X-Other': '1' } }
  if (path === '/out') return { serveFile: '/../../etc/hostname' }
  if (path === '/link') return { serveFile: '/.hidden' }
  if (path === '/throws') throw new Error('script trouble')
  if (path === '/never') return new Promise(() => {})
  if (path === '/bad') return { status: 99 }
  if (path === '/badheader') return { headers: { 'Content-Length': '5' } }
  if (path === '/slow.bin') return { throttle: 100000, headers: { 'X-Slow': '1' } }
  if (path === '/slow') return { throttle: 100000, body: new Uint8Array(30000) }
  if (path === '/late') setTimeout(() => { throw new Error('later') }, 0)
  if (method === 'PUT' && path === '/no') return { status: 403, body: 'not here' }
}
`

let program: RunningProgram
let port = 0
let never: Promise<RawReply>
beforeAll(async () => {
  mkdirSync(folder.at('w', 'sub'), { recursive: true })
  writeFileSync(folder.at('w', 'plain.txt'), 'plain')
  writeFileSync(folder.at('w', 'sub', 'a b.txt'), 'another')
  writeFileSync(folder.at('w', '.hidden'), 'hidden')
  writeFileSync(folder.at('w', 'slow.bin'), new Uint8Array(30_000))
  writeFileSync(folder.at('hook.mjs'), SCRIPT)
  const served = ['--read', folder.at('w'), '--write', folder.at('w'), '--script', folder.at('hook.mjs')]
  program = new RunningProgram(['serve', '--listen', '127.0.0.1:0', '--log', 'http@warning', ...served])
  const [, url = ''] = await program.printed('stdout', /^Serving (http:\S+)$/m)
  port = Number(new URL(url).port)
  // It takes the time limit, meanwhile others are answered.
  never = get('/never')
})
afterAll(async () => {
  await program.interrupt()
  folder.remove()
})

const get = (path: string, ...lines: string[]): Promise<RawReply> => askRaw(port, `GET ${path}`, lines)

describe('HS-79: a script that decides about requests', () => {
  it('answers itself, with bytes or in pieces', async () => {
    const tea = await get('/tea')
    expect([tea.status, tea.headers['x-tea'], tea.headers['content-length'], tea.body.toString()]).toEqual([
      418,
      'yes',
      '9',
      'no coffee',
    ])
    const echo = await get('/echo?a=1', 'User-Agent: me')
    const seen = { method: 'GET', path: '/echo', query: '?a=1', agent: 'me', peer: '127.0.0.1', user: null }
    expect(JSON.parse(echo.body.toString())).toEqual(seen)
    const stream = await get('/stream')
    expect([stream.body.toString(), stream.headers['transfer-encoding']]).toEqual(['one two 3', 'chunked'])
    expect((await askRaw(port, 'HEAD /tea')).status).toBe(418)
  })

  it('lets the server go on, with headers, or with another file below its folders', async () => {
    expect((await get('/plain.txt')).body.toString()).toBe('plain')
    const other = await get('/other')
    expect([other.status, other.body.toString(), other.headers['x-other']]).toEqual([200, 'another', '1'])
    for (const path of ['/out', '/link']) expect([path, (await get(path)).status]).toEqual([path, 404])
    expect((await askRaw(port, 'PUT /new.txt', ['Content-Length: 1'], 'x')).status).toBe(201)
    const refused = await askRaw(port, 'PUT /no', ['Content-Length: 1'], 'x')
    expect([refused.status, refused.body.toString()]).toEqual([403, 'not here'])
  })

  it.each(['/slow', '/slow.bin'])('paces a body: %s', async (path) => {
    const since = performance.now()
    const { body } = await get(path)
    // 30 000 bytes at 100 000 a second, of which the last piece waits for those before.
    expect([body.length, performance.now() - since > 200]).toEqual([30_000, true])
  })

  it('that fails costs its request only', async () => {
    for (const path of ['/throws', '/bad', '/badheader']) expect([path, (await get(path)).status]).toEqual([path, 500])
    await expect(get('/broken')).rejects.toThrow()
    expect((await get('/plain.txt')).status).toBe(200)
    await program.printed('stderr', /The script failed on GET \/throws: script trouble/)
    await program.printed('stderr', /99 is no status of a reply/)
    expect((await get('/late')).status).toBe(404)
    await program.printed('stderr', /failed outside of a request: Error: later/)
    await program.printed('stderr', /failed in the middle of a reply: in the middle/)
  })

  it('that gives no answer is answered for', async () => {
    expect((await never).status).toBe(500)
    await program.printed('stderr', /gave no answer within 5 s/)
  })

  it('is refused at the start where it cannot be used', async () => {
    writeFileSync(folder.at('none.mjs'), 'export const x = 1')
    writeFileSync(folder.at('syntax.mjs'), 'export {')
    for (const [name, words] of [
      ['none.mjs', 'it exports no function onRequest'],
      ['syntax.mjs', 'cannot be used: Unexpected'],
      ['missing.mjs', 'cannot be used: '],
    ] as const) {
      const args = ['serve', '--listen', '127.0.0.1:0', '--read', folder.at('w'), '--script', folder.at(name)]
      const { status, stderr } = await routescope(args)
      expect([status === 0, stderr]).toEqual([false, expect.stringContaining(words)])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })
})
