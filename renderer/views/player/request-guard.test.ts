import { expect, it } from 'vitest'
import { RequestGuard, type RequestTarget } from './request-guard.ts'

const PAGE = 'routescope://app/index.html'
const MANIFEST = 'http://127.0.0.1:4000/secret/service1/http://o/m.mpd'

function guarded() {
  const asked: string[] = []
  const refused: string[] = []
  class Request {
    open(method: string, url: string | URL): void {
      asked.push(`${method} ${url}`)
    }
  }
  const target = {
    XMLHttpRequest: Request as unknown as RequestTarget['XMLHttpRequest'],
    fetch: (async (input: RequestInfo | URL) => {
      asked.push(`fetch ${typeof input === 'object' && 'url' in input ? input.url : input}`)
      return new Response('')
    }) as typeof fetch,
    navigator: { sendBeacon: (url: string | URL) => asked.push(`beacon ${url}`) > 0 },
  }
  const guard = new RequestGuard(PAGE)
  guard.install(target)
  const stop = guard.play(MANIFEST, (url) => refused.push(url))
  return { asked, refused, target, guard, stop, xhr: new Request() }
}

it.each([
  ...[
    'http://127.0.0.1:19999/x',
    'http://127.0.0.1:4000/',
    'http://127.0.0.1:4000/secret/service2/x',
    'https://127.0.0.1:4000/secret/service1/x',
  ],
  ...[
    'http://127.0.0.1:4000/secret/service1/../service2/x',
    'http://127.0.0.1:4000/secret/service1/%2e%2e/x',
    '//127.0.0.1:19999/x',
  ],
  ...[
    'http://u@127.0.0.1:4000/secret/service1/x',
    'http:\\\\127.0.0.1:19999',
    'ht\ttp://127.0.0.1:19999/',
    'http://localhost:4000/secret/service1/x',
  ],
  ...[
    'http://127.0.0.1:4000/secret/clock2',
    'http://127.0.0.1:4000/clock',
    'ws://127.0.0.1:4000/secret/service1/x',
    'file:///etc/passwd',
    'http://',
  ],
])('refuses %j to every way of asking', async (url) => {
  const { asked, refused, target, xhr } = guarded()
  xhr.open('POST', url)
  await expect(target.fetch(url)).rejects.toThrow(TypeError)
  expect(target.navigator.sendBeacon(url)).toBe(false)
  expect(asked).toEqual(['GET blob:refused'])
  expect(refused).toEqual([url, url, url])
})

it('lets the page ask itself, and players the files of what plays and its clock', async () => {
  const { asked, refused, target, guard, stop, xhr } = guarded()
  const urls = [
    ...[
      'http://127.0.0.1:4000/secret/service1/v/1.m4s?x',
      'http://127.0.0.1:4000/secret/clock',
      'index.html',
      '/upload?name=a',
    ],
    ...['blob:routescope://app/1', 'routescope://app/x.js'],
  ]
  for (const url of urls) xhr.open('GET', url)
  await target.fetch(new Request('http://127.0.0.1:4000/secret/service1/1.m4s'))
  expect(asked).toEqual([...urls.map((url) => `GET ${url}`), 'fetch http://127.0.0.1:4000/secret/service1/1.m4s'])
  expect(refused).toEqual([])
  stop()
  // A page without a player is left to its policy.
  await target.fetch('http://127.0.0.1:19999/')
  expect(asked.at(-1)).toBe('fetch http://127.0.0.1:19999/')
  expect(guard.allows('http://127.0.0.1:4000/secret/service1/v/1.m4s')).toBe(false)
})
