import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { parseEntity } from './entity.ts'
import { bareMediaType, parseMediaType, readHeaderBlock } from './headers.ts'
import { isMultipart, type NewMimePart, parseMultipart, serialiseMultipart } from './multipart.ts'
import { readSignedEntity, serialiseSignedEntity } from './signed.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

describe('a block of headers', () => {
  it('is read for its first lines, and passed over to its end', () => {
    const lines = Array.from({ length: 1000 }, (_, at) => `X-${at}: ${at}\r\n`).join('')
    const bytes = new TextEncoder().encode(`${lines}\r\nbody`)
    const { headers, bodyStart } = readHeaderBlock(bytes, 0, bytes.length)
    expect(bytes.length - bodyStart).toBe(4)
    expect(headers['x-20']).toBe('20')
    expect(Object.keys(headers)).toHaveLength(256)
  })
})

describe('a media type', () => {
  it('has parameters in quotes with escaped characters, and is read for its first 4096 characters', () => {
    const long = `Text/X; a="b;\\"c\\\\"; d = e ;f="g${'x'.repeat(100_000)}"; h=i`
    const { type, parameters } = parseMediaType(long)
    expect(type).toBe('text/x')
    expect(parameters).toMatchObject({ a: 'b;"c\\', d: 'e' })
    expect(parameters.f?.length).toBeLessThan(4096)
    expect(parameters.h).toBeUndefined()
  })
})

describe('parseMultipart', () => {
  it('reads the form of GPAC: CRLF headers, LF content, a NUL after the end', () => {
    const bytes = utf8(
      'Content-Type: multipart/related; type="application/dash+xml"; boundary="_GPAC_BOUNDARY_ROUTE_.67706163_"\r\n\r\n' +
        '--_GPAC_BOUNDARY_ROUTE_.67706163_\r\nContent-Type: application/dash+xml\r\nContent-Location: manifest.mpd\r\n\r\n<MPD>\n</MPD>\r\n\r\n' +
        '--_GPAC_BOUNDARY_ROUTE_.67706163_\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n<S-TSID/>\n\r\n' +
        '--_GPAC_BOUNDARY_ROUTE_.67706163_--\n\0',
    )
    expect(isMultipart(bytes)).toBe(true)
    const { type, parts } = parseMultipart(bytes)
    expect(type).toBe('application/dash+xml')
    // One line end belongs to the delimiter, the other to the file.
    expect(parts.map((part) => [part.contentLocation, part.contentType, text(part.body)])).toEqual([
      ['manifest.mpd', 'application/dash+xml', '<MPD>\n</MPD>\r\n'],
      ['stsid.xml', 'application/route-s-tsid+xml', '<S-TSID/>\n'],
    ])
  })

  it('reads the form off air: LF alone, folded headers, no space after the colon', () => {
    const bytes = utf8(
      'Content-Type:Multipart/related;\n boundary="boundary-content";\n type=application/mbms-envelope+xml\n\n--boundary-content\n' +
        'Content-Type:application/route-usd+xml; charset=utf-8\nContent-Location:usbd.rusd\n\n<a/>\n\n\n--boundary-content--',
    )
    expect(isMultipart(bytes)).toBe(true)
    const { type, boundary, parts } = parseMultipart(bytes)
    expect([type, boundary]).toEqual(['application/mbms-envelope+xml', 'boundary-content'])
    expect(parts).toHaveLength(1)
    expect(parts[0]).toMatchObject({
      contentLocation: 'usbd.rusd',
      contentType: 'application/route-usd+xml; charset=utf-8',
    })
  })

  it('reads packages without an end, an announced boundary, or headers', () => {
    const parts = '--b-1\r\nContent-ID: <x@y>\r\n\r\n<a/>\r\n--b-1\r\nContent-Location: z\r\n\r\n<c/>\r\n\0\0'
    for (const head of [
      'Content-Type: multipart/related\r\n\r\n',
      '',
      '\n\n',
      'content-type: MULTIPART/related;\r\n\tboundary=b-1\r\n\r\n',
    ]) {
      const found = parseMultipart(utf8(head + parts)).parts
      expect(found.map((part) => [part.contentLocation, text(part.body)])).toEqual([
        ['x@y', '<a/>'],
        ['z', '<c/>'],
      ])
    }
  })

  it('does not mistake a longer line for the delimiter', () => {
    const { parts } = parseMultipart(
      utf8('Content-Type: multipart/related; boundary=ab\n\n--ab\n\n--abc\n--ab-x\n--ab--\n'),
    )
    expect(parts.map((part) => text(part.body))).toEqual(['--abc\n--ab-x'])
  })

  it('recognises nothing else as a package', () => {
    for (const other of [
      '<?xml version="1.0"?>',
      '',
      '#EXTM3U',
      'Content-Type: text/plain\n\nmultipart/',
      '---',
      '-- not',
    ]) {
      expect(isMultipart(utf8(other))).toBe(false)
    }
    expect(() => parseMultipart(utf8('Content-Type: multipart/related; boundary=x\n\nnothing'))).toThrow(CodecError)
    expect(() => parseMultipart(utf8(`Content-Type: multipart/related; boundary=${'x'.repeat(300)}\n\n`))).toThrow(
      CodecError,
    )
    expect(() => parseMultipart(new Uint8Array())).toThrow(CodecError)
    expect(() =>
      parseMultipart(utf8('Content-Type: multipart/related; boundary=x\n\n'.concat('--x\n\n'.repeat(20_000)))),
    ).toThrow('more than 10000 parts')
  })

  it('is read back as written, with any bytes in the parts', () => {
    const part: fc.Arbitrary<NewMimePart> = fc.record({
      contentType: fc.constantFrom('application/dash+xml', 'application/s-tsid'),
      contentLocation: fc.stringMatching(/^[a-z0-9_./-]{1,20}$/),
      body: fc.uint8Array({ maxLength: 100 }),
    })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const bytes = serialiseMultipart(parts, { boundary: 'a.b_c-long-enough-not-to-come-up', type: 'application/x' })
        const back = parseMultipart(bytes)
        expect(back).toMatchObject({ type: 'application/x', boundary: 'a.b_c-long-enough-not-to-come-up' })
        expect(
          back.parts.map(({ contentType, contentLocation, body }) => ({ contentType, contentLocation, body })),
        ).toEqual(parts)
      }),
    )
  })

  it('is written in the literal form that receivers search for', () => {
    const written = text(
      serialiseMultipart([{ contentType: 'a/b', contentLocation: 'c', body: utf8('d') }], {
        boundary: 'B',
        type: 'a/b',
      }),
    )
    expect(written).toBe(
      'Content-Type: multipart/related; type="a/b"; boundary="B"\r\n\r\n--B\r\nContent-Type: a/b\r\nContent-Location: c\r\n\r\nd\r\n--B--\r\n',
    )
    expect(() =>
      serialiseMultipart([{ contentType: 'a/b', contentLocation: 'c', body: utf8('not at a line start: B') }], {
        boundary: 'B',
        type: 'a/b',
      }),
    ).toThrow(CodecError)
  })

  it('throws only CodecError for pieces in any order', () => {
    const pieces = fc.constantFrom(
      'Content-Type: multipart/related; boundary=b',
      '--b',
      '--b--',
      '\r\n',
      '\n',
      '\r\n\r\n',
      ' ',
      '\0',
      'a: b',
      ':',
      '"',
    )
    fc.assert(
      fc.property(
        fc.array(pieces).map((all) => utf8(all.join(''))),
        (bytes) => {
          isMultipart(bytes)
          onlyCodecErrors(() => parseMultipart(bytes))
          onlyCodecErrors(() => parseEntity(bytes))
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('a signed entity', () => {
  it('is read back as written, byte for byte', () => {
    const options = { boundary: 'outer_1', digest: 'sha-256' }
    const content = fc.uint8Array({ maxLength: 300 }).map((body) => Uint8Array.from([...utf8('A: b\r\n\r\n'), ...body]))
    fc.assert(
      fc.property(content, fc.uint8Array({ minLength: 1, maxLength: 300 }), (package_, signature) => {
        const read = readSignedEntity(serialiseSignedEntity(package_, signature, options))
        expect(read).toEqual({ content: package_, signature })
      }),
    )
  })
})

describe('parseMediaType', () => {
  it('reads quotes, escapes, case and incomplete values', () => {
    expect(parseMediaType('Application/DASH+xml; Charset=utf-8; x="a;\\"b" ;lonely; =v')).toEqual({
      type: 'application/dash+xml',
      parameters: { charset: 'utf-8', x: 'a;"b' },
    })
    expect(bareMediaType('')).toBe('')
    expect(parseMediaType('a/b; x="never ends').parameters.x).toBe('never ends')
  })
})

describe('parseEntity', () => {
  it('reads headers and body as a view', () => {
    const bytes = utf8(
      'content-LOCATION: a/1.m4s\r\nContent-Type: video/mp4\r\nContent-Length: 4\r\nContent-Range: bytes 0-3/*\r\n\r\nmoof',
    )
    const entity = parseEntity(bytes)
    expect(entity).toMatchObject({
      contentLocation: 'a/1.m4s',
      contentType: 'video/mp4',
      contentLength: 4,
      contentRange: { first: 0, last: 3, total: null },
      contentEncoding: null,
    })
    expect(text(entity.body)).toBe('moof')
    expect(entity.body.buffer).toBe(bytes.buffer)
  })

  it('joins a chunked body and refuses a forged chunk', () => {
    const head = 'Content-Location: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(text(parseEntity(utf8(`${head}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n`)).body)).toBe('abcde')
    expect(() => parseEntity(utf8(`${head}ffffffff\r\nabc`))).toThrow(CodecError)
    expect(() => parseEntity(utf8(`${head}oops`))).toThrow(CodecError)
    expect(() => parseEntity(utf8('no header here'))).toThrow(CodecError)
  })
})

function onlyCodecErrors(run: () => unknown): void {
  try {
    run()
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
  }
}
