import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type HostUse, joinHttpHost } from '../../http/http-host.ts'
import { askRaw } from '../../testing/raw-http.ts'
import { UploadSource, type UploadTaker } from './upload-source.ts'

let use: HostUse | null = null
afterEach(async () => {
  await use?.close()
})

/** A source on a port of its own, whose taker a test gives. */
async function source(taker: UploadTaker, maxBytes = 0): Promise<{ uploads: UploadSource; port: number }> {
  const uploads = new UploadSource(taker, maxBytes)
  use = await joinHttpHost('127.0.0.1', 0)
  use.mount({
    prefix: '',
    rules: {
      cors: 'auto',
      methods: ['PUT'],
      otherMethods: 'no',
      localNames: 'loopback',
      ownContinue: true,
      bodyMs: null,
    },
    answer: (exchange) => uploads.answer(exchange),
  })
  return { uploads, port: Number(new URL(use.origin).port) }
}

describe('uploads', () => {
  it('wait while what takes them is behind', async () => {
    let taken = 0
    let goOn: () => void = () => {}
    let wait: Promise<void> | null = new Promise((resolve) => {
      goOn = resolve
    })
    const append = (bytes: Uint8Array): void => {
      taken += bytes.byteLength
    }
    const { port } = await source({
      keeps: false,
      begin: () => ({ append, end: () => undefined }),
      busy: () => (taken === 0 ? null : wait),
    })
    const body = Buffer.alloc(32 << 20)
    const reply = askRaw(port, 'PUT /a', [`Content-Length: ${body.length}`], body)
    await expect.poll(() => taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(1 << 20)
    wait = null
    goOn()
    expect([(await reply).status, taken]).toEqual([201, body.length])
  })

  it('that are kept have a bound together, which is free again once one ends', async () => {
    let ended = 0
    const { port, uploads } = await source({
      keeps: true,
      begin: () => ({ append: () => undefined, end: () => void ended++ }),
      busy: () => null,
    })
    const large = 500 << 20
    const first = connect(port, '127.0.0.1')
    first.on('error', () => undefined)
    first.write(`PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${large + 1}\r\n\r\n`)
    const piece = Buffer.alloc(4 << 20)
    for (let sent = 0; sent < large; sent += piece.length) if (!first.write(piece)) await once(first, 'drain')
    await expect.poll(() => uploads.counts.bytes).toBe(large)
    const second = Buffer.alloc(20 << 20)
    const put = () => askRaw(port, 'PUT /b', [`Content-Length: ${second.length}`], second)
    const refused = await put()
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
    first.destroy()
    await expect.poll(() => ended).toBe(2)
    expect((await put()).status).toBe(201)
    expect(uploads.counts).toMatchObject({ open: 0, files: 1, brokenOff: 2 })
  })

  it('that are kept break off where they are longer than is allowed', async () => {
    const ends: boolean[] = []
    const taker = {
      keeps: true,
      begin: () => ({ append: () => undefined, end: (whole: boolean) => void ends.push(whole) }),
      busy: () => null,
    }
    const { port } = await source(taker, 10)
    const chunked = await askRaw(port, 'PUT /a', ['Transfer-Encoding: chunked'], 'b\r\n01234567890\r\n0\r\n\r\n')
    expect([chunked.status, ends]).toEqual([413, [false]])
  })
})
