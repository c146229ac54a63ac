import { describe, expect, it } from 'vitest'
import type { ServiceLook, WallSnapshot } from '../../../core/contract/wall.ts'
import { service } from '../../testing/snapshot-rows.ts'
import {
  barLength,
  cardKey,
  cardLayout,
  factsOf,
  lacksPictures,
  lackText,
  levelText,
  noPictureText,
  wallLine,
} from './wall-model.ts'

const LOOK: ServiceLook = {
  ...{ serviceId: 1, picture: 3, pictureUs: 20e6, object: 5, levels: [], noPicture: null, noSound: null },
  ...{ blackSinceUs: null, frozenSinceUs: null, silentSinceUs: null },
}
const READY = { state: 'ready', path: '/usr/bin/ffmpeg', version: '5.1', decodes: ['h264'], reason: null } as const
const WALL: WallSnapshot = { decoder: READY, problem: null, share: 0.42, services: [LOOK] }

describe('the wall', () => {
  it.each([
    [100, 1, 100],
    [450, 2, 220],
    [1400, 7, 191],
  ])('%i px wide has %i columns of %i px', (room, columns, width) => {
    expect(cardLayout(room)).toMatchObject({ columns, width })
  })

  it.each([
    ['ArrowRight', -1, 0],
    ['ArrowRight', 0, 1],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 1, 5],
    ['ArrowDown', 7, 7],
    ['ArrowUp', 5, 1],
    ['ArrowUp', 1, 1],
    ['PageDown', 1, 9],
    ['End', 2, 9],
    ['Home', 7, 0],
    ['a', 7, null],
  ])('%s goes from card %i to %s of ten in four columns', (key, at, to) => {
    expect(cardKey(key, at, 4, 10, 2)).toBe(to)
  })

  it('says what is seen and heard, and for how long', () => {
    expect(factsOf(LOOK)).toEqual([])
    expect(factsOf({ ...LOOK, blackSinceUs: 8e6, silentSinceUs: 20e6 })).toEqual([
      { word: 'Black', text: 'The picture is black for 12.0 s' },
      { word: 'Silent', text: 'There is no sound above −60 dBFS' },
    ])
    expect(levelText([{ peak: -6.2, rms: -18 }])).toBe('Sound −18 dBFS, peaks −6')
    expect([0, -30, -60, -100].map(barLength)).toEqual([1, 0.5, 0, 0])
  })

  it('says in one line what it costs, or what it lacks', () => {
    const services = [service(1), service(2)]
    expect(wallLine(WALL, services)).toBe('1 of 2 services seen, ffmpeg takes 42 % of a core at most')
    const none = { ...READY, version: null, decodes: [] }
    expect(wallLine({ ...WALL, decoder: { ...none, state: 'absent' } }, services)).toContain('get it from ffmpeg.org')
    expect(wallLine({ ...WALL, decoder: { ...none, state: 'unfit', reason: 'It broke.' } }, services)).toBe('It broke.')
    expect(wallLine({ ...WALL, problem: 'ffmpeg failed 3 times.' }, services)).toBe('ffmpeg failed 3 times.')
    expect(wallLine(null, services)).toContain('Nothing is served')
  })

  it('warns of what it lacks, and of nothing while it looks for an ffmpeg', () => {
    const of = (state: WallSnapshot['decoder']['state']) => ({ ...WALL, decoder: { ...READY, decodes: [], state } })
    expect((['ready', 'asking'] as const).map((state) => lacksPictures(of(state)))).toEqual([false, false])
    expect((['off', 'absent', 'unfit'] as const).map((state) => lacksPictures(of(state)))).toEqual([true, true, true])
    expect([lacksPictures(null), lacksPictures({ ...WALL, problem: 'It failed.' })]).toEqual([true, true])
    expect(noPictureText(service(1), null, of('asking'), false)).toBe('No picture yet')
  })

  it('says on a card why it has no picture', () => {
    const one = service(1)
    expect(noPictureText(one, LOOK, WALL, false)).toBe('')
    expect(noPictureText(one, { ...LOOK, picture: 0, noPicture: 'encrypted' }, WALL, false)).toBe('encrypted')
    expect(noPictureText(one, { ...LOOK, noPicture: 'encrypted' }, WALL, false)).toBe('')
    expect(lackText({ ...LOOK, noPicture: 'encrypted' })).toBe('No newer picture: encrypted')
    expect(lackText({ ...LOOK, noPicture: 'encrypted', noSound: 'no decoder' })).toBe('no decoder')
    expect([lackText(LOOK), lackText({ ...LOOK, picture: 0, noPicture: 'encrypted' })]).toEqual([null, null])
    expect(noPictureText(one, null, WALL, false)).toBe('No picture yet')
    expect(noPictureText(one, null, null, true)).toBe('No thumbnail')
    expect(noPictureText({ state: 'not-joined' }, null, WALL, false)).toBe('Not received')
  })
})
