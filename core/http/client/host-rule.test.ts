import type { LookupAddress, LookupOptions, lookup } from 'node:dns'
import { describe, expect, it, test } from 'vitest'
import { HOST_REFUSED, HostRule } from './host-rule.ts'

/** A resolver that knows these names. */
const resolver = (names: Readonly<Record<string, readonly string[]>>) =>
  ((host: string, options: LookupOptions, found: (error: Error | null, address: unknown, family?: number) => void) => {
    const addresses = (names[host] ?? []).map(
      (address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }),
    )
    if (options.all === true) found(null, addresses)
    else found(null, addresses[0]?.address, addresses[0]?.family)
  }) as typeof lookup

test('a host is asked where it is public, or named by the user in any spelling', () => {
  const rule = new HostRule(['Router.lan', '10.1.1.1', '[fd00::1]'])
  const refused = (url: string): boolean => rule.refusal(new URL(url)) !== null
  for (const url of ['http://cdn.example.org/', 'http://router.lan:8080/', 'http://10.1.1.1/', 'http://[fd00::1]/x'])
    expect([url, refused(url)]).toEqual([url, false])
  for (const url of [
    'http://10.1.1.2/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://[::ffff:7f00:1]/',
    'http://nas/',
  ])
    expect([url, refused(url)]).toEqual([url, true])
})

describe('the addresses of a name', () => {
  const names = {
    'good.example': ['93.184.216.34', '2606:2800:220:1::1'],
    'rebound.example': ['93.184.216.34', '127.0.0.1'],
    'inner.example': ['10.1.1.1'],
  }
  const answers = (host: string, all: boolean, ...named: string[]): unknown[] => {
    const answered: unknown[] = []
    new HostRule(named, resolver(names)).lookup(host, { all }, (...answer: unknown[]) => void answered.push(...answer))
    return answered
  }

  it.each([true, false])('are taken where all are public (all: %s)', (all) => {
    expect(answers('good.example', all)[0]).toBeNull()
  })

  it.each([
    ['rebound.example', true],
    ['inner.example', true],
    ['inner.example', false],
  ])('of %s are refused (all: %s)', (host, all) => {
    expect(answers(host, all)[0]).toMatchObject({ code: HOST_REFUSED })
    expect(answers(host, all, host)[0]).toBeNull()
  })
})
