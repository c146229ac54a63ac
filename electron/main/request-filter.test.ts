import { expect, it } from 'vitest'
import { mayRequest } from './request-filter.ts'

const CONTENT = 'http://127.0.0.1:40123'

it.each([
  'routescope://app/index.html',
  'blob:routescope://app/0b1c',
  'data:image/png;base64,AA',
  'devtools://devtools/bundled/inspector.html',
  `${CONTENT}/x/service1/m.mpd?a=b`,
])('lets %s through', (url) => expect(mayRequest(url, CONTENT)).toBe(true))

it.each([
  'http://127.0.0.1:19999/',
  'http://127.0.0.1/',
  'http://localhost:40123/',
  'http://[::1]:40123/',
  'https://127.0.0.1:40123/',
  'ws://127.0.0.1:40123/',
  'http://user@127.0.0.1:40123/',
  'http://127.0.0.1:40123@evil.example/',
  'http://127.0.0.1:40123.evil.example/',
  'http://evil.example/',
  'file:///etc/passwd',
  'ftp://127.0.0.1:40123/',
  'chrome://gpu',
  'about:blank',
  'no url',
])('cancels %s', (url) => expect(mayRequest(url, CONTENT)).toBe(false))
