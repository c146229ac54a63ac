import { posix, win32 } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PathNames, safeRelativePath } from './safe-name.ts'

describe('safeRelativePath', () => {
  test.each([
    ['video/seg-1.m4s', 'video/seg-1.m4s'],
    ['tag:mabr.gpac.io.2025.services.1/a.mp4', 'tag:mabr.gpac.io.2025.services.1/a.mp4'],
    ['a%20b é.mp4', 'a%20b é.mp4'],
    ['.hidden', '.hidden'],
    ['../../x', '%2E%2E/%2E%2E/x'],
    ['/etc/passwd', 'etc/passwd'],
    ['a//./b', 'a/b'],
    ['C:\\x', 'C:%5Cx'],
    ['a\0b\n', 'a%00b%0A'],
    ['', 'unnamed'],
    ['/', 'unnamed'],
    ['con.mp4', '%63on.mp4'],
    ['a.', 'a%2E'],
    ['a ', 'a%20'],
    ['.routescope-1', '%2Eroutescope-1'],
  ])('%j is %j', (name, path) => expect(safeRelativePath(name, 'posix')).toBe(path))

  test('encodes what turns the direction of writing, breaks lines or cannot be seen', () => {
    for (const odd of [
      '\u202e',
      '\u2066',
      '\u200f',
      '\u061c',
      '\u2028',
      '\x1b',
      '\x9b',
      '\x7f',
      '\ufeff',
      '\u200b',
      '\u{e0041}',
    ]) {
      const encoded = encodeURIComponent(odd)
      expect(safeRelativePath(`exe${odd}gpj.mp4`, 'posix'), encoded).toBe(`exe${encoded}gpj.mp4`)
    }
    expect(safeRelativePath('فیلم‌ها/👨‍👩‍👧.mp4', 'posix')).toBe('فیلم‌ها/👨‍👩‍👧.mp4')
  })

  test('Windows forbids more', () => {
    expect(safeRelativePath('C:\\x?<>|*".mp4', 'windows')).toBe('C%3A%5Cx%3F%3C%3E%7C%2A%22.mp4')
  })

  test('a name of 5 000 characters is cut, keeps its extension and stays unique', () => {
    const first = safeRelativePath(`${'x'.repeat(5000)}1.m4s`)
    const second = safeRelativePath(`${'x'.repeat(5000)}2.m4s`)
    expect(first).not.toBe(second)
    expect(first).toMatch(/^x+~[0-9a-f]{16}\.m4s$/)
    expect(first.length).toBeLessThan(256)
    expect(safeRelativePath('a/'.repeat(2500)).length).toBeLessThan(256)
  })
})

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '',
        '/',
        '\\',
        'C:',
        'con',
        'NUL.txt',
        'a',
        'A',
        'é',
        'e\u0301',
        'ﬁ',
        '\0',
        ' ',
        '%2e%2e',
        '~2',
        '\ud800',
      ),
      fc.string({ maxLength: 8 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))
  .chain((text) => fc.constantFrom(text, `../${text}`, `/${text}`, `${text}/${text}`, text.repeat(20)))

test('no name leaves the folder, and every component can be written everywhere', () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom('posix' as const, 'windows' as const), (name, rules) => {
      const path = safeRelativePath(name, rules)
      expect(posix.normalize(posix.join('/root', path))).toBe(`/root/${path}`)
      expect(win32.resolve('C:\\root', path).toLowerCase().startsWith('c:\\root\\') || rules === 'posix').toBe(true)
      for (const component of path.split('/')) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(component).not.toMatch(/^\.{0,2}$|[\x00-\x1f\\]|[. ]$/)
        expect(Buffer.byteLength(component)).toBeLessThan(256)
      }
      expect(Buffer.byteLength(path)).toBeLessThanOrEqual(1000)
    }),
    { numRuns: 2000 },
  )
})

describe('PathNames', () => {
  test('names that differ by case or composition get a suffix, as does a file named like a folder', () => {
    const names = new PathNames('posix')
    expect(['a.mp4', 'A.mp4', 'x/a', 'x', 'x/a/b', 'a\0', 'a%00'].map((name) => names.pathOf(name))).toEqual([
      'a.mp4',
      'A~2.mp4',
      'x/a',
      'x~2',
      'x/a~2/b',
      'a%00',
      'a%00~2',
    ])
    expect(names.pathOf('A.mp4')).toBe('A~2.mp4')
    names.forget('a.mp4')
    expect(names.pathOf('a.MP4')).toBe('a.MP4')
  })

  test('any set of names gives as many files, on a volume that ignores case too', () => {
    fc.assert(
      fc.property(fc.uniqueArray(hostile, { maxLength: 30 }), (list) => {
        const names = new PathNames('posix')
        const paths = list.map((name) => names.pathOf(name))
        const keys = new Set(paths.map((path) => path.normalize('NFKC').toLowerCase()))
        expect(keys.size).toBe(list.length)
        for (const path of paths)
          for (const other of keys) expect(other.startsWith(`${path.normalize('NFKC').toLowerCase()}/`)).toBe(false)
      }),
    )
  })
})
