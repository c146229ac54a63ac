import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { readStrictXml } from './strict-xml.ts'
import { XmlError } from './xml-element.ts'
import { XML_LIMITS } from './xml-limits.ts'
import { parseXml } from './xml-parser.ts'
import { type NotPlain, scanXml } from './xml-scanner.ts'

const ORIGIN = { skippedLines: 0, skipped: 0 }
const PIECES = [
  '<a>',
  '<a ',
  '<p:b c="1" d:e=\'2"\'>',
  '<b x = "a&amp;&#65;&#x1F600;\t\r\n\r" />',
  '<b x="1" x="2"/>',
  '</a>',
  '</p:b >',
  '</b>',
  '/>',
  ' c="d"',
  'e="',
  '"',
  '>',
  'text',
  ' & ',
  'R&B',
  '&',
  ' f="&&x &#q; ;"',
  '&lt;&gt;&quot;&apos;',
  '&nbsp;',
  '&#0;',
  '&#xd800;',
  ']]>',
  ']]',
  '\r\n',
  '\r',
  '\n  ',
  '\u{1f600}',
  '\ud800',
  'é',
  '<é/>',
  '\u0001',
  '<!-- a - b -->',
  '<!-- a -- b -->',
  '<![CDATA[ <x> & \r\n ]]>',
  '<?pi body?>',
  '<?xml version="1.0"?>',
  '<!DOCTYPE a>',
]

/** Text and error, or tree, of the reader that reads everything. */
function strict(text: string): unknown {
  try {
    const faults = new EntryFaults()
    return { root: readStrictXml(text, XML_LIMITS, ORIGIN, faults), writings: faults.writings }
  } catch (thrown) {
    if (thrown instanceof XmlError) return thrown.message
    throw thrown
  }
}

function scanned(text: string): unknown {
  const faults = new EntryFaults()
  const root = scanXml(text, XML_LIMITS, ORIGIN, faults)
  return 'local' in root ? { root, writings: faults.writings } : null
}

describe('the scanner of plain documents', () => {
  it('reads what the strict reader reads, with the same positions, or leaves it to that', () => {
    const inner = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(''))
    const document = fc.oneof(
      inner.map((text) => `<r>${text}</r>`),
      inner.map((text) => `<?xml version="1.0" encoding="utf-8"?>\n<!-- -->${text}`),
      fc.string({ unit: fc.constantFrom(...PIECES, '<', '>', '=', 'a', ' ', ':'), maxLength: 30 }),
    )
    fc.assert(
      fc.property(document, (text) => {
        const read = scanned(text)
        if (read !== null) expect(read).toEqual(strict(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('reads itself what tables and manifests have', () => {
    for (const text of [
      '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<a xmlns:b="urn:x"><!-- c --><b:c d=\'1\' e="&amp;"/>\r\n<f> g <![CDATA[<h>]]></f><?i j?></a>\n',
      '<a b="\u{1f600}">\n\u{1f600}<c/></a>',
      '<a\n b="1"\n c="2"\n>\n</a\n>',
    ]) {
      expect(scanned(text)).not.toBeNull()
      expect(scanned(text)).toEqual(strict(text))
    }
  })

  it('leaves to the strict reader what is not plain, at the place', () => {
    for (const [text, at] of [
      ['<a><b></a>', 6],
      ['<a>&nbsp;</a>', 3],
      ['<!DOCTYPE a><a/>', 0],
      ['<a>é</a><é/>', 8],
    ] as const) {
      expect((scanXml(text, XML_LIMITS, ORIGIN) as NotPlain).at, text).toBe(at)
    }
  })

  it('keeps long documents from the slow reader', () => {
    const long = `<a>\n${'<b/>'.repeat(1 << 18)}`
    const limits = { ...XML_LIMITS, maxElements: 1 << 20 }
    for (const end of ['<a', '&nbsp;</a>', '</b>']) {
      expect(() => parseXml(long + end, limits)).toThrow('line 2, column 1048576: markup that is damaged')
    }
    expect(parseXml(`${long}</a>`, limits).children).toHaveLength(1 << 18)
  })
})
