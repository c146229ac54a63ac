import { describe, expect, it } from 'vitest'
import { decodableMaster } from './hls-codecs.ts'

const master = (codecs: string): string =>
  [
    '#EXTM3U',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="E",URI="audio.m3u8"',
    `#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="${codecs}",RESOLUTION=640x360,AUDIO="a"`,
    'video.m3u8',
    '',
  ].join('\n')
const decodable = (type: string): boolean => /avc1|mp4a/.test(type)

describe('a multivariant playlist', () => {
  it('is as it is where all, or nothing, can be decoded', () => {
    for (const codecs of ['avc1.64001f,mp4a.40.2', 'hvc1.1.6.L93,ac-4.02.01.03'])
      expect(decodableMaster(master(codecs), decodable)).toBe(master(codecs))
  })

  it('offers the picture without sound that cannot be decoded', () => {
    for (const sound of ['ac-4.02.01.03', 'mhm1.0x0D']) {
      const lines = decodableMaster(master(`avc1.64001f,${sound}`), decodable).split('\n')
      expect(lines.slice(0, 3)).toEqual([
        '#EXTM3U',
        '#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.64001f",RESOLUTION=640x360',
        'video.m3u8',
      ])
    }
  })

  it('keeps sounds that another variant has', () => {
    const two = `${master('avc1.64001f,ac-4.02.01.03')}#EXT-X-STREAM-INF:BANDWIDTH=2000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"\nhd.m3u8\n`
    expect(decodableMaster(two, decodable)).toContain('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a"')
  })

  it('offers the sound alone where the picture cannot be decoded', () => {
    const lines = decodableMaster(master('hvc1.1.6.L93,mp4a.40.2'), decodable).split('\n')
    expect(lines.slice(2, 4)).toEqual([
      '#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="mp4a.40.2",RESOLUTION=640x360',
      'audio.m3u8',
    ])
  })

  it('leaves out a variant without anything to decode beside one that can be', () => {
    const two = `${master('avc1.64001f,mp4a.40.2')}#EXT-X-STREAM-INF:BANDWIDTH=2000,CODECS="hvc1.1.6.L93"\nuhd.m3u8\n`
    const text = decodableMaster(two, decodable)
    expect(text).toContain('video.m3u8')
    expect(text).not.toContain('uhd.m3u8')
  })
})
