import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { asServiceId } from '../contract/ids.ts'
import { InterfaceServer } from '../http/interface-server.ts'
import { TestFolder } from '../testing/program.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { receivedFile } from '../testing/test-objects.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function gateway(port: number, prefix: string): Promise<TestGateway> {
  const one = await openGateway({ port, prefix })
  closers.push(() => one.close())
  return one
}
const text = async (url: string): Promise<string> => (await fetch(url)).text()

test('two gateways on one port, each under its prefix and with its own content', async () => {
  const first = await gateway(0, '/first')
  const port = Number(new URL(first.gateway.baseUrl ?? '').port)
  const second = await gateway(port, '/second')
  first.store.whole(receivedFile('a b.txt', 'one'))
  second.store.whole(receivedFile('a b.txt', 'two'))
  expect(first.gateway.urlOf(asServiceId(1), 'a b.txt')).toBe(`http://127.0.0.1:${port}/first/service1/a%20b.txt`)
  expect(await text(first.gateway.urlOf(asServiceId(1), 'a b.txt') ?? '')).toBe('one')
  expect(await text(second.gateway.urlOf(asServiceId(1), 'a b.txt') ?? '')).toBe('two')
  expect(await text(`http://127.0.0.1:${port}/second/a%20b.txt`)).toBe('two')
  // Links of the index stay below the prefix.
  expect(await text(`http://127.0.0.1:${port}/first`)).toContain('href="/first/service1/"')
  expect(await text(`http://127.0.0.1:${port}/first/service1`)).toContain('href="/first/service1/a%20b.txt"')
  expect((await fetch(`http://127.0.0.1:${port}/service1/a%20b.txt`)).status).toBe(404)
  expect((await fetch(`http://127.0.0.1:${port}/first?q=1`)).url).toBe(`http://127.0.0.1:${port}/first/?q=1`)
  expect([first.gateway.requests, second.gateway.requests]).toEqual([7, 2])
  await first.gateway.close()
  expect(await text(second.gateway.urlOf(asServiceId(1), 'a b.txt') ?? '')).toBe('two')
})

test('a second gateway with the same prefix is refused, and the first goes on', async () => {
  const first = await gateway(0, '')
  const port = Number(new URL(first.gateway.baseUrl ?? '').port)
  await expect(openGateway({ port })).rejects.toMatchObject({ error: { code: 'port-in-use' } })
  expect((await fetch(`${first.gateway.baseUrl}/`)).status).toBe(200)
})

test('the interface for browsers and a gateway on one port, each with its own rules', async () => {
  const folder = new TestFolder()
  closers.push(async () => folder.remove())
  mkdirSync(folder.at('page'))
  writeFileSync(folder.at('page', 'index.html'), '<title>Routescope</title>')
  const server = new InterfaceServer({
    host: '127.0.0.1',
    port: 0,
    contentOrigin: 'http://127.0.0.1:1',
    pageDir: folder.at('page'),
    uploadDir: folder.at('uploads'),
    onWindow: (wire) => wire.post('hello'),
  })
  const address = new URL((await server.open()).address)
  closers.push(() => server.close())
  const air = await gateway(Number(address.port), '/air')
  air.store.whole(receivedFile('a.txt', 'one'))
  const headers = { Origin: 'http://localhost:1234' }
  const page = await fetch(address, { headers })
  expect(await page.text()).toContain('Routescope')
  expect(page.headers.get('access-control-allow-origin')).toBeNull()
  expect((await fetch(address.origin)).status).toBe(403)
  const file = await fetch(`${address.origin}/air/service1/a.txt`, { headers })
  expect(await file.text()).toBe('one')
  expect(file.headers.get('access-control-allow-origin')).toBe('http://localhost:1234')
  const ws = new WebSocket(`ws://${address.host}/engine${address.search}`)
  await new Promise((resolve) => ws.once('message', resolve))
  // Closing the gateway keeps windows open; closing the last user ends every connection.
  await air.gateway.close()
  expect((await fetch(address)).status).toBe(200)
  expect(ws.readyState).toBe(WebSocket.OPEN)
  const gone = new Promise((resolve) => ws.once('close', resolve))
  await server.close()
  await gone
  await expect(fetch(address)).rejects.toThrow()
})
