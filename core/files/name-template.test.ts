import { describe, expect, it } from 'vitest'
import { parseNameTemplate } from './name-template.ts'

describe('names of received files', () => {
  it.each([
    ['service$ServiceID$/$File$', 'service7', 'a/b.m4s'],
    ['ATSC$ServiceID$_rec/x-$File$', 'ATSC7_rec', 'x-a/b.m4s'],
    ['rec/$num$', 'rec', '3.m4s'],
    ['a/$ServiceID$/$ServiceID$/n$num$-$File$', 'a/7/7', 'n3-a/b.m4s'],
  ])('%s', (text, folder, file) => {
    const names = parseNameTemplate(text)
    expect([names.folderOf(7), names.fileOf('a/b.m4s', 3)]).toEqual([folder, file])
    expect(names.counts).toBe(text.includes('$num$'))
  })

  it('have no ending where the file had none', () => {
    expect(parseNameTemplate('rec/$num$').fileOf('a.b/c', 0)).toBe('0')
  })

  it.each([
    ['$File$', 'names no folder below that of --out'],
    ['../x/$File$', 'names no folder below that of --out'],
    ['a/./$File$', 'names no folder below that of --out'],
    ['/a/$File$', 'names no folder below that of --out'],
    ['a\\b/$File$', 'names no folder below that of --out'],
    ['a/one', 'gives every file one name'],
    ['$File$/$num$', 'has $File$, and there are $ServiceID$'],
    ['a/$File$$PID$', 'has $PID$, and there are $File$, $num$'],
  ])('%s is refused', (text, words) => {
    expect(() => parseNameTemplate(text)).toThrow(words)
  })
})
