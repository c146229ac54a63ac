import { renameSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { GrowingPresentation } from '../testing/live-presentation.ts'
import { RunningProgram, routescope, sha256, TestFolder, treeOf } from '../testing/program.ts'
import { type Answering, serveWell, TestServer } from '../testing/test-server.ts'

const folder = new TestFolder()
const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})
afterAll(() => folder.remove())

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
