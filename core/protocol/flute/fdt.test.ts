import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzip } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { asToi } from '../../contract/ids.ts'
import { FDT_DEFAULTS, FDT_FILE_DEFAULTS, type Fdt, type FdtFile, looksLikeFdt, parseFdt } from './fdt.ts'
import { serialiseFdt } from './fdt-writer.ts'
import { applyFileTemplate, toiOfFileName } from './file-template.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('parseFdt', () => {
  it('reads an FDT-Instance of FLUTE with its FEC attributes', () => {
    const fdt = parseFdt(
      utf8(`<?xml version="1.0"?>
<FDT-Instance xmlns="urn:IETF:metadata:2005:FLUTE:FDT" Expires="4004231035" Complete="1" FEC-OTI-FEC-Encoding-ID="0"
  FEC-OTI-Maximum-Source-Block-Length="65535" FEC-OTI-Encoding-Symbol-Length="1416">
 <File TOI="2" Content-Location="tag:x/manifest.mpd" Content-Length="1435" Transfer-Length="1435"
   Content-Type="application/dash+xml" Content-MD5="abc=" mbms:odd="kept"/>
 <File Content-Location="no TOI"/>
</FDT-Instance>`),
    )
    expect(fdt).toMatchObject({ instanceExpiresNtp: 4004231035, complete: true, fullFdt: false, version: null })
    expect(fdt.fecOti).toMatchObject({
      encodingId: 0,
      maxSourceBlockLength: 65535,
      encodingSymbolLength: 1416,
      instanceId: null,
    })
    expect(fdt.files).toEqual([
      {
        ...FDT_FILE_DEFAULTS,
        toi: 2,
        contentLocation: 'tag:x/manifest.mpd',
        contentLength: 1435,
        transferLength: 1435,
        contentType: 'application/dash+xml',
        contentMd5: 'abc=',
        otherAttributes: [{ name: 'mbms:odd', local: 'odd', value: 'kept' }],
      },
    ])
  })

  it('leaves out a file whose TOI is no number of 112 bits, and says so', () => {
    const faults = new EntryFaults()
    const most = 2n ** 112n - 1n
    const files = [String(most), String(most + 1n), 'five', ''].map(
      (toi) => `<File TOI="${toi}" Content-Location="a"/>`,
    )
    const fdt = parseFdt(utf8(`<FDT-Instance Expires="1">${files.join('')}</FDT-Instance>`), faults)
    expect(fdt.files.map(({ contentLocation }) => contentLocation)).toEqual(['a'])
    expect(faults.listed.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(`File@TOI is "${most + 1n}", not a number below 2^112`),
      expect.stringContaining('File@TOI is "five", not a number below 2^112'),
      expect.stringContaining('File@TOI is "", not a number below 2^112'),
    ])
  })

  it('reads alternate locations: group 1 before 2, each with its own base URLs', () => {
    const fdt = parseFdt(
      utf8(`<FDT-Instance xmlns:r12="urn:3GPP:metadata:2012:FLUTE:FDT" Expires="1">
 <r12:Base-URL-1>http://a.example/x/</r12:Base-URL-1><r12:Base-URL-1>https://b.example/</r12:Base-URL-1>
 <r12:Base-URL-2>http://c.example/</r12:Base-URL-2>
 <File TOI="1" Content-Location="v/1.m4s">
  <r12:Alternate-Content-Location-2>r/1.m4s</r12:Alternate-Content-Location-2>
  <r12:Alternate-Content-Location-1 r12:Availability-Time="2026-11-21T10:00:00Z">v/1.m4s</r12:Alternate-Content-Location-1>
  <r12:Alternate-Content-Location-1>http://d.example/1</r12:Alternate-Content-Location-1>
 </File>
 <File TOI="2" Content-Location="v/2.m4s"/>
</FDT-Instance>`),
    )
    expect(fdt.files.map((file) => file.alternateLocations)).toEqual([
      [
        { url: 'http://a.example/x/v/1.m4s', availableUntil: '2026-11-21T10:00:00Z' },
        { url: 'https://b.example/v/1.m4s', availableUntil: '2026-11-21T10:00:00Z' },
        { url: 'http://d.example/1', availableUntil: null },
        { url: 'http://c.example/r/1.m4s', availableUntil: null },
      ],
      [],
    ])
  })

  it('reads an EFDT in the Korean form, without a namespace and gzip-ed', () => {
    const fdt = parseFdt(
      gzip(
        utf8(
          '<EFDT version="252"><FileTemplate>1_$TOI$.m4s</FileTemplate><FDTParameters><File TOI="5" Content-Location="a.png" Content-Encoding="gzip"/></FDTParameters></EFDT>',
        ),
      ),
    )
    expect(fdt).toMatchObject({ version: 252, fileTemplate: '1_$TOI$.m4s' })
    expect(fdt.files[0]).toMatchObject({ toi: 5, contentEncoding: 'gzip' })
  })

  it('reads an EFDT with an FDT-Instance in the wrong namespace', () => {
    const fdt = parseFdt(
      utf8(
        '<EFDT><FDT-Instance afdt:efdtVersion="3" afdt:fileTemplate="t$TOI$" Expires="4294944000" afdt:maxTransportSize="304176"><fdt:File Content-Location="1_.mp4" TOI="4294967295"/></FDT-Instance></EFDT>',
      ),
    )
    expect(fdt).toMatchObject({
      version: 3,
      fileTemplate: 't$TOI$',
      instanceExpiresNtp: 4294944000,
      maxTransportSize: 304176,
    })
    expect(fdt.files[0]?.toi).toBe(4294967295)
  })

  it('names another root in its error', () => {
    expect(() => parseFdt(utf8('<MPD/>'))).toThrow('expected EFDT or FDT-Instance, got MPD')
    expect(() => parseFdt(utf8('<EFDT'))).toThrow(CodecError)
  })

  it('is read back as written', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((each) => each.trim() === each)
    const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value)
    const oti = fc
      .record({
        encodingId: maybe(fc.nat(255)),
        instanceId: maybe(fc.nat(255)),
        maxSourceBlockLength: maybe(fc.nat()),
        encodingSymbolLength: maybe(fc.nat(65535)),
        maxEncodingSymbols: maybe(fc.nat()),
        schemeSpecificInfo: maybe(fc.constant('AQIDBA==')),
      })
      .map((each) => (Object.values(each).every((value) => value === null) ? null : each))
    const file: fc.Arbitrary<FdtFile> = fc.record({
      toi: fc.maxSafeNat().map(asToi),
      contentLocation: text,
      contentLength: maybe(fc.maxSafeNat()),
      transferLength: maybe(fc.maxSafeNat()),
      contentType: maybe(text),
      contentEncoding: maybe(text),
      contentMd5: maybe(text),
      alternateLocations: fc.array(
        fc.record({ url: fc.webUrl(), availableUntil: maybe(fc.constant('2026-11-21T00:00:00Z')) }),
        { maxLength: 3 },
      ),
      fecOti: oti,
      otherAttributes: fc.constant([]),
    })
    const fdt: fc.Arbitrary<Fdt> = fc.record({
      version: maybe(fc.nat(255)),
      instanceExpiresNtp: maybe(fc.nat()),
      fileTemplate: maybe(text),
      maxTransportSize: maybe(fc.nat()),
      maxExpiresDelta: maybe(fc.nat()),
      contentType: maybe(text),
      contentEncoding: maybe(text),
      fecOti: oti,
      complete: fc.boolean(),
      fullFdt: fc.boolean(),
      files: fc.uniqueArray(file, { maxLength: 4, selector: ({ toi }) => toi }),
      otherAttributes: fc.constant([{ name: 'afdt:filterCodes', local: 'filterCodes', value: '1 2' }]),
    })
    fc.assert(
      fc.property(fdt, (value) => {
        expect(parseFdt(serialiseFdt(value))).toEqual(value)
      }),
    )
  })

  it('is distinguished from a segment', () => {
    expect(looksLikeFdt(serialiseFdt(FDT_DEFAULTS))).toBe(true)
    expect(looksLikeFdt(gzip(serialiseFdt(FDT_DEFAULTS)))).toBe(true)
    expect(looksLikeFdt(utf8('\u0000\u0000\u0000\u0018styp'))).toBe(false)
    expect(looksLikeFdt(utf8('<MPD/>'))).toBe(false)
    expect(looksLikeFdt(new Uint8Array([0x1f, 0x8b, 1]))).toBe(false)
  })
})

describe('applyFileTemplate', () => {
  it.each([
    ['1_$TOI$.m4s', 12, '1_12.m4s'],
    ['v-$TOI%05d$.m4s', 12, 'v-00012.m4s'],
    ['v-$TOI%03d$.m4s', 123456, 'v-123456.m4s'],
    ['$$$TOI$$$', 4294967295, '$4294967295$'],
    ['$Number$', 1, '$Number$'],
    ['plain', 1, 'plain'],
    ['$TOI%0999999d$', 1, '00000000000000000001'],
  ])('%s with %i gives %s', (template, toi, name) => {
    expect(applyFileTemplate(template, asToi(toi))).toBe(name)
  })

  it('is inverted by toiOfFileName', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('1_$TOI$.m4s', 'a$TOI%06d$', '$$x$TOI$7.mp4', '$TOI$'), (toi, template) => {
        expect(toiOfFileName(template, applyFileTemplate(template, asToi(toi)))).toBe(toi)
      }),
    )
    expect(toiOfFileName('1_$TOI$.m4s', '2_1.m4s')).toBeNull()
    expect(toiOfFileName('1_$TOI$.m4s', '1_01.m4s')).toBeNull()
    expect(toiOfFileName('none', 'none')).toBeNull()
  })
})
