import { describe, expect, test } from 'vitest'
import { MAX_SHOWN, shownDocument, shownJsonText, shownText } from './shown-text.ts'

describe('shownText', () => {
  test.each([
    ['plain', 'KSNV-DT 3.1', 'KSNV-DT 3.1'],
    ['letters of any script', 'Zürich Ψηφ 日本 नमस्ते فارسی‌ها 👨‍👩‍👧', 'Zürich Ψηφ 日本 नमस्ते فارسی‌ها 👨‍👩‍👧'],
    ['escape sequences', 'a\x1b[2J\x1b]0;title\x07b', 'a\\x1b[2J\\x1b]0;title\\x07b'],
    ['C1 controls', 'a\x9b31mb\x85c', 'a\\x9b31mb\\x85c'],
    ['line breaks', 'a\nb\rc\u2028d\u2029e\vf', 'a\\nb\\rc\\u2028d\\u2029e\\x0bf'],
    ['controls of direction', 'exe\u202egpj.\u2066x\u2069\u200f\u061c', 'exe\\u202egpj.\\u2066x\\u2069\\u200f\\u061c'],
    ['invisible characters', 'a\u200bb\ufeffc\u{e0041}d\u00ad', 'a\\u200bb\\ufeffc\\u{e0041}d\\xad'],
    ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
  ])('%s', (_, text, shown) => {
    expect(shownText(text)).toBe(shown)
  })

  test('leaves four combining marks on a character', () => {
    expect(shownText(`e${'\u0301'.repeat(20_000)}f`)).toBe(`e${'\u0301'.repeat(4)}…f`)
    expect(shownText('e\u0301\u0302')).toBe('e\u0301\u0302')
  })

  test('cuts a long text in the middle', () => {
    const shown = shownText(`${'a'.repeat(1e6)}end`)
    expect(shown.length).toBeLessThanOrEqual(MAX_SHOWN)
    expect(shown).toMatch(/^a{900,}…a{900,}end$/)
    expect(shownText('\n'.repeat(1e6), 100).length).toBeLessThanOrEqual(100)
  })
})

test('a document keeps its lines, and nothing else that moves the cursor', () => {
  expect(shownDocument('<a>\r\n\t<b/>\x1b[1m\u202e\n</a>')).toBe('<a>\n\t<b/>\\x1b[1m\\u202e\n</a>')
})

test('JSON reads back as the same value', () => {
  const value = { name: 'a\x1b\x9b\u202e\u2028\ud800\n\t"', list: ['\u{e0041}'] }
  const text = shownJsonText(JSON.stringify(value, null, 1))
  expect(JSON.parse(text)).toEqual(value)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: only line breaks of the layout are left
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\u{e0000}-\u{e0fff}]/u)
})
