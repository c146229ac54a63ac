import { describe, expect, it } from 'vitest'
import { decodedText } from '../../model/playable-text.ts'
import { checkCodecs, codecFact } from './codecs.ts'

const NOTHING = { decode: [], advice: null }
const decodes =
  (...good: string[]) =>
  (type: string) =>
    good.some((codec) => type.includes(`"${codec}`))

describe('codecs', () => {
  it('names known codecs and keeps others as they are', () => {
    expect(codecFact('hvc1.2.4.L120')).toMatchObject({ name: 'HEVC (hvc1.2.4.L120)', kind: 'video' })
    expect(codecFact('mp4a.40.2')).toMatchObject({ name: 'AAC (mp4a.40.2)', kind: 'audio' })
    expect(codecFact('zzzz.1')).toMatchObject({ name: 'zzzz.1', kind: 'video' })
  })

  it('queries the media type of the kind', () => {
    const asked: string[] = []
    checkCodecs(['avc1.42c01e', 'ac-4.02.01.00', 'stpp.ttml.im1t'], (type) => asked.push(type) > 0)
    expect(asked).toEqual(['video/mp4; codecs="avc1.42c01e"', 'audio/mp4; codecs="ac-4.02.01.00"'])
  })

  it('has no message for decodable codecs', () => {
    expect(checkCodecs(['avc1.42c01e', 'mp4a.40.2'], () => true)).toEqual({ ...NOTHING, blocked: false, message: null })
    expect(checkCodecs([], () => false)).toEqual({ ...NOTHING, blocked: false, message: null })
  })

  it('plays sound only when no video is decodable, and names the codec', () => {
    expect(checkCodecs(['hvc1.2.4.L120', 'mp4a.40.2'], decodes('mp4a'))).toEqual({
      ...NOTHING,
      blocked: false,
      message: 'HEVC (hvc1.2.4.L120) is not decodable here; playing sound only.',
    })
  })

  it('has all that ffmpeg can decoded by it where the window failed at what it claims', () => {
    const state = { state: 'ready', path: '/usr/bin/ffmpeg', version: '5.1', reason: null } as const
    const decoder = { ...state, decodes: ['hevc', 'aac'] }
    const codecs = ['hvc1.2.4.L120', 'mp4a.40.2', 'ac-4.02.01']
    expect(checkCodecs(codecs, () => true, decoder)).toEqual({ ...NOTHING, blocked: false, message: null })
    expect(checkCodecs(codecs, () => true, decoder, true)).toMatchObject({
      decode: ['hvc1.2.4.L120', 'mp4a.40.2'],
      message: null,
    })
    expect(checkCodecs(codecs, () => true, null, true)).toMatchObject({ decode: [], message: null })
  })

  it('blocks a service without decodable codecs', () => {
    expect(checkCodecs(['hvc1.2.4.L120', 'ac-4.02.01'], decodes('mp4a'))).toEqual({
      ...NOTHING,
      blocked: true,
      message: 'HEVC (hvc1.2.4.L120) and AC-4 (ac-4.02.01) are not decodable here.',
    })
  })

  it('plays the decodable representations', () => {
    expect(checkCodecs(['avc1.42c01e', 'ac-4.02.01'], decodes('avc1')).message).toBe(
      'AC-4 (ac-4.02.01) is not decodable here; playing video only.',
    )
    expect(checkCodecs(['avc1.42c01e', 'hev1.1', 'vvc1.1', 'mp4a.40.2'], decodes('avc1', 'mp4a'))).toEqual({
      ...NOTHING,
      blocked: false,
      message: 'HEVC (hev1.1) and VVC (vvc1.1) are not decodable here; playing the other representations.',
    })
  })

  const ffmpeg = {
    state: 'ready',
    path: '/bin/ffmpeg',
    version: '7.1',
    decodes: ['hevc', 'eac3'],
    reason: null,
  } as const

  it('leaves to ffmpeg what it decodes, and names what it does not', () => {
    const off = decodes()
    expect(checkCodecs(['hvc1.2.4.L120', 'ec-3', 'stpp'], off, ffmpeg)).toEqual({
      ...NOTHING,
      blocked: false,
      message: null,
      decode: ['hvc1.2.4.L120', 'ec-3'],
    })
    expect(checkCodecs(['hvc1.2.4.L120', 'ac-4.02.01', 'ac-4.02.01'], off, ffmpeg)).toEqual({
      blocked: false,
      message: 'AC-4 (ac-4.02.01) is not decodable here; playing video only.',
      decode: ['hvc1.2.4.L120'],
      advice: 'ffmpeg 7.1 has no decoder ac4; a build that has one would decode it.',
    })
    expect(checkCodecs(['avc1.42c01e', 'hvc1.2.4.L120'], decodes('avc1'), ffmpeg).decode).toEqual(['hvc1.2.4.L120'])
  })

  it.each([
    ['absent', null, 'With ffmpeg installed it plays'],
    ['off', null, 'switched off (--ffmpeg off)'],
    ['asking', null, 'Looking for an ffmpeg'],
    ['unfit', 'There is no program /x.', 'There is no program /x.'],
  ] as const)('says how to get a decoder where ffmpeg is %s', (state, reason, words) => {
    const decoder = { state, path: null, version: null, decodes: [], reason }
    const check = checkCodecs(['hvc1.2.4.L120'], decodes(), decoder)
    expect(check).toMatchObject({ blocked: true, decode: [] })
    expect(check.advice).toContain(words)
  })

  it('says how a picture is made', () => {
    expect(decodedText({ height: 360, framesPerS: 29.97, speed: 1.82 })).toBe('ffmpeg 360p, 29.97/s, 1.8 × real time')
    expect(decodedText({ height: 240, framesPerS: 0, speed: 4 })).toBe('ffmpeg 240p, key frames only, 4.0 × real time')
  })

  it('blocks a radio service without a decoder', () => {
    expect(checkCodecs(['mhm1.0x0b'], () => false).blocked).toBe(true)
  })
})
