import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { XML_LIMITS } from '../../xml/xml-limits.ts'
import { scanPlaced } from '../../xml/xml-scanner.ts'
import { parseXmlSource, type SourceElement } from './xml-source.ts'

const PIECES = [
  '<Period id="1">',
  '</Period>',
  '<x:S t="0" d=\'2"\' r = "a&amp;&#65;\t\r\n\r" />',
  '<BaseURL\n>a/b</BaseURL >',
  '<Empty/>',
  ' & ',
  '&lt;',
  'text',
  '\u{1f600}\r\n',
  '<!-- a < b -->',
  '<![CDATA[ <x> & ]]>',
  '<?pi <x> ?>',
]

/** The elements of a text, or the code of its error. */
function elements(text: string): readonly SourceElement[] | string {
  try {
    return [parseXmlSource(new TextEncoder().encode(text)).root]
  } catch (thrown) {
    if (thrown instanceof CodecError) return thrown.code
    throw thrown
  }
}

/** The same elements `by` characters further on. */
function moved(all: readonly SourceElement[], by: number): SourceElement[] {
  return all.map((each) => ({
    ...each,
    start: each.start + by,
    openEnd: each.openEnd + by,
    closeStart: each.closeStart + by,
    end: each.end + by,
    attributes: each.attributes.map((attribute) => ({
      ...attribute,
      start: attribute.start + by,
      valueStart: attribute.valueStart + by,
      valueEnd: attribute.valueEnd + by,
    })),
    children: moved(each.children, by),
  }))
}

describe('places in the text of a manifest', () => {
  it('are the same in one pass, and in the text that is not plain since it begins with space', () => {
    const documents = fc
      .array(fc.constantFrom(...PIECES), { maxLength: 12 })
      .map((all) => `<MPD>${all.join('')}</MPD>\n`)
    let plain = 0
    fc.assert(
      fc.property(documents, (text) => {
        const spaced = elements(` ${text}`)
        expect(typeof spaced === 'string' ? spaced : moved(spaced, -1)).toEqual(elements(text))
        if (!('at' in scanSafely(text))) plain++
      }),
      { numRuns: 2000 },
    )
    expect(plain).toBeGreaterThan(200)
  })

  it('lead to what is written there', () => {
    const text = '<?xml version="1.0"?>\n<MPD a="1"><p:S  t = \'x&amp;y\' ></p:S><!-- <S/> --><S/></MPD>\n'
    const { root } = parseXmlSource(new TextEncoder().encode(text))
    const [first, second] = root.children
    const [attribute] = first?.attributes ?? []
    const inText = (from = 0, to = 0): string => text.slice(from, to)
    expect(inText(root.start, root.openEnd)).toBe('<MPD a="1">')
    expect(inText(first?.start, first?.end)).toBe("<p:S  t = 'x&amp;y' ></p:S>")
    expect(inText(first?.closeStart, first?.end)).toBe('</p:S>')
    expect(inText(attribute?.start, attribute?.valueEnd)).toBe("  t = 'x&amp;y")
    expect(inText(attribute?.valueStart, attribute?.valueEnd)).toBe('x&amp;y')
    expect(attribute?.value).toBe('x&y')
    expect(inText(second?.start, second?.end)).toBe('<S/>')
  })
})

function scanSafely(text: string): object {
  try {
    return scanPlaced(text, XML_LIMITS)
  } catch {
    return { at: 0 }
  }
}
