import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { GrowingPresentation, LiveOrigin } from '../testing/live-presentation.ts'
import { RunningProgram, routescope, sha256, TestFolder, treeOf } from '../testing/program.ts'
import type { Answering } from '../testing/test-server.ts'

const folder = new TestFolder()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
afterAll(() => folder.remove())

const gone: Answering = (_, response) => void response.writeHead(410).end()

/** The media of a capture of a broadcast, and of a presentation, by name and digest. */
async function received(capture: string): Promise<object[]> {
  const out = `${capture}-files`
  await routescope(['receive', '--capture', capture, '--out', out])
  return treeOf(join(out, 'service1')).filter(({ path }) => !path.endsWith('.mpd'))
}
const made = ({ files }: GrowingPresentation, without: readonly string[] = []): object[] =>
  [...files]
    .filter(([name]) => !without.includes(name))
    .map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256(bytes) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))

describe('send of a live presentation', () => {
  it('follows a server until the presentation ends, and says what never came', async () => {
    const presentation = new GrowingPresentation('number', { segmentMs: 300 })
    const origin = await LiveOrigin.open(presentation, 5)
    open.push(origin)
    origin.faults.set('v-003.m4s', [gone])
    const file = folder.at('server.pcapng')
    const url = 'route://239.255.1.1:6000'
    const { status, stderr } = await routescope(['send', origin.manifestUrl, url, '--capture-out', file])
    expect(stderr).toMatch(
      /^routescope: Segment 3 of "v" was not sent: "http:\S+v-003\.m4s" did not come, it answered 410\. Check .*\nSent \d+ packets, 9 objects\.\n$/,
    )
    expect(status).toBe(1)
    expect(await received(file)).toEqual(made(presentation, ['v-003.m4s']))
  })

  it('fetches what two of its services want from one server once, and sends both whole', async () => {
    const presentation = new GrowingPresentation('number', { segmentMs: 300 })
    const origin = await LiveOrigin.open(presentation, 4)
    open.push(origin)
    const file = folder.at('twice.pcapng')
    const url = origin.manifestUrl
    const { status } = await routescope(['send', url, url, 'atsc://239.255.1.9:6000', '--capture-out', file])
    expect(status).toBe(0)
    const out = folder.at('twice')
    await routescope(['receive', '--capture', file, '--services', 'all', '--out', out])
    const names = [...presentation.files.keys()]
    for (const name of names) {
      const copies = treeOf(out).filter(({ path }) => path.endsWith(`/${name}`))
      expect([name, copies.map(({ sha256: digest }) => digest)]).toEqual([
        name,
        Array(2).fill(sha256(presentation.files.get(name) ?? new Uint8Array())),
      ])
    }
    const { seen } = origin.server
    expect(names.map((name) => seen.filter(({ path }) => path === `/live/${name}`).length)).toEqual(names.map(() => 1))
  })

  it('follows a folder that another program writes, until it is stopped', async () => {
    const presentation = new GrowingPresentation('time', { segmentMs: 300 })
    const write = (): void => {
      for (const [name, bytes] of presentation.files) writeFileSync(folder.at(name), bytes)
      writeFileSync(folder.at('live.mpd.tmp'), presentation.manifest)
      renameSync(folder.at('live.mpd.tmp'), folder.at('live.mpd'))
    }
    write()
    const file = folder.at('folder.pcapng')
    const args = ['send', folder.at('live.mpd'), 'route://239.255.77.94:6000', '--capture-out', file, '--json']
    const program = new RunningProgram([...args, '--log', 'send@info'])
    await program.printed('stderr', /Sending /)
    presentation.grow()
    write()
    presentation.end()
    write()
    const { status } = await program.ended
    expect(status).toBe(0)
    expect(await received(file)).toEqual(made(presentation))
  })

  it('follows a playlist that another program writes, until it ends', async () => {
    const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:1']
    let count = 0
    const content = (number: number): string => `content of ${number}`
    const write = (...end: string[]): void => {
      if (end.length === 0) {
        count++
        writeFileSync(folder.at(`s-${count}.ts`), content(count))
        lines.push('#EXTINF:0.3,', `s-${count}.ts`)
      }
      writeFileSync(folder.at('hls.m3u8.tmp'), [...lines, ...end].join('\n'))
      renameSync(folder.at('hls.m3u8.tmp'), folder.at('hls.m3u8'))
    }
    write()
    const file = folder.at('hls.pcapng')
    const args = ['send', folder.at('hls.m3u8'), 'route://239.255.77.95:6000', '--capture-out', file, '--json']
    const program = new RunningProgram([...args, '--log', 'send@info'])
    await program.printed('stderr', /Sending /)
    write()
    write('#EXT-X-ENDLIST')
    expect((await program.ended).status).toBe(0)
    const out = `${file}-files`
    await routescope(['receive', '--capture', file, '--out', out])
    const text = (name: string): string => readFileSync(join(out, 'service1', name), 'utf8')
    expect(text('hls.m3u8')).toBe(
      '#EXTM3U\n#EXT-X-VERSION:1\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:0.3,\ns-1.ts\n#EXTINF:0.3,\ns-2.ts\n#EXT-X-ENDLIST\n',
    )
    expect([text('s-1.ts'), text('s-2.ts')]).toEqual([content(1), content(2)])
  })
})
