import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { xmlRootName } from './root-name.ts'
import { escapedAmpersands } from './stray-ampersands.ts'
import { attr, boolAttr, child, childrenOf, descendants, parseUint, requiredUint, XmlError } from './xml-element.ts'
import { XML_LIMITS } from './xml-limits.ts'
import { looksLikeXml, parseXml } from './xml-parser.ts'
import { escapeXml, XmlWriter } from './xml-writer.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('parseXml', () => {
  it('matches by local name, with any prefix, declared or not', () => {
    const root = parseXml('<a:S xmlns="urn:x" b:t="1" xml:lang="de"><RS/><c:RS k="v"> x <![CDATA[<y>]]></c:RS></a:S>')
    expect(root.local).toBe('S')
    expect(attr(root, 't')).toBe('1')
    expect(attr(root, 'lang')).toBe('de')
    expect(childrenOf(root, 'RS')).toHaveLength(2)
    expect(childrenOf(root, 'RS')[1]?.text).toBe('x <y>')
  })

  it('does not take a namespace declaration for an attribute of that name', () => {
    expect(attr(parseXml('<a xmlns:tsi="urn:x"/>'), 'tsi')).toBeNull()
  })

  it('skips a byte order mark, blank lines before the declaration and NULs after the end', () => {
    const bytes = utf8('\ufeff\n\n<?xml version="1.0" encoding="UTF-8"?>\n<SLT bsid="50"/>\n\0\0')
    const root = parseXml(bytes)
    expect([root.local, root.line]).toEqual(['SLT', 4])
  })

  it('reads UTF-16 and Latin-1 where a mark or declaration names them', () => {
    const text = '<a n="é"/>'
    const utf16 = new Uint8Array(2 + text.length * 2)
    utf16.set([0xff, 0xfe])
    for (let i = 0; i < text.length; i++) utf16[2 + i * 2] = text.charCodeAt(i)
    expect(attr(parseXml(utf16), 'n')).toBe('é')
    expect(attr(parseXml(Uint8Array.from(utf16, (_, i) => utf16[i ^ 1] as number)), 'n')).toBe('é')
    expect(xmlRootName(utf16)).toBe('a')
    const latin1 = Uint8Array.from('<?xml version="1.0" encoding="ISO-8859-1"?><a n="é"/>', (c) => c.charCodeAt(0))
    expect(attr(parseXml(latin1), 'n')).toBe('é')
  })

  it('reads Windows-1252 where the declaration names it, or Latin-1', () => {
    for (const name of ['windows-1252', 'ISO-8859-1', 'cp1252', 'latin1']) {
      const head = utf8(`<?xml version="1.0" encoding="${name}"?>`)
      const faults = new EntryFaults()
      const bytes = Uint8Array.from([...head, ...utf8('<a n="T'), 0xe9, 0x20, 0x80, 0x93, 0x81, ...utf8('"/>')])
      expect(attr(parseXml(bytes, XML_LIMITS, faults), 'n'), name).toBe('T\u00e9 \u20ac\u201c\u0081')
      expect(faults.writings).toEqual([])
    }
  })

  it('reads bytes that are not UTF-8 as Windows-1252, the others as UTF-8, and notes it once', () => {
    const faults = new EntryFaults()
    const bytes = Uint8Array.from([
      ...utf8('<a n="T'),
      0xe9,
      ...utf8('l'),
      0xe9,
      ...utf8(' \u20ac\ufffd'),
      0xe2,
      0x82,
      ...utf8('"/>'),
    ])
    expect(attr(parseXml(bytes, XML_LIMITS, faults), 'n')).toBe('T\u00e9l\u00e9 \u20ac\ufffd\u00e2\u201a')
    expect(faults.writings).toEqual([{ what: 'encoding', count: 1, where: 'byte 8' }])
    const right = new EntryFaults()
    expect(attr(parseXml(utf8('<a n="\u{1f600}\ufffd"/>'), XML_LIMITS, right), 'n')).toBe('\u{1f600}\ufffd')
    expect(right.writings).toEqual([])
  })

  it('reads a & that begins no reference as text, by either reader, and notes it once', () => {
    for (const end of ['', '<é/>']) {
      const faults = new EntryFaults()
      const text = `<a>\n<b n="R&B" o="A & B &amp;c &"/><!-- & --><![CDATA[&]]>x&\n${end}</a>`
      const root = parseXml(text, XML_LIMITS, faults)
      expect(childrenOf(root, 'b')[0]?.attributes.map(({ value }) => value)).toEqual(['R&B', 'A & B &c &'])
      expect(root.text).toBe('&x&')
      expect(faults.writings).toEqual([{ what: 'ampersand', count: 4, where: 'line 2, column 7' }])
      expect(parseXml(escapedAmpersands(text)).text).toBe('&x&')
    }
  })

  it('names the place where what has no end begins', () => {
    for (const [text, place] of [
      ['<a>\n<b>\n<c/>\n', 'line 2, column 3: unclosed tag: b'],
      ['<a>\n<b>\n<!-- c\n</b></a>\n', 'line 3, column 0: markup without an end'],
      ['<a>\n<b>&nbsp;</b>\n</a>', 'line 2, column 9: undefined entity'],
      ['<a>\n<b>R&B</b>\n<c></a>', 'line 3, column'],
    ] as const)
      expect(caught(() => parseXml(text)).message, text).toContain(place)
  })

  it.each([
    ['<a><b></a>', 1, 'xml-syntax'],
    ['<a>\n<b x=1/></a>', 2, 'xml-syntax'],
    ['<a>&nbsp;</a>', 1, 'xml-syntax'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 1, 'xml-syntax'],
    ['<a/><b/>', 1, 'xml-syntax'],
    ['', 1, 'xml-syntax'],
    ['no markup', 1, 'xml-syntax'],
    ['<a', 1, 'xml-syntax'],
  ])('names the position of the error in %j', (text, line, code) => {
    const thrown = caught(() => parseXml(text))
    expect(thrown).toBeInstanceOf(XmlError)
    expect(thrown).toMatchObject({ code, line })
    expect(thrown.message).toMatch(/^line \d+, column \d+: \S/)
  })

  it('limits depth, elements, attributes and length', () => {
    expect(caught(() => parseXml('<a>'.repeat(100_000))).code).toBe('xml-too-deep')
    expect(parseXml(`${'<a>'.repeat(128)}${'</a>'.repeat(128)}`).local).toBe('a')
    const limits = { maxLength: 1000, maxDepth: 5, maxElements: 10, maxAttributes: 3 }
    expect(caught(() => parseXml(`<a>${'<b/>'.repeat(10)}</a>`, limits)).code).toBe('xml-too-many')
    expect(caught(() => parseXml('<a b="" c="" d="" e=""/>', limits)).code).toBe('xml-too-many')
    expect(caught(() => parseXml(`<a>${' '.repeat(1000)}</a>`, limits)).code).toBe('xml-too-long')
  })

  it('throws only CodecError for any text', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '="',
      '"',
      '&',
      ';',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '\0',
      'xmlns:',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (text) => {
          onlyCodecErrors(() => parseXml(text))
        },
      ),
      { numRuns: 500 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => onlyCodecErrors(() => parseXml(bytes))))
  })
})

describe('attributes', () => {
  const element = parseXml(
    '<a n=" 10 " big="99999999999999999999" neg="-1" yes="TRUE" one="1" odd="maybe"><b><c/></b><c/></a>',
  )

  it('give null or the fallback where malformed', () => {
    expect(requiredUint(element, 'n')).toBe(10)
    expect(parseUint(attr(element, 'big'))).toBeNull()
    expect(parseUint(attr(element, 'neg'))).toBeNull()
    expect(parseUint('300', 255)).toBeNull()
    expect([boolAttr(element, 'yes', false), boolAttr(element, 'one', false), boolAttr(element, 'odd', true)]).toEqual([
      true,
      true,
      true,
    ])
  })

  it('that are required are named with their position', () => {
    expect(caught(() => requiredUint(element, 'tsi'))).toMatchObject({ code: 'xml-attribute', line: 1 })
    expect(caught(() => requiredUint(element, 'neg')).message).toContain('a@neg is "-1"')
  })

  it('children are direct, descendants at any depth', () => {
    expect(child(element, 'c')).not.toBeNull()
    expect(childrenOf(element, 'c')).toHaveLength(1)
    expect(descendants(element, 'c')).toHaveLength(2)
  })
})

describe('XmlWriter', () => {
  it('writes what parseXml reads back, for any attribute value', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, text) => {
        const clean = (each: string): string =>
          // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot carry these characters.
          each.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
        const root = parseXml(new XmlWriter().open('a', { v: value }).leaf('b', {}, text).close().toBytes())
        expect(attr(root, 'v')).toBe(clean(value))
        expect(child(root, 'b')?.text).toBe(clean(text).trim())
      }),
    )
  })

  it('leaves out null and undefined, and keeps a parsed tree', () => {
    expect(new XmlWriter(false).leaf('a', { b: null, c: undefined, d: 0, e: false }).toString()).toBe(
      '<a d="0" e="false"/>\n',
    )
    const text = '<x:a n="1 &amp; 2">\n  <b>t</b>\n</x:a>\n'
    expect(new XmlWriter(false).element(parseXml(text)).toString()).toBe(text)
  })

  it('escapes markup and line ends', () => {
    expect(escapeXml('<a b="c">\'&\n\u0001')).toBe('&lt;a b=&quot;c&quot;&gt;&apos;&amp;&#10;')
  })
})

describe('sniffing', () => {
  it('finds the root without parsing', () => {
    expect(xmlRootName(utf8('\ufeff <?xml version="1.0"?>\n<!-- <no/> --><!DOCTYPE x><fdt:FDT-Instance a="1"'))).toBe(
      'FDT-Instance',
    )
    expect(xmlRootName(utf8('<!-- never ends'))).toBeNull()
    expect(xmlRootName(utf8('#EXTM3U'))).toBeNull()
    expect(looksLikeXml(utf8('\ufeff\n <a'))).toBe(true)
    expect(looksLikeXml(utf8('ftyp'))).toBe(false)
  })
})

function onlyCodecErrors(run: () => unknown): void {
  try {
    run()
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
  }
}

function caught(run: () => unknown): XmlError {
  try {
    run()
  } catch (thrown) {
    return thrown as XmlError
  }
  throw new Error('nothing was thrown')
}
