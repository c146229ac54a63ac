import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { onPeerError } from './guard-errors.ts'
import { GuardedServer } from './guarded-server.ts'

it('closes connections beyond its bound at once, says so, and serves the others', async () => {
  const own = new GuardedServer({}, { request: (_, response) => response.end('served'), upgrade: () => {} })
  expect(own.server.maxConnections).toBeGreaterThan(2000)
  own.server.maxConnections = 1
  own.server.listen(0, '127.0.0.1')
  await once(own.server, 'listening')
  const { port } = own.server.address() as AddressInfo
  const reported: string[] = []
  const off = onPeerError(({ text }) => reported.push(text))
  const first = connect(port, '127.0.0.1')
  await once(own.server, 'connection')
  const second = connect(port, '127.0.0.1').on('error', () => undefined)
  await once(second, 'close')
  first.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [answer] = await once(first, 'data')
  expect(String(answer)).toContain('served')
  expect(reported.join()).toContain('at a time')
  off()
  await own.close()
})
