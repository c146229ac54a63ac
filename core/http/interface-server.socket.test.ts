import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { basename, dirname } from 'node:path'
import { decode, encode } from '@msgpack/msgpack'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { TestFolder } from '../testing/program.ts'
import { type BrowserWire, InterfaceServer } from './interface-server.ts'

let folder: TestFolder
let server: InterfaceServer
let address: URL
let wires: BrowserWire[]

beforeEach(async () => {
  folder = new TestFolder()
  mkdirSync(folder.at('page'))
  writeFileSync(folder.at('page', 'index.html'), '<title>Routescope</title>')
  writeFileSync(folder.at('secret'), 'not part of the page')
  wires = []
  server = new InterfaceServer({
    host: '127.0.0.1',
    port: 0,
    contentOrigin: 'http://127.0.0.1:40123',
    pageDir: folder.at('page'),
    uploadDir: folder.at('uploads'),
    onWindow: (wire) => {
      wires.push(wire)
    },
  })
  address = new URL((await server.open()).address)
})
afterEach(async () => {
  await server.close()
  folder.remove()
})

type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }

/** A request with any header and any path, as no browser would send it. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: address.port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          })
        })
      },
    )
    asked.on('error', reject)
    asked.end(options.body)
  })
}

/** @returns the open socket, or the status it was refused with */
function connect(path: string, headers: Record<string, string> = {}): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${address.port}${path}`, { headers })
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    socket.on('error', (error) => reject(error))
  })
}

describe('the page', () => {
  it('is served with headers that isolate it', async () => {
    const { status, headers, body } = await ask(`/${address.search}`)
    expect(status).toBe(200)
    expect(body).toContain('Routescope')
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    const { host, port } = address
    expect(String(headers['content-security-policy']).split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        'media-src blob: data: http://127.0.0.1:40123',
        `connect-src 'self' blob: ws://${host} ws://localhost:${port} http://127.0.0.1:40123`,
      ]),
    )
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it('serves nothing outside its folder', async () => {
    for (const path of [
      '/../secret',
      '/%2e%2e/secret',
      '/..%2fsecret',
      '/..\\secret',
      '//secret',
      '/nothing',
      '/%00',
      '/%',
      '/%ff',
    ]) {
      const { status, body } = await ask(path)
      expect(status, path).toBeGreaterThanOrEqual(400)
      expect(body, path).not.toContain('not part')
    }
  })

  it('is not served under another host name, which a page of another site could choose', async () => {
    for (const host of ['evil.example', `evil.example:${1234}`, '127.0.0.1.evil.example', '10.0.0.1']) {
      expect((await ask('/', { headers: { host } })).status, host).toBe(421)
    }
    for (const host of [`localhost:${address.port}`, `127.0.0.1:${address.port}`, '[::1]:80']) {
      expect((await ask(`/${address.search}`, { headers: { host } })).status, host).toBe(200)
    }
  })

  it('refuses an address without its token, or with an old one', async () => {
    for (const path of ['/', '/index.html', '/?token=old', '/index.html?token=']) {
      const { status, body } = await ask(path)
      expect(status, path).toBe(403)
      expect(body, path).toContain('open the address that was printed')
    }
  })
})

describe('/engine', () => {
  it('needs the token and a local name', async () => {
    for (const path of [
      '/engine',
      '/engine?token=',
      `/engine?token=${'x'.repeat(24)}`,
      `/other${address.search}`,
      '/engine?token=%ff',
      '//',
    ]) {
      expect(await connect(path), path).toBe(403)
    }
    expect(await connect(`/engine${address.search}`, { host: 'evil.example' })).toBe(403)
    expect(wires).toEqual([])
  })

  it('carries any message of the contract there and back', async () => {
    const socket = (await connect(`/engine${address.search}`)) as WebSocket
    const [wire] = wires
    const heard = new Promise((resolve) => wire?.onMessage(resolve))
    const request = {
      id: 1,
      command: 'objectBytes',
      args: ['s1', 2 ** 40, -1, 0.5, null, 'ü', [], {}],
    }
    socket.send(encode(request))
    expect(await heard).toEqual(request)

    const answer = new Promise<unknown>((resolve) =>
      socket.once('message', (data) => resolve(decode(Uint8Array.from(data as Buffer)))),
    )
    const rows = new Uint8Array(200_000).fill(7)
    wire?.post({ event: 'objects', data: { sessionId: 's1', rows, total: 5, gone: undefined } })
    expect(await answer).toEqual({ event: 'objects', data: { sessionId: 's1', rows, total: 5 } })

    const closed = new Promise<void>((resolve) => wire?.onClose(resolve))
    socket.close()
    await closed
    // Posting to a closed window is no error.
    wire?.post({ event: 'log', data: [] })
  })

  it('closes a window that does not speak MessagePack, and serves the others', async () => {
    const socket = (await connect(`/engine${address.search}`)) as WebSocket
    wires[0]?.onMessage(() => undefined)
    const code = new Promise((resolve) => socket.on('close', resolve))
    socket.send(new Uint8Array([0xc1]))
    expect(await code).toBe(1003)
    const next = (await connect(`/engine${address.search}`)) as WebSocket
    expect(next.readyState).toBe(WebSocket.OPEN)
    next.terminate()
  })
})

describe('/upload', () => {
  const upload = (name: string, body: Uint8Array = new Uint8Array([1, 2, 3])): Promise<Answer> =>
    ask(`/upload${address.search}&name=${encodeURIComponent(name)}`, { method: 'POST', body })

  it('needs the token, a local name and POST', async () => {
    expect((await ask('/upload?name=x', { method: 'POST', body: new Uint8Array(9) })).status).toBe(403)
    expect((await ask(`/upload${address.search}`)).status).toBe(405)
    const headers = { host: 'evil.example' }
    expect((await ask(`/upload${address.search}`, { method: 'POST', headers })).status).toBe(421)
    expect(existsSync(folder.at('uploads'))).toBe(false)
  })

  it('stores the file in its folder and answers with the path', async () => {
    const bytes = new Uint8Array(3_000_000).fill(9)
    const { status, body } = await upload('air.pcap', bytes)
    expect(status).toBe(200)
    const { path } = JSON.parse(body)
    expect(basename(path)).toBe('air.pcap')
    expect(readFileSync(path).equals(bytes)).toBe(true)
    // The same name again is another file.
    expect(JSON.parse((await upload('air.pcap')).body).path).not.toBe(path)
  })

  it('gives every name a safe one in a folder of its own', async () => {
    const names = [
      '../../x',
      '/etc/passwd',
      'C:\\x',
      'a\0b',
      'x'.repeat(5000),
      '..',
      '.',
      '',
      '\u202egnp',
      'a/../..',
      'CON',
      '%2e%2e',
    ]
    const before = readdirSync(folder.path).sort()
    for (const name of names) {
      const { status, body } = await upload(name)
      expect(status, name).toBe(200)
      const { path } = JSON.parse(body)
      expect(dirname(dirname(path)), name).toBe(folder.at('uploads'))
      expect(basename(path), name).toMatch(/^[\w.%-]{1,130}$/)
      expect(readFileSync(path), name).toHaveLength(3)
    }
    expect(readdirSync(folder.path).sort()).toEqual([...before, 'uploads'].sort())
    expect(readdirSync(folder.at('uploads'))).toHaveLength(names.length)
  })

  it('reports a file that cannot be stored', async () => {
    writeFileSync(folder.at('uploads'), 'in the way')
    const { status, body } = await upload('air.pcap')
    expect(status).toBe(507)
    expect(body).toMatch(/^The capture could not be stored: .*ENOTDIR|EEXIST/)
  })

  it('leaves nothing of an upload that broke off', async () => {
    const asked = request({
      host: '127.0.0.1',
      port: address.port,
      path: `/upload${address.search}&name=half.pcap`,
      method: 'POST',
      headers: { 'content-length': '1000000' },
    })
    asked.on('error', () => undefined)
    asked.write(new Uint8Array(1000))
    await vi.waitFor(() => expect(existsSync(folder.at('uploads', '1', 'half.pcap'))).toBe(true))
    asked.destroy()
    await vi.waitFor(() => expect(readdirSync(folder.at('uploads'))).toEqual([]))
  })
})

describe('opening', () => {
  it('reports a port in use', async () => {
    const other = createServer()
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening))
    const { port } = other.address() as { port: number }
    const options = {
      host: '127.0.0.1',
      port,
      contentOrigin: '',
      pageDir: folder.at('page'),
      uploadDir: '',
      onWindow: () => undefined,
    }
    const message = expect.stringContaining(String(port))
    await expect(new InterfaceServer(options).open()).rejects.toMatchObject({ error: { code: 'port-in-use', message } })
    await new Promise((closed) => other.close(closed))
  })
})
