import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import { ManifestUpdates } from './manifest-updates.ts'
import { forbiddenChange, mpdOutline } from './mpd-outline.ts'

const S = 1_000_000
const SERVICE = asServiceId(1)

type Period = { readonly id?: string; readonly start?: string; readonly sets?: readonly (readonly string[])[] }

/** A dynamic MPD; each set is the ids of its representations. */
function mpd(start: string, ...periods: readonly Period[]): Uint8Array {
  const attribute = (name: string, value: string | undefined): string =>
    value === undefined ? '' : ` ${name}="${value}"`
  const text = periods.map(({ id, start: at, sets = [['v'], ['a']] }) => {
    const inside = sets.map(
      (each) => `<AdaptationSet>${each.map((one) => `<Representation id="${one}"/>`).join('')}</AdaptationSet>`,
    )
    return `<Period${attribute('id', id)}${attribute('start', at)}>${inside.join('')}</Period>`
  })
  return new TextEncoder().encode(
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" availabilityStartTime="${start}">${text.join('')}</MPD>`,
  )
}

function change(before: Uint8Array, now: Uint8Array) {
  const [from, to] = [mpdOutline(before), mpdOutline(now)]
  return from === null || to === null ? 'not compared' : forbiddenChange(from, to)
}

const T = '2026-01-01T00:00:00Z'

describe('a later version of an MPD', () => {
  it.each([
    ['another start', mpd('2026-01-01T00:00:08Z', {}), { of: 'start', before: T }],
    ['a Period that begins elsewhere', mpd(T, { id: '1', start: 'PT8S' }), { of: 'period', period: '1', now: 'PT8S' }],
    ['a set more', mpd(T, { id: '1', start: 'PT0S', sets: [['v'], ['a'], ['t']] }), { of: 'sets', now: '1, 2, 3' }],
    [
      'another order of representations',
      mpd(T, { id: '1', start: 'PT0S', sets: [['w', 'v'], ['a']] }),
      { of: 'representations' },
    ],
  ])('may not have %s', (_, now, expected) => {
    const before = mpd(T, {
      id: '1',
      start: 'PT0S',
      sets: expected.of === 'representations' ? [['v', 'w'], ['a']] : [['v'], ['a']],
    })
    expect(change(before, now)).toMatchObject(expected)
  })

  it('may have a Period more or less, whatever is in it', () => {
    const one = { id: '1', start: 'PT0S' }
    const next = { id: '2', start: 'PT60S', sets: [['x']] }
    expect(change(mpd(T, one), mpd(T, one, next))).toBeNull()
    expect(change(mpd(T, one, next), mpd(T, next))).toBeNull()
    expect(change(mpd(T, { start: 'PT0S' }), mpd(T, { start: 'PT0S' }, { start: 'PT9S', sets: [['x']] }))).toBeNull()
    expect(change(mpd(T, { start: 'PT0S' }), mpd(T, { start: 'PT0S', sets: [['x'], ['a']] }))).toMatchObject({
      of: 'representations',
    })
  })

  it('is not compared where one is static, another document or none', () => {
    const text = (xml: string) => new TextEncoder().encode(xml)
    for (const other of ['<MPD type="static"/>', '<S-TSID/>', '<MPD', ''])
      expect(change(mpd(T, {}), text(other))).toBe('not compared')
  })
})

describe('changes that players do not follow', () => {
  function watch() {
    const found: string[] = []
    const updates = new ManifestUpdates((facts, place) => {
      if (facts.kind === 'manifestChanged') found.push(`${place.timeUs / S} ${facts.change.of}`)
    })
    const arrive = (bytes: Uint8Array, atS: number): void => {
      updates.slsFragment(SERVICE, { type: 'MPD', name: 'a.mpd', version: null, bytes }, atS * S)
      updates.look(atS * S)
    }
    return { updates, found, arrive }
  }
  const other = mpd(T, { sets: [['x']] })

  it('are told of the time of the version, once no sender can have begun again', () => {
    const { updates, found, arrive } = watch()
    arrive(mpd(T, {}), 1)
    arrive(other, 20)
    arrive(other, 25)
    updates.look(34 * S)
    expect(found).toEqual([])
    updates.look(35 * S)
    expect(found).toEqual(['20 sets'])
  })

  it.each([8, 20, 30])(
    'are another presentation where the sender begins again soon before or after: at %d s',
    (atS) => {
      const { updates, found, arrive } = watch()
      arrive(mpd(T, {}), 1)
      if (atS < 20) updates.restarted(atS * S)
      arrive(other, 20)
      if (atS >= 20) updates.restarted(atS * S)
      updates.close()
      expect(found).toEqual([])
    },
  )

  it('are none where it began again long before', () => {
    const { updates, found, arrive } = watch()
    updates.restarted(2 * S)
    arrive(mpd(T, {}), 3)
    arrive(other, 20)
    updates.close()
    expect(found).toEqual(['20 sets'])
  })
})
