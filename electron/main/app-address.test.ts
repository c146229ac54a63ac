import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appFilePath, isOurPage } from './app-address.ts'

const folder = join('/', 'app', 'renderer')

describe('appFilePath', () => {
  test('names files below the folder', () => {
    expect(appFilePath(folder, 'routescope://app/')).toBe(join(folder, 'index.html'))
    expect(appFilePath(folder, 'routescope://app/assets/a%20b.js?x#y')).toBe(join(folder, 'assets', 'a b.js'))
  })

  test.each(['/..%2f..%2fetc%2fpasswd', '/a%00.js', '/%zz'])('refuses %s', (path) => {
    expect(appFilePath(folder, `routescope://app${path}`)).toBeNull()
  })

  test('keeps dot segments inside', () => {
    expect(appFilePath(folder, 'routescope://app/%2e%2e/main/index.cjs')).toBe(join(folder, 'main', 'index.cjs'))
  })

  test('refuses another host', () => {
    expect(appFilePath(folder, 'routescope://other/index.html')).toBeNull()
  })
})

test('isOurPage refuses look-alikes', () => {
  expect(isOurPage('routescope://app/index.html#x')).toBe(true)
  for (const url of ['routescope://app.example/', 'https://example.org/routescope://app/', 'file:///app/', '']) {
    expect(isOurPage(url)).toBe(false)
  }
})
