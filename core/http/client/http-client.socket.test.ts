import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { TestServer } from '../../testing/test-server.ts'
import { HttpClient, type ResponseHead } from './http-client.ts'
import type { HttpFailure } from './http-failure.ts'

const servers: { close(): Promise<unknown> }[] = []
let client = new HttpClient()
afterEach(async () => {
  await client.close()
  client = new HttpClient()
  for (const server of servers.splice(0)) await server.close()
})

type Got = { readonly head: ResponseHead | null; readonly text: string; readonly failure: HttpFailure | null }
function get(url: string, headers: Record<string, string> = {}): Promise<Got> {
  return new Promise((resolve) => {
    let head: ResponseHead | null = null
    let text = ''
    client.get(
      url,
      { headers, answerMs: 20_000, idleMs: null, maxRedirects: 5 },
      {
        head: (one) => {
          head = one
        },
        chunk: (bytes) => {
          text += Buffer.from(bytes).toString()
          return true
        },
        end: (failure) => resolve({ head, text, failure }),
      },
    )
  })
}

/** A server that answers by `script`, with the number of connection and request, from 0. */
async function scripted(script: (socket: Socket, connection: number, request: number) => void): Promise<string> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const connection = connections++
    let requests = 0
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => script(socket, connection, requests++))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const reply = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`

describe('pooled connections', () => {
  test('are used again, redirects too', async () => {
    const server = await TestServer.open()
    servers.push(server)
    const ports = new Set<number | undefined>()
    server.answer = (request, response) => {
      ports.add(request.socket.remotePort)
      if (request.url === '/moved') response.writeHead(301, { Location: '/' }).end('moved')
      else response.end('here')
    }
    for (const path of ['', 'moved', ''])
      expect(await get(`${server.url}${path}`)).toMatchObject({ text: 'here', failure: null })
    expect(ports.size).toBe(1)
  })

  test('that the server closed before they were reused are no answer: the request is repeated once', async () => {
    const url = await scripted((socket, connection, request) => {
      if (request === 0) socket.write(reply(`connection ${connection}`))
      else socket.destroy()
    })
    expect(await get(url)).toMatchObject({ text: 'connection 0' })
    expect(await get(url)).toMatchObject({ text: 'connection 1', failure: null })
  })

  test('but a server that always breaks off gets two requests at most', async () => {
    let asked = 0
    const url = await scripted((socket, connection) => {
      if (connection === 0 && asked++ === 0) socket.write(reply('once'))
      else {
        asked++
        socket.destroy()
      }
    })
    await get(url)
    const before = asked
    expect(await get(url)).toMatchObject({ head: null, failure: { kind: 'broken' } })
    expect(asked - before).toBeLessThanOrEqual(3)
  })
})

describe('an answer', () => {
  test('may have no length and end with the connection', async () => {
    const url = await scripted((socket) => socket.end('HTTP/1.0 200 OK\r\nServer: x\r\n\r\nall of it'))
    expect(await get(url)).toMatchObject({ text: 'all of it', failure: null })
  })

  test('that is cut short is broken, after the received bytes', async () => {
    const url = await scripted((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome'))
    expect(await get(url)).toMatchObject({ text: 'some', failure: { kind: 'broken', message: 'the connection broke' } })
  })

  test('has a head of bounded length, in which a repeated single-value header counts once', async () => {
    const long = await scripted((socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`))
    expect((await get(long)).failure).toMatchObject({ message: 'the head of its answer is too long' })
    const twice = await scripted((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nETag: "a"\r\nETag: "b"\r\nVia: 1\r\nVia: 2\r\nContent-Length: 0\r\n\r\n'),
    )
    expect((await get(twice)).head?.headers).toMatchObject({ etag: '"a"', via: '1, 2' })
  })

  test('with a 1xx before it is the final one', async () => {
    const url = await scripted((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${reply('final')}`),
    )
    expect(await get(url)).toMatchObject({ head: { status: 200 }, text: 'final' })
  })
})
