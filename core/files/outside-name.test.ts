import { describe, expect, it } from 'vitest'
import { type OutsidePath, pathOfName, pathOfReference } from './outside-name.ts'

const problem = (path: OutsidePath): string => (path.ok ? `ok ${path.path}` : path.problem)

describe('pathOfReference', () => {
  it.each([
    ['video/1.m4s', 'video/1.m4s'],
    ['a%20b.mp4', 'a b.mp4'],
    ['%61.mp4', 'a.mp4'],
    ['50%.mp4', '50%.mp4'],
    ['%252e%252e/x', '%2e%2e/x'],
    ['..a/b..', '..a/b..'],
    ['מפת.mp4', 'מפת.mp4'],
  ])('decodes %s once', (reference, path) => {
    expect(pathOfReference(reference, 'posix')).toEqual({ ok: true, path })
  })

  it.each([
    ['../x', /plain path/],
    ['%2e%2e/%2e%2e/x', /plain path/],
    ['..%2f..%2fx', /plain path/],
    ['a/%2E%2E/b', /plain path/],
    ['a/..', /plain path/],
    ['%2e/x', /plain path/],
    ['a//b', /plain path/],
    ['a/', /plain path/],
    ['', /plain path/],
    ['..%5cx', /backslash/],
    ['%5c%5cserver%5cshare', /backslash/],
    ['x%00.mp4', /NUL/],
    ['a%0ab', /control/],
    ['a%1b[31m', /control/],
    ['a%c2%9bb', /control/],
    ['a%E2%80%AEb', /direction/],
    ['%2fetc/passwd', /absolute/],
    ['/etc/passwd', /absolute/],
    ['C%3Ax', /absolute/],
    ['c:x', /absolute/],
    ['file%3a///etc/passwd', /absolute/],
    ['%ff', /not UTF-8/],
    ['%e2%80', /not UTF-8/],
    [`a/${'x'.repeat(256)}`, /component of more than 255/],
    ['x/'.repeat(2100), /longer than 4096/],
  ])('refuses %s', (reference, why) => {
    expect(problem(pathOfReference(reference, 'posix'))).toMatch(why)
  })

  it('knows devices and forbidden characters of Windows', () => {
    for (const name of ['con', 'a/NUL.mp4', 'com1.txt', 'a:b', 'a|b', 'a.', 'b ']) {
      expect(problem(pathOfName(name, 'windows')), name).toMatch(/Windows|absolute/)
    }
    expect(pathOfName('con', 'posix').ok).toBe(true)
  })
})
