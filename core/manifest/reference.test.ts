import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveReference } from './reference.ts'

test.each([
  ['manifest.mpd', 'a.m4s', 'a.m4s'],
  ['dash/manifest.mpd', 'a.m4s', 'dash/a.m4s'],
  ['dash/manifest.mpd', '../a.m4s', 'a.m4s'],
  ['dash/manifest.mpd', '../../a.m4s', '../a.m4s'],
  ['dash/manifest.mpd', './b/./a.m4s', 'dash/b/a.m4s'],
  ['manifest.mpd', '/a.m4s', '/a.m4s'],
  ['manifest.mpd', '', 'manifest.mpd'],
  ['a/', 'http://h/x', 'http://h/x'],
  ['a/m.mpd', 'x?q=../y', 'a/x?q=../y'],
  ['tag:host.2025.services.1/manifest.mpd', 'a.m4s', 'tag:host.2025.services.1/a.m4s'],
])('%s + %s', (base, reference, expected) => expect(resolveReference(base, reference)).toBe(expected))

test('agrees with the platform on absolute bases', () => {
  const part = fc.constantFrom('a', 'b.m4s', '..', '.', 'c')
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))
  fc.assert(
    fc.property(path, path, fc.boolean(), (base, reference, rooted) => {
      const from = new URL(`http://host/${base}`).href
      const wanted = (rooted ? '/' : '') + reference
      expect(resolveReference(from, wanted)).toBe(new URL(wanted, from).href)
    }),
  )
})
