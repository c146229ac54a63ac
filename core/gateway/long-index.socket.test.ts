import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { receivedFile } from '../testing/test-objects.ts'

const FILES = 60_000

let one: TestGateway
beforeEach(async () => {
  one = await openGateway()
  for (let number = 0; number < FILES; number++)
    one.store.whole(receivedFile(`a <b>/${number}.m4s`, 'x', { kind: 'file' }))
})
afterEach(() => one.close())

describe('the index of a folder of 60 000 files', () => {
  it.each([
    ['a page', 'text/html', (text: string) => text.match(/<li>/g)?.length],
    ['JSON', 'application/json', (text: string) => JSON.parse(text).files.length],
  ])('is streamed as %s, while others are served', async (_, accept, count) => {
    const order: string[] = []
    const list = one.get('/service1/', { Accept: accept }).then((reply) => {
      order.push('list')
      return reply
    })
    for (let turn = 0; turn < 3; turn++) {
      expect((await one.get('/clock')).status).toBe(200)
      order.push('clock')
    }
    const { status, text, headers } = await list
    expect(order).toEqual(['clock', 'clock', 'clock', 'list'])
    expect(status).toBe(200)
    expect(headers['content-length']).toBeUndefined()
    expect(count(text)).toBe(FILES)
    expect(text.includes('/service1/a%20%3Cb%3E/59999.m4s')).toBe(true)
  })

  it('is not made for HEAD, nor for a client that has left', async () => {
    const { status, body } = await one.get('/service1/', {}, 'HEAD')
    expect({ status, bytes: body.length }).toEqual({ status: 200, bytes: 0 })
    expect((await one.get('/service1/nothing')).status).toBe(404)
  })
})
