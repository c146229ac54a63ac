import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture, twoServicesFixture } from '../testing/make-fixtures.ts'
import { RunningProgram, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { type Upload, UploadServer } from '../testing/upload-server.ts'

const folder = new TestFolder()
const servers: UploadServer[] = []
const capture = folder.at('demo.pcap')
beforeAll(async () => {
  writeFileSync(capture, pcapOf(await routeFixture()))
})
afterAll(async () => {
  for (const server of servers) await server.close()
  folder.remove()
})

/** The demo's MPD, its initialisation segments and segments. */
const demo = readdirSync(DEMO_FOLDER).filter((name) =>
  /^(?:manifest\.mpd|(?:audio|video)-\w+\.(?:m4s|mp4))$/.test(name),
)
const demoFile = (name: string): Buffer => readFileSync(join(DEMO_FOLDER, name))

async function uploadServer(answer?: (upload: Upload, before: number) => number): Promise<UploadServer> {
  const server = await new UploadServer(answer).open()
  servers.push(server)
  return server
}

const receive = (...args: string[]) => routescope(['receive', '--capture', capture, ...args])

describe('received files on other servers', () => {
  it('has the same files as --out, in any number of places at once', async () => {
    mkdirSync(folder.at('up'))
    const serving = new RunningProgram(['serve', '--listen', '127.0.0.1:0', '--write', folder.at('up')])
    const [, url = ''] = await serving.printed('stdout', /^Serving (http:\S+)$/m)
    const places = ['--push', `${url}/live/`, '--push', `${url}/one/watch%20me.mpd`]
    const { status, stderr } = await receive('--out', folder.at('out'), ...places)
    await serving.interrupt()
    expect(status).toBe(0)
    const whole = treeOf(folder.at('out', 'service1'))
    expect(treeOf(folder.at('up', 'live', 'service1'))).toEqual(whole)
    const renamed = whole.map((file) => (file.path === 'manifest.mpd' ? { ...file, path: 'watch me.mpd' } : file))
    expect(treeOf(folder.at('up', 'one'))).toEqual(expect.arrayContaining(renamed))
    const bytes = whole.reduce((sum, { size }) => sum + size, 0)
    for (const place of ['live', 'one'])
      expect(stderr).toContain(`Pushed ${whole.length} files, ${bytes} bytes, to ${url}/${place}/.\n`)
  })

  it('says what it sends, with credentials that no message shows', async () => {
    const server = await uploadServer()
    const url = `http://me:secret@${server.host}/in`
    const { status, stderr } = await receive('--push', url, '--push-post', '--push-whole', '--push-header', 'X-Run,7')
    expect({ status, secret: stderr.includes('secret') }).toEqual({ status: 0, secret: false })
    expect(server.uploads.map(({ path }) => path).sort()).toEqual(demo.map((name) => `/in/service1/${name}`).sort())
    for (const { method, path, headers, body } of server.uploads) {
      const name = path.slice('/in/service1/'.length)
      expect(method).toBe('POST')
      expect(headers).toMatchObject({
        'content-length': String(body.length),
        authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
        'x-run': '7',
        'content-type':
          name === 'manifest.mpd' ? 'application/dash+xml' : expect.stringMatching(/^(?:audio|video)\/mp4$/),
      })
      if (name !== 'manifest.mpd') expect(body.equals(demoFile(name))).toBe(true)
    }
  })

  it('sends again what a server could not take, and what is refused costs only itself', async () => {
    const tired = await uploadServer(({ path }, before) => (path.includes('init') && before < 2 ? 503 : 201))
    const strict = await uploadServer(({ path }) => (path.includes('video-3') ? 403 : 201))
    const { status, stderr } = await receive('--push', `http://${tired.host}/`, '--push', `http://${strict.host}/`)
    expect(stderr).toContain(`Pushed ${demo.length} files, `)
    expect(stderr).toMatch(
      new RegExp(`Pushed ${demo.length - 1} files, \\d+ bytes, to http://${strict.host}/; 1 failed\\.`),
    )
    expect(stderr).toContain(`Some files were not pushed to http://${strict.host}/: it answered 403. `)
    expect(status).toBe(1)
    expect(tired.uploads).toHaveLength(demo.length + 2 * demo.filter((name) => name.includes('init')).length)
  })

  it('gives up a server that is gone, once for all files', async () => {
    const gone = await uploadServer()
    const address = `http://${gone.host}/`
    await gone.close()
    servers.pop()
    const { status, stderr } = await receive('--out', folder.at('kept'), '--push', address, '--push-timeout', '500ms')
    expect(stderr).toContain(`Some files were not pushed to ${address}: nothing listens on this port (ECONNREFUSED). `)
    expect(stderr).toContain(`Pushed 0 files, 0 bytes, to ${address}; ${demo.length} failed.`)
    expect(status).toBe(1)
    expect(treeOf(folder.at('kept'))).toHaveLength(demo.length)
  })

  it('HS-76: ends at the first failure where it is told so', async () => {
    const server = await uploadServer(({ path }) => (path.includes('video-1') ? 500 : 201))
    const address = `http://${server.host}/`
    const { status, stderr } = await receive('--pace', 'real', '--push', address, '--push-or-end')
    expect(stderr).toContain(`Some files were not pushed to ${address}: it answered 500. `)
    expect(status).toBe(1)
    expect(server.uploads.some(({ path }) => path.includes('video-3'))).toBe(false)
  })

  it('has no more connections than it is told, and then sends what finds none free once it is whole', async () => {
    const server = await uploadServer()
    const { status } = await receive('--push', `http://${server.host}/`, '--push-connections', '1')
    expect([status, server.mostAtOnce, server.uploads.length]).toEqual([0, 1, demo.length])
    for (const { headers, body } of server.uploads) expect(headers['content-length']).toBe(String(body.length))
  })

  it('removes segments that are no longer kept', async () => {
    const server = await uploadServer()
    const { status } = await receive('--push', `http://${server.host}/`, '--push-segments', '2')
    expect(status).toBe(0)
    const there = new Set<string>()
    for (const { method, path } of server.uploads) {
      if (method === 'DELETE') there.delete(path)
      else there.add(path)
    }
    const kept = demo.filter((name) => !/-\d+\.m4s$/.test(name) || /-1[12]\.m4s$/.test(name))
    expect([...there].sort()).toEqual(kept.map((name) => `/service1/${name}`).sort())
  })

  it('says which services an address of one manifest leaves out', async () => {
    const server = await uploadServer()
    writeFileSync(folder.at('two.pcap'), pcapOf(await twoServicesFixture()))
    const two = ['receive', '--capture', folder.at('two.pcap'), '--services', 'all']
    const { status, stderr } = await routescope([...two, '--push', `http://${server.host}/one/live.mpd`])
    expect(status).toBe(0)
    expect(stderr).toMatch(new RegExp(`^routescope: Service \\d+ is not pushed to http://${server.host}/one/, `, 'm'))
    expect(server.uploads.filter(({ path }) => path === '/one/live.mpd')).toHaveLength(1)
  })

  it('pushes a presentation that is not received: send INPUT http://…', async () => {
    const server = await uploadServer()
    const manifest = join(DEMO_FOLDER, 'manifest.mpd')
    const { status, stderr } = await routescope(['send', manifest, `http://${server.host}/up/watch.mpd`, '--push-post'])
    expect([status, stderr]).toEqual([
      0,
      `Pushed ${demo.length} files, ${server.uploads.reduce((sum, { body }) => sum + body.length, 0)} bytes, to http://${server.host}/up/.\n`,
    ])
    const names = demo.map((name) => (name === 'manifest.mpd' ? 'watch.mpd' : name))
    expect(server.uploads.map(({ path }) => path).sort()).toEqual(names.map((name) => `/up/${name}`).sort())
    for (const { method, path, body } of server.uploads) {
      const name = path.replace('/up/', '').replace('watch', 'manifest')
      expect([method, name, body.equals(demoFile(name))]).toEqual(['POST', name, true])
    }
    const wrong = await routescope(['send', manifest, `http://${server.host}/`, '--capture-out', folder.at('x.pcapng')])
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('which files are pushed to. Leave out')])
  })

  it('refuses what is no place to push to in one sentence', async () => {
    for (const url of ['http://127.0.0.1:1/x?y', 'http://127.0.0.1:1/x#y']) {
      const { status, stderr } = await receive('--push', url)
      expect([status, stderr.split('\n').length]).toEqual([2, 2])
      expect(stderr).toContain(`${url} is no address to push to.`)
    }
  })
})
