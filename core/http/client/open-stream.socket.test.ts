import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { TestServer } from '../../testing/test-server.ts'
import { type HttpStream, openStream } from './open-stream.ts'

const servers: TestServer[] = []
const streams: HttpStream[] = []
async function serve(answer: TestServer['answer']): Promise<TestServer> {
  const server = await TestServer.open()
  server.answer = answer
  servers.push(server)
  return server
}
async function opened(...parameters: Parameters<typeof openStream>): Promise<HttpStream> {
  const stream = await openStream(...parameters)
  streams.push(stream)
  return stream
}
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close()
  for (const server of servers.splice(0)) await server.close()
})

const authority = (server: TestServer): string => new URL(server.url).host

describe('an endless body', () => {
  test('is read chunk by chunk while it is sent, and ends with it', async () => {
    let response: ServerResponse | null = null
    const server = await serve((_, one) => {
      response = one.writeHead(200, { 'Content-Type': 'application/x-pcap' })
      one.write('one')
    })
    const stream = await opened(server.url)
    expect(stream.head).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/x-pcap' },
      url: server.url,
    })
    const reader = stream.chunks[Symbol.asyncIterator]()
    for (const text of ['one', 'two', 'three']) {
      expect(String(Buffer.from((await reader.next()).value))).toBe(text)
      const next = text === 'one' ? 'two' : 'three'
      if (text !== 'three') (response as ServerResponse | null)?.write(next)
    }
    ;(response as ServerResponse | null)?.end()
    expect(await reader.next()).toEqual({ done: true, value: undefined })
  })

  test('is not received faster than it is read', async () => {
    const chunk = new Uint8Array(1 << 20)
    let sent = 0
    let response: ServerResponse | null = null
    const server = await serve((_, one) => {
      response = one
      const more = (): void => {
        while (sent < 64) {
          sent++
          if (one.write(chunk)) continue
          one.once('drain', more)
          return
        }
        one.end()
      }
      more()
    })
    const stream = await opened(server.url)
    const reader = stream.chunks[Symbol.asyncIterator]()
    let bytes = ((await reader.next()).value as Uint8Array).length
    // The sockets are full when nothing more was written over many turns of the event loop.
    for (let still = 0, before = 0; still < 200; still = sent === before ? still + 1 : 0) {
      before = sent
      await new Promise(setImmediate)
    }
    expect(sent).toBeLessThan(64)
    expect((response as ServerResponse | null)?.writableFinished).toBe(false)
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) bytes += next.value.length
    expect(bytes).toBe(64 << 20)
  })

  test('closes the connection when the reader stops', async () => {
    const closed = new Promise<void>((resolve) => {
      void serve((_, response) => {
        response.on('close', () => resolve())
        response.write('x')
      }).then(async (server) => {
        for await (const bytes of (await opened(server.url)).chunks) {
          expect(bytes.length).toBe(1)
          break
        }
      })
    })
    await closed
  })

  test('fails when it breaks off, stalls or is aborted, after all received bytes', async () => {
    const breaking = await serve((_, response) => void response.write('abc', () => response.destroy()))
    const read = async (stream: HttpStream): Promise<string> => {
      let text = ''
      try {
        for await (const bytes of stream.chunks) text += Buffer.from(bytes).toString()
      } catch (error) {
        return `${text} ${(error as { kind: string }).kind}: ${(error as Error).message}`
      }
      return text
    }
    expect(await read(await opened(breaking.url))).toBe('abc broken: the connection broke')
    const quiet = await serve((_, response) => void response.write('abc'))
    expect(await read(await opened(quiet.url, { stallMs: 50 }))).toBe('abc stalled: it stopped sending')
    const abort = new AbortController()
    const stream = await opened(quiet.url, { signal: abort.signal })
    setImmediate(() => abort.abort())
    expect(await read(stream)).toMatch(/aborted: it was cancelled$/)
  })
})

describe('an unavailable stream', () => {
  const failure = async (url: string, options: Parameters<typeof openStream>[1] = {}): Promise<unknown> =>
    openStream(url, options).then(
      (stream) => stream.close(),
      ({ kind, message }: { kind: string; message: string }) => `${kind}: ${message}`,
    )

  test('fails with a message', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/silent') return
      if (request.url === '/reset') response.destroy()
      else response.writeHead(Number(request.url?.slice(1))).end('no')
    })
    expect(await failure(`${server.url}404`)).toBe('status: it answered 404')
    expect(await failure(`${server.url}401`)).toBe('status: it asks for a user name and password (401)')
    expect(await failure(`http://a:b@${authority(server)}/401`)).toBe(
      'status: it does not accept the user name and password (401)',
    )
    expect(await failure(`${server.url}silent`, { answerMs: 50 })).toBe('no-answer: no answer in time')
    expect(await failure(`${server.url}reset`)).toBe('broken: the connection broke')
    expect(await failure('ftp://x/')).toBe('address: its address is no http address')
    expect(await failure('http://x y/')).toBe('address: its address is no http address')
    const { url } = server
    await server.close()
    expect(await failure(url)).toBe('unreachable: nothing listens on this port (ECONNREFUSED)')
    expect(await failure(url, { signal: AbortSignal.abort() })).toBe('aborted: it was cancelled')
  })

  test('is no HTTP', async () => {
    const server = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-OpenSSH\r\n'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(await failure(`http://127.0.0.1:${port}/`)).toBe('no-answer: its answer is not HTTP')
    await new Promise((resolve) => server.close(resolve))
  })

  test('has an untrusted certificate', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'routescope-certificate-'))
    const file = join(folder, 'both.pem')
    const asked = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ${file} -out ${file}.crt`
    if (spawnSync('openssl', asked.split(' ')).status !== 0) context.skip('openssl is not installed')
    const secure = createSecureServer({ key: readFileSync(file), cert: readFileSync(`${file}.crt`) })
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    const url = `https://user:secret@127.0.0.1:${(secure.address() as AddressInfo).port}/`
    expect(await failure(url)).toBe('certificate: its certificate is self-signed, so nothing is taken from it')
    await new Promise<void>((resolve) => secure.close(() => resolve()))
    rmSync(folder, { recursive: true })
  })
})

describe('redirects and credentials', () => {
  test('are followed as far as allowed, and the answer names its URL', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url?.slice(1))
      if (left > 0) response.writeHead(302, { Location: `/${left - 1}` }).end('moved')
      else response.end('here')
    })
    const stream = await opened(`${server.url}3`, { maxRedirects: 3 })
    expect(stream.head.url).toBe(`${server.url}0`)
    const message = 'more than 2 redirects'
    await expect(openStream(`${server.url}3`, { maxRedirects: 2 })).rejects.toMatchObject({ kind: 'redirect', message })
    await expect(openStream(`${server.url}3`, { maxRedirects: 0 })).rejects.toMatchObject({ message: 'a redirect' })
  })

  test('of the URL are sent to its own origin only, and never shown', async () => {
    const seen: (string | undefined)[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization, request.headers.cookie, request.headers.range)
      response.end('x')
    })
    const first = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(307, { Location: other.url }).end()
    })
    const headers = { Cookie: 'c=1', Range: 'bytes=0-' }
    const stream = await opened(`http://us%40er:p%3Aw@${authority(first)}/`, { headers })
    expect(seen).toEqual([`Basic ${Buffer.from('us@er:p:w').toString('base64')}`, undefined, undefined, 'bytes=0-'])
    expect(stream.head.url).toBe(other.url)
    expect(withoutCredentials('http://u:p@host:5004/a?b=c@d')).toBe('http://host:5004/a?b=c@d')
    expect(withoutCredentials('http://host/a@b')).toBe('http://host/a@b')
  })
})
