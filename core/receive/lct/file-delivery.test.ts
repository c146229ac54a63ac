import { createHash } from 'node:crypto'
import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import { parseFdt } from '../../protocol/flute/fdt.ts'
import { parseStsid } from '../../protocol/sls/s-tsid.ts'
import { TestContext } from '../../testing/test-channel.ts'
import { content } from '../../testing/test-session.ts'
import { corruptFile, filesOf, objectIsSound } from './file-delivery.ts'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

/** A channel whose table names TOI 1, with further attributes. */
function listed(attributes = '', receive: ConstructorParameters<typeof TestContext>[0] = {}) {
  const test = new TestContext(receive)
  const channel = test.channel(10, 1)
  const file = `<File Content-Location="a.bin" TOI="1" ${attributes}/>`
  channel.names.addTable(parseFdt(text(`<FDT-Instance Expires="4294944000">${file}</FDT-Instance>`)), 0)
  return { test, channel }
}

/** A channel whose objects have this `formatId`. */
function formatted(formatId: number) {
  const test = new TestContext()
  const channel = test.channel(10, 1)
  const payload = `<Payload codePoint="128" formatId="${formatId}" frag="0" order="true"/>`
  const stsid = `<S-TSID><RS><LS tsi="10"><SrcFlow>${payload}</SrcFlow></LS></RS></S-TSID>`
  const source = parseStsid(text(stsid)).sessions[0]?.channels[0]?.source
  if (source != null) channel.names.describe(source)
  return { test, channel }
}

describe('files of a whole object', () => {
  it('are the object under its name, with its carrier', () => {
    const { test, channel } = listed('Content-Type="text/plain"')
    const [file, ...more] = filesOf(test.context, channel, test.object(channel, 1, text('hello')), asServiceId(1))
    expect(more).toEqual([])
    expect(file).toMatchObject({ name: 'a.bin', contentType: 'text/plain', kind: 'media', complete: true, missing: [] })
    expect(file).toMatchObject({ carrier: { kind: 'lct', tsi: 10, toi: 1, instance: 0 }, lane: 'tsi10' })
    expect(file?.lease.bytes).toEqual(text('hello'))
  })

  it('lease bytes that outlive the object while kept', () => {
    const { test, channel } = listed()
    const whole = content(5000)
    const object = test.object(channel, 1, whole)
    const [file] = filesOf(test.context, channel, object, asServiceId(1))
    const held = test.context.pool.used
    file?.lease.keep()
    file?.lease.keep()
    object.release()
    file?.lease.release()
    expect(test.context.pool.used).toBe(held)
    expect(file?.lease.bytes).toEqual(whole)
    file?.lease.release()
    expect(test.context.pool.used).toBe(0)
  })

  it('are inflated where the table names gzip and the bytes agree', () => {
    const { test, channel } = listed('Content-Encoding="gzip"')
    const packed = filesOf(test.context, channel, test.object(channel, 1, gzipSync(text('hello'))), asServiceId(1))
    expect(packed[0]?.lease.bytes).toEqual(text('hello'))
    const plain = filesOf(test.context, channel, test.object(channel, 1, text('plain')), asServiceId(1))
    expect(plain[0]?.lease.bytes).toEqual(text('plain'))
  })

  it.each([1, 2, 3])('of format %i without a known encoding are kept, and one alarm names it', (format) => {
    const test = new TestContext()
    const channel = test.channel(10, 1)
    const payload = `<Payload codePoint="128" formatId="${format}" frag="0" order="true"/>`
    const file = '<File Content-Location="a.bin" TOI="1" Content-Encoding="BR"/>'
    const flow = `<SrcFlow><EFDT><FDT-Instance Expires="4294944000">${file}</FDT-Instance></EFDT>${payload}</SrcFlow>`
    const source = parseStsid(text(`<S-TSID><RS><LS tsi="10">${flow}</LS></RS></S-TSID>`)).sessions[0]?.channels[0]
      ?.source
    if (source != null) channel.names.describe(source)
    const headers = 'Content-Location: a.bin\r\nContent-Encoding: br\r\n\r\n'
    const forms = [
      'packed',
      `HTTP/1.1 200 OK\r\n${headers}packed`,
      `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n${headers}packed\r\n--b--\r\n`,
    ]
    for (let round = 0; round < 3; round++) {
      const object = test.object(channel, 1, text(forms[format - 1] as string), 128)
      channel.names.resolve(object)
      const [kept] = filesOf(test.context, channel, object, asServiceId(1))
      expect([kept?.contentEncoding, Buffer.from(kept?.lease.bytes ?? []).toString()]).toEqual(['br', 'packed'])
    }
    expect(test.alarms.map(({ rule, text }) => [rule, text.includes('"br"')])).toEqual([['OBJ-ENCODING', true]])
  })

  it.each([2, 3])('of format %i are inflated as their header says', (format) => {
    const { test, channel } = formatted(format)
    const headers = 'Content-Location: a.bin\r\nContent-Encoding: Deflate\r\n\r\n'
    const packed = deflateRawSync(text('hello'))
    const before =
      format === 2
        ? `HTTP/1.1 200 OK\r\n${headers}`
        : `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n${headers}`
    const whole = Buffer.concat([text(before), packed, text(format === 2 ? '' : '\r\n--b--\r\n')])
    const [file] = filesOf(test.context, channel, test.object(channel, 1, whole, 128), asServiceId(1))
    expect(Buffer.from(file?.lease.bytes ?? []).toString()).toBe('hello')
  })

  it('are none, with an alarm, where they cannot be read', () => {
    const { test, channel } = listed('Content-Encoding="gzip"')
    const broken = gzipSync(text('hello')).subarray(0, 12)
    expect(filesOf(test.context, channel, test.object(channel, 1, broken), asServiceId(1))).toEqual([])
    expect(test.alarms.map(({ rule }) => rule)).toEqual(['OBJ-CONTENT'])
  })

  it('are the body of an entity, named by its header', () => {
    const { test, channel } = formatted(2)
    const entity = 'HTTP/1.1 200 OK\r\nContent-Location: b.txt\r\nContent-Type: text/plain\r\n\r\nbody'
    const files = filesOf(test.context, channel, test.object(channel, 5, text(entity), 128), asServiceId(1))
    expect(files.map(({ name, lease }) => [name, Buffer.from(lease.bytes).toString()])).toEqual([['b.txt', 'body']])
  })

  it('of an entity in ranges are one, once all have arrived', () => {
    const { test, channel } = formatted(2)
    const whole = content(1000)
    const ends = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 4 })
    let number = 0
    fc.assert(
      fc.property(ends, fc.nat(), (cuts, turn) => {
        const name = `range-${number++}.bin`
        const edges = [0, ...cuts.sort((a, b) => a - b), 1000]
        const ranges = edges.slice(1).map((end, at) => [edges[at] as number, end] as const)
        for (let at = 0; at < turn % ranges.length; at++) ranges.push(ranges.shift() as (typeof ranges)[0])
        const given = ranges.flatMap(([from, to]) => {
          const header = `HTTP/1.1 206 OK\r\nContent-Location: ${name}\r\nContent-Range: bytes ${from}-${to - 1}/1000\r\n\r\n`
          const entity = Buffer.concat([text(header), whole.subarray(from, to)])
          return filesOf(test.context, channel, test.object(channel, ++number, entity, 128), asServiceId(1))
        })
        expect(given).toHaveLength(1)
        expect(given[0]?.lease.bytes).toEqual(whole)
      }),
    )
  })

  it('are the parts of a package', () => {
    const { test, channel } = formatted(3)
    const part = (name: string, body: string): string =>
      `--b\r\nContent-Type: text/plain\r\nContent-Location: ${name}\r\n\r\n${body}\r\n`
    const head = 'Content-Type: multipart/related; boundary="b"\r\n\r\n'
    const packed = text(`${head}${part('a.txt', 'one')}${part('b.txt', 'two')}--b--\r\n`)
    const files = filesOf(test.context, channel, test.object(channel, 5, packed, 128), asServiceId(1))
    expect(files.map(({ name, lease }) => [name, Buffer.from(lease.bytes).toString()])).toEqual([
      ['a.txt', 'one'],
      ['b.txt', 'two'],
    ])
  })
})

describe('digests', () => {
  const md5 = createHash('md5').update('hello').digest('base64')

  it('are of the content or of the transported bytes', () => {
    const plain = listed(`Content-MD5="${md5}"`)
    expect(objectIsSound(plain.test.context, plain.channel, plain.test.object(plain.channel, 1, text('hello')))).toBe(
      true,
    )
    const packed = listed(`Content-MD5="${md5}" Content-Encoding="gzip"`)
    const object = packed.test.object(packed.channel, 1, gzipSync(text('hello')))
    expect(objectIsSound(packed.test.context, packed.channel, object)).toBe(true)
  })

  it('that contradict are an alarm', () => {
    const { test, channel } = listed(`Content-MD5="${md5}"`)
    expect(objectIsSound(test.context, channel, test.object(channel, 1, text('other')))).toBe(false)
    expect(test.alarms.map(({ rule }) => rule)).toEqual(['OBJ-MD5'])
  })
})

describe('a corrupt file', () => {
  it('has zeros for holes, and is never much longer than its received bytes', () => {
    const { test, channel } = listed()
    const length = fc.integer({ min: 1, max: 4000 })
    fc.assert(
      fc.property(length, fc.integer({ min: 0, max: 1_000_000 }), (bytes, offset) => {
        const object = test.object(channel, 1, new Uint8Array(0))
        object.length = 2 ** 31
        object.take(offset, content(bytes), 0, bytes)
        object.state = 'partial'
        const file = corruptFile(channel, object, asServiceId(1))
        const most = bytes * 8 + (64 << 10)
        if (offset + bytes > most) expect(file).toBeNull()
        else {
          expect(file?.lease.bytes).toHaveLength(offset + bytes)
          expect(file?.complete).toBe(false)
          expect(file?.missing.at(-1)).toEqual([offset + bytes, 2 ** 31])
          expect(file?.lease.bytes.subarray(0, offset).every((byte) => byte === 0)).toBe(true)
          expect(Buffer.compare(file?.lease.bytes.subarray(offset) ?? text(''), content(bytes))).toBe(0)
        }
        object.release()
      }),
    )
  })

  it('is put together only where somebody looks at its bytes', () => {
    const { test, channel } = listed()
    const object = test.object(channel, 1, new Uint8Array(0))
    object.length = 2 ** 31
    object.take(60_000, text('end'), 0, 3)
    object.state = 'partial'
    const read = vi.spyOn(object, 'bytes')
    const file = corruptFile(channel, object, asServiceId(1))
    expect(read).not.toHaveBeenCalled()
    expect(file?.lease.bytes).toBe(file?.lease.bytes)
    expect(file?.lease.bytes).toHaveLength(60_003)
    expect(read).toHaveBeenCalledTimes(1)
  })

  it('needs at least one byte, and has an invented name where no table names it', () => {
    const { test, channel } = listed()
    const unnamed = corruptFile(channel, test.object(channel, 2, text('unnamed')), asServiceId(1))
    expect(unnamed).toMatchObject({ name: 'tsi-10/toi-2.bin', complete: false })
    expect(corruptFile(channel, test.object(channel, 1, new Uint8Array(0)), asServiceId(1))).toBeNull()
  })
})
