import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ByteRange } from '../flow/objects.ts'
import { closeRepairs, FILE, fetched, HOLES, isSame, serve, setting, wanted } from '../testing/repairs.ts'
import { rangeOf, serveWell, type TestServer } from '../testing/test-server.ts'

afterEach(closeRepairs)

describe('a server with false answers', () => {
  const wrong = FILE.map((byte) => byte ^ 1)
  type WrongAnswer = [string, TestServer['answer'], RegExp]
  const part = (request: Parameters<TestServer['answer']>[0]): [number, number] =>
    rangeOf(request, FILE.length) ?? [0, 0]
  const wrongAnswers: WrongAnswer[] = [
    [
      'another range',
      (request, response) => {
        const [from, to] = part(request)
        response
          .writeHead(206, { 'Content-Range': `bytes ${from + 1}-${to}/100000` })
          .end(FILE.subarray(from + 1, to + 1))
      },
      /answered bytes 1449-9448 to a request for 1448-9447/,
    ],
    [
      'a shorter range',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 2}/100000` }).end(FILE.subarray(from, to - 1))
      },
      /answered bytes/,
    ],
    ['no Content-Range', (_, response) => void response.writeHead(206).end('x'), /without a valid Content-Range/],
    [
      'another length of the file',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/200000` }).end(FILE.subarray(from, to))
      },
      /says the file has 200000 bytes, the multicast says 100000/,
    ],
    [
      'two lengths of the body',
      (request, response) => {
        const [from, to] = part(request)
        response
          .writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000`, 'Content-Length': 10 })
          .end('0123456789')
      },
      /announced 10 bytes for a range of 8000/,
    ],
    [
      'a longer body',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000` })
        response.end(FILE.subarray(from, to + 100))
      },
      /sent more than the 8000 bytes it announced/,
    ],
    [
      'a shorter body',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000` })
        response.end(FILE.subarray(from, to - 100))
      },
      /sent 7900 of the 8000 bytes/,
    ],
    [
      'other bytes than those on air',
      (request, response) => {
        const [from, to] = part(request)
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${to - 1}/100000` }).end(wrong.subarray(from, to))
      },
      /its bytes differ at 2896/,
    ],
    [
      'another file of the same length',
      (_, response) => void response.writeHead(200).end(wrong),
      /its bytes differ at 0/,
    ],
    [
      'a file of another length',
      (_, response) => void response.writeHead(200, { 'Content-Length': 3 }).end('abc'),
      /says the file has 3 bytes/,
    ],
    [
      '416',
      (_, response) => void response.writeHead(416, { 'Content-Range': 'bytes */100000' }).end(),
      /range lies outside of the file/,
    ],
    [
      'gzip',
      (_, response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(FILE)),
      /sent gzip although only identity/,
    ],
    [
      'parts of nothing',
      (_, response) => {
        response
          .writeHead(206, { 'Content-Type': 'multipart/byteranges; boundary=b' })
          .end('--b\r\nContent-Range: bytes 0-5/9\r\n\r\nabc\r\n--b--')
      },
      /a part of its answer has no valid Content-Range/,
    ],
  ]

  test.each(wrongAnswers)('%s: nothing of it is used, and it is named', async (_, answer, reason) => {
    const [liar, honest] = [await serve({ '/v/1.m4s': FILE }), await serve({ '/v/1.m4s': FILE })]
    liar.answer = answer
    const alone = setting([liar.url])
    const outcome = await fetched(alone, wanted(FILE, HOLES))
    expect(outcome).toMatchObject({ whole: false, filled: 0, missing: HOLES })
    expect(outcome?.reason).toMatch(reason)
    expect(alone.repair.state().servers[0]?.problem).toMatch(reason)
    const both = setting([liar.url, honest.url])
    const healed = await fetched(both, wanted(FILE, HOLES))
    expect(healed).toMatchObject({ whole: true, urls: [honest.url] })
    expect(isSame(healed?.bytes, FILE)).toBe(true)
    // After three mismatches it is refused.
    await fetched(both, wanted(FILE, HOLES))
    await fetched(both, wanted(FILE, HOLES))
    const asked = liar.seen.length
    await fetched(both, wanted(FILE, HOLES))
    expect(liar.seen.length).toBe(asked)
    expect(both.repair.state().servers[0]).toMatchObject({ state: 'refused' })
  })

  test('after bytes that could not be checked: those are removed', async () => {
    const liar = await serve({ '/v/1.m4s': FILE })
    liar.answer = (request, response) => serveWell(request, response, wrong)
    const honest = await serve({ '/v/1.m4s': FILE })
    const holes: ByteRange[] = [
      [1448, 2896],
      [40_000, 41_448],
      [41_500, 42_000],
    ]
    const outcome = await fetched(setting([liar.url, honest.url]), wanted(FILE, holes))
    expect(liar.ranges).toEqual(['bytes=1448-2895', 'bytes=40000-41999'])
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
  })

  test('a server that answers ranges with the whole file: its files are used whole from then on', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (_, response, file) => void response.writeHead(200).end(file)
    const set = setting([server.url])
    for (let round = 0; round < 2; round++) {
      const outcome = await fetched(set, wanted(FILE, HOLES))
      expect(isSame(outcome?.bytes, FILE)).toBe(true)
    }
    expect(server.ranges).toEqual(['bytes=1448-9447', null])
    expect(set.repair.state().servers[0]).toMatchObject({ state: 'whole-files' })
  })

  test('assembles an answer in parts', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    server.answer = (request, response) => {
      const [from, to] = part(request)
      const middle = Math.floor((from + to) / 2)
      const piece = (a: number, b: number) => [
        Buffer.from(
          `\r\n--q q\r\nContent-Type: video/mp4\r\nContent-Range: bytes ${a}-${b - 1}/${FILE.length}\r\n\r\n`,
        ),
        FILE.subarray(a, b),
      ]
      response.writeHead(206, { 'Content-Type': 'multipart/byteranges; boundary="q q"' })
      response.end(Buffer.concat([...piece(from, middle), ...piece(middle, to), Buffer.from('\r\n--q q--\r\n')]))
    }
    const outcome = await fetched(setting([server.url]), wanted(FILE, HOLES))
    expect(outcome).toMatchObject({ whole: true, reason: null })
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
  })
})

describe('bounds', () => {
  test('live, objects beyond the bounds are refused; a capture waits instead', async () => {
    const server = await serve({})
    server.answer = () => {}
    const live = setting([server.url], {}, { openObjects: 2 }, true)
    expect(live.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(true)
    expect(live.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(true)
    expect(live.repair.admits(1)).toBe(false)
    expect(live.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(false)
    expect(live.repair.busy()).toBeNull()
    const file = setting([server.url], {}, { openObjects: 1 })
    const done = fetched(file, wanted(FILE, HOLES))
    const wait = file.repair.busy()
    expect(wait).not.toBeNull()
    file.repair.abortAll()
    await Promise.all([wait, done])
    expect(file.repair.busy()).toBeNull()
    expect(file.repair.admits((128 << 20) + 1)).toBe(false)
  })

  test('complete another way: fetching ends without a report', async () => {
    const server = await serve({})
    server.answer = () => {}
    const set = setting([server.url])
    const object = wanted(FILE, HOLES)
    const done = fetched(set, object)
    await vi.waitUntil(() => server.seen.length === 1)
    set.repair.cancel(object.index)
    expect(await done).toBeNull()
    expect(set.repair.state()).toMatchObject({ queued: 0, done: 0, failed: 0 })
  })

  test('flush ends in its time, and close too', async () => {
    const server = await serve({})
    server.answer = () => {}
    const set = setting([server.url])
    const outcomes = [fetched(set, wanted(FILE, HOLES)), fetched(set, wanted(FILE, HOLES))]
    await vi.waitUntil(() => server.seen.length === 1)
    const flushed = set.repair.flush(2000)
    set.clock.advance(2000)
    await flushed
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ whole: false, missing: HOLES })
    await set.repair.close()
    expect(set.repair.fetch(wanted(FILE, HOLES), () => {})).toBe(false)
  })

  test('hundreds of gaps are not hundreds of requests', async () => {
    const server = await serve({ '/v/1.m4s': FILE })
    const holes = Array.from({ length: 1000 }, (_, at): ByteRange => [at * 100, at * 100 + 10])
    const outcome = await fetched(setting([server.url], { mergeBytes: 0 }), wanted(FILE, holes))
    expect(isSame(outcome?.bytes, FILE)).toBe(true)
    expect(server.seen.length).toBeLessThanOrEqual(256)
  })
})
