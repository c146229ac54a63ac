import { describe, expect, it } from 'vitest'
import { checkCodecs, codecFact } from './codecs.ts'

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
    expect(checkCodecs(['avc1.42c01e', 'mp4a.40.2'], () => true)).toEqual({ blocked: false, message: null })
    expect(checkCodecs([], () => false)).toEqual({ blocked: false, message: null })
  })

  it('plays sound only when no video is decodable, and names the codec', () => {
    expect(checkCodecs(['hvc1.2.4.L120', 'mp4a.40.2'], decodes('mp4a'))).toEqual({
      blocked: false,
      message: 'HEVC (hvc1.2.4.L120) is not decodable here; playing sound only.',
    })
  })

  it('blocks a service without decodable codecs', () => {
    expect(checkCodecs(['hvc1.2.4.L120', 'ac-4.02.01'], decodes('mp4a'))).toEqual({
      blocked: true,
      message: 'HEVC (hvc1.2.4.L120) and AC-4 (ac-4.02.01) are not decodable here.',
    })
  })

  it('plays the decodable representations', () => {
    expect(checkCodecs(['avc1.42c01e', 'ac-4.02.01'], decodes('avc1')).message).toBe(
      'AC-4 (ac-4.02.01) is not decodable here; playing video only.',
    )
    expect(checkCodecs(['avc1.42c01e', 'hev1.1', 'vvc1.1', 'mp4a.40.2'], decodes('avc1', 'mp4a'))).toEqual({
      blocked: false,
      message: 'HEVC (hev1.1) and VVC (vvc1.1) are not decodable here; playing the other representations.',
    })
  })

  it('blocks a radio service without a decoder', () => {
    expect(checkCodecs(['mhm1.0x0b'], () => false).blocked).toBe(true)
  })
})
