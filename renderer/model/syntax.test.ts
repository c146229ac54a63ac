import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { indentXml, SYNTAX_LIMIT, syntaxRuns } from './syntax.ts'

describe('colouring', () => {
  it('names the parts of XML', () => {
    const runs = syntaxRuns('<!-- a --><SLT bsid="372">x</SLT>', 'xml')
    expect(runs.filter((run) => run.kind !== null)).toEqual([
      { text: '<!-- a -->', kind: 'comment' },
      { text: '<SLT', kind: 'tag' },
      { text: 'bsid', kind: 'attribute' },
      { text: '"372"', kind: 'value' },
      { text: '>', kind: 'tag' },
      { text: '</SLT', kind: 'tag' },
      { text: '>', kind: 'tag' },
    ])
  })

  it('names the tags of a playlist', () => {
    const kinds = syntaxRuns('#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\nseg.m4s', 'plain').map((run) => run.kind)
    expect(kinds).toContain('tag')
    expect(kinds).toContain('value')
  })

  it('never changes the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '/', '"', "'", '=', '!', '-', '?', ' ', 'a', '\n') }),
        (text) => {
          expect(
            syntaxRuns(text, 'xml')
              .map((run) => run.text)
              .join(''),
          ).toBe(text)
          expect(
            syntaxRuns(`#EXTM3U${text}`, 'plain')
              .map((run) => run.text)
              .join(''),
          ).toBe(`#EXTM3U${text}`)
        },
      ),
    )
  })

  it('leaves very long texts plain', () => {
    expect(syntaxRuns('<a/>'.repeat(SYNTAX_LIMIT / 4 + 1), 'xml')).toHaveLength(1)
  })
})

describe('indenting', () => {
  it('puts one element on a line', () => {
    expect(indentXml('<?xml version="1.0"?><a><b x="1"/><c>text</c><d><e/></d></a>')).toBe(
      '<?xml version="1.0"?>\n<a>\n  <b x="1"/>\n  <c>text</c>\n  <d>\n    <e/>\n  </d>\n</a>',
    )
  })

  it('is idempotent', () => {
    const once = indentXml('<a><!-- note --><b>1</b><c/></a>')
    expect(indentXml(once)).toBe(once)
  })
})
