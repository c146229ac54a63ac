import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ANYONE, accessOf, mayUse, NOBODY } from './access.ts'
import { readIni } from './ini.ts'
import { Logins } from './logins.ts'
import { Users } from './users.ts'

const SALT = '0f'.repeat(32)
const hash = createHash('sha256').update('secret@').update(Buffer.from(SALT, 'hex')).digest('hex')
const FILE = `[ann]\npassword=${hash}\nsalt=${SALT}\n[groups]\nstaff=ann,ben\nother=ben\n`
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('users', () => {
  const users = Users.parse(FILE, 'users.ini')

  it('log in by their password, and are of their groups', () => {
    expect(users.check('ann', 'secret')).toEqual({ name: 'ann', groups: new Set(['users', 'staff']) })
    for (const [name, password] of [
      ['ann', 'Secret'],
      ['ben', 'secret'],
      ['ann', ''],
      ['ann', 's'.repeat(100)],
    ] as const)
      expect(users.check(name, password)).toBeNull()
  })

  it('with an entry that cannot be right are refused with its line', () => {
    expect(() => Users.parse(`\n[ann]\npassword=00\nsalt=${SALT}\n`, 'users.ini')).toThrow(/ann in line 2 of users.ini/)
  })

  it('are told from nobody by Basic only, and wait after five wrong passwords until a minute is over', () => {
    let nowMs = 0
    const logins = new Logins(users, () => nowMs)
    const login = (text: string | undefined) => logins.take(text, '192.0.2.1')
    expect([login(undefined), login('Bearer x'), login('Basic !')]).toEqual(Array(3).fill({ kind: 'nobody' }))
    for (let at = 0; at < 5; at++) expect(login(basic('ann:no'))).toEqual({ kind: 'nobody' })
    expect(login(basic('ann:secret'))).toEqual({ kind: 'wait', seconds: 60 })
    expect(logins.take(basic('ann:secret'), '192.0.2.2').kind).toBe('user')
    nowMs = 60_000
    expect(login(basic('ann:secret')).kind).toBe('user')
  })
})

describe('rights', () => {
  const ann = { name: 'ann', groups: new Set(['users', 'staff']) }

  it.each([
    [undefined, undefined, 'yes', 'yes'],
    ['ann', undefined, 'login', 'yes'],
    ['ben', undefined, 'login', 'no'],
    [undefined, 'staff', 'login', 'yes'],
    [undefined, 'users', 'login', 'yes'],
    ['$ALL', 'nobody', 'yes', 'yes'],
    ['$NONE', 'staff', 'no', 'no'],
    ['', undefined, 'no', 'no'],
  ])('of users %j and groups %j: nobody %s, ann %s', (listed, groups, nobody, known) => {
    const access = accessOf(listed, groups, ANYONE)
    expect([mayUse(access, null), mayUse(access, ann)]).toEqual([nobody, known])
  })

  it('without a list are as is usual', () => {
    expect(accessOf(undefined, undefined, NOBODY)).toBe(NOBODY)
  })
})

describe('sections', () => {
  it('are read with their lines', () => {
    const [one, two] = readIni('# a remark\n[a b]\nkey = x=y\n; another\n[c]\n', 'f')
    expect([one?.name, one?.line, [...(one?.values ?? [])], two?.name]).toEqual(['a b', 2, [['key', 'x=y']], 'c'])
  })

  it('of any text are read or refused with a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('[', ']', '=', '\n', 'a', ' ', '#') }), (text) => {
        try {
          expect(Array.isArray(readIni(text, 'f'))).toBe(true)
        } catch (error) {
          expect(String(error)).toMatch(/Line \d+ of f is neither/)
        }
      }),
    )
  })
})
