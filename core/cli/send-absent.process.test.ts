import { renameSync, writeFileSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { GrowingPresentation } from '../testing/live-presentation.ts'
import { RunningProgram, routescope, sha256, TestFolder, treeOf } from '../testing/program.ts'
import { keyPemOf, makeIdentity, pemOf, type TestIdentity } from '../testing/signing.ts'
import { type Answering, serveWell, TestServer } from '../testing/test-server.ts'

const folder = new TestFolder()
const servers: TestServer[] = []
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  for (const close of closers.splice(0)) await close()
})
afterAll(() => folder.remove())

/** The port on which a server begins to listen. */
function listening(server: Server): Promise<number> {
  closers.push(() => new Promise((resolve) => server.close(() => resolve())))
  return new Promise((resolve) => server.listen(0, 'localhost', () => resolve((server.address() as AddressInfo).port)))
}

const SEGMENT = new Uint8Array(20_000).fill(7)
const PLAYLIST = new TextEncoder().encode(
  '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.3,\na-1.ts\n#EXTINF:0.3,\na-2.ts\n#EXT-X-ENDLIST\n',
)

/** A server with a finished playlist, that answers otherwise at first. */
async function origin(answer: Answering): Promise<TestServer> {
  const server = await TestServer.open({ '/l.m3u8': PLAYLIST, '/a-1.ts': SEGMENT, '/a-2.ts': SEGMENT })
  servers.push(server)
  server.answer = answer
  return server
}

const lies: Answering = (_, response) => void response.writeHead(200).end('<html>Sign in</html>')
const holds: Answering = () => undefined
const refuses: Answering = (_, response) => void response.writeHead(403).end()

describe('an origin that is of no use when its broadcast starts', () => {
  it.each([
    ['atsc', 'atsc://239.255.24.1:6000', lies, /is neither an MPD nor a playlist\./],
    ['mabr', 'mabr://239.255.24.2:6000', refuses, /could not be fetched: it answered 403\./],
    ['held', 'atsc://239.255.24.3:6000', holds, /"http:\S+\/l\.m3u8" has not come yet\./],
  ] as const)('is named, and its service joins the others when it comes: %s', async (name, url, answer, why) => {
    const server = await origin(answer)
    const other = new GrowingPresentation('number', { segmentMs: 300 })
    const manifest = folder.at(`${name}.mpd`)
    const write = (): void => {
      for (const [file, bytes] of other.files) writeFileSync(folder.at(file), bytes)
      writeFileSync(`${manifest}.tmp`, other.manifest)
      renameSync(`${manifest}.tmp`, manifest)
    }
    write()
    const capture = folder.at(`${name}.pcapng`)
    const send = new RunningProgram(['send', `${server.url}l.m3u8`, manifest, url, '--capture-out', capture])
    const [first] = await send.printed('stderr', /routescope: "http.*\n/)
    expect(first).toMatch(why)
    expect(first).toContain(' The other services are sent without it.')
    server.answer = serveWell
    await send.printed('stderr', /"http:\S+\/l\.m3u8" has come: service 1 is on air from now on\./)
    other.grow()
    other.end()
    write()
    expect((await send.ended).status).toBe(0)
    const out = folder.at(name)
    await routescope(['receive', '--capture', capture, '--services', 'all', '--out', out])
    const digests = treeOf(out).map(({ sha256: digest }) => digest)
    for (const bytes of [SEGMENT, ...other.files.values()]) expect(digests).toContain(sha256(bytes))
    expect(treeOf(out).filter(({ path }) => /\ba-\d\.ts$/.test(path))).toHaveLength(2)
  })

  it('is named by the fault of its certificate or its handshake, and what is without fault is sent', async () => {
    const localhost = makeIdentity('localhost')
    const other = makeIdentity('other.example')
    const expired = makeIdentity('localhost', null, { validTo: '2021-01-01T00:00:00Z' })
    writeFileSync(folder.at('trusted.pem'), pemOf(localhost, other, expired))
    const films = new Map([
      ['/l.m3u8', PLAYLIST],
      ['/a-1.ts', SEGMENT],
      ['/a-2.ts', SEGMENT],
    ])
    const secure = (identity: TestIdentity) =>
      listening(
        createSecureServer({ key: keyPemOf(identity), cert: pemOf(identity) }, ({ url = '' }, response) => {
          response.end(films.get(url))
        }),
      )
    const cut = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const plain = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const all = [secure(localhost), secure(makeIdentity('localhost')), secure(expired), secure(other), listening(cut)]
    const ports = await Promise.all([...all, listening(plain)])
    const inputs = ports.map((port) => `https://localhost:${port}/l.m3u8`)
    const capture = folder.at('secure.pcapng')
    const send = new RunningProgram(['send', ...inputs, 'atsc://239.255.24.4:6000', '--capture-out', capture], {
      env: { NODE_EXTRA_CA_CERTS: folder.at('trusted.pem') },
    })
    const { stderr } = await send.ended
    const told = [...stderr.matchAll(/Service (\d) was never on air: "\S+" could not be fetched: (.*?)\. Check/g)]
    expect(told.map(([, service, why]) => `${service}: ${why?.replace(/\(\w+\)$/, '')}`)).toEqual([
      '2: its certificate is self-signed, so nothing is taken from it',
      '3: its certificate has expired, so nothing is taken from it',
      '4: its certificate is that of another server, so nothing is taken from it',
      '5: it cut the connection ',
      '6: no secure connection to it comes about ',
    ])
    expect(stderr).toMatch(/\nSent \d+ packets, 2 objects\.\n$/)
  })

  it('is told at the end as well where it never comes; without others it ends the broadcast at once', async () => {
    const server = await origin(lies)
    writeFileSync(folder.at('guide.bin'), SEGMENT)
    const args = (...inputs: string[]): string[] => ['send', ...inputs, 'atsc://239.255.24.1:6000', '--capture-out']
    const two = await routescope([...args(folder.at('guide.bin'), `${server.url}l.m3u8`), folder.at('two.pcapng')])
    expect(two.stderr).toMatch(
      /\nroutescope: Service 2 was never on air: "http:\S+" is neither an MPD nor a playlist\./,
    )
    expect(two.stderr).toMatch(/\nSent \d+ packets, 1 objects\.\n$/)
    expect(two.status).toBe(1)
    const one = await routescope([...args(`${server.url}l.m3u8`), folder.at('one.pcapng')])
    expect(one).toMatchObject({ status: 1, stdout: '' })
    expect(one.stderr).toMatch(/^routescope: "http:\S+" is neither an MPD nor a playlist\. Give the address .*\n$/)
  })
})
