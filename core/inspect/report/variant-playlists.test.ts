import { describe, expect, it } from 'vitest'
import { firstVariantUs, PlaylistsSeen, withoutVariant } from './variant-playlists.ts'

const bytes = (text: string) => (): Uint8Array => new TextEncoder().encode(text)
const MEDIA = bytes('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nv-1.m4s\n')
const masterOf = (...variants: string[]) =>
  bytes(
    `#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="a.m3u8"\n${variants.map((uri) => `#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\n${uri}\n`).join('')}`,
  )

/** What came by the time of each, beside a master playlist `live/master.m3u8`. */
function seenOf(variants: readonly string[], names: readonly (string | null)[]): PlaylistsSeen[] {
  const [signalling, files] = [new PlaylistsSeen(), new PlaylistsSeen()]
  signalling.came('live/master.m3u8', 1, masterOf(...variants))
  for (const [at, name] of names.entries()) files.came(name, at + 2, MEDIA)
  return [signalling, files]
}

describe('the playlist of a variant', () => {
  it.each<[reference: string, name: string | null]>([
    ['v.m3u8', 'v.m3u8'],
    ['v.m3u8', 'live/v.m3u8'],
    ['./v/../hd/v.m3u8', 'live/hd/v.m3u8'],
    ['../hd/v.m3u8?token=1', 'hd/v.m3u8'],
    ['/hd/v%31.m3u8', 'http://a.example/hd/v1.m3u8'],
    ['https://cdn.example/x/v.m3u8', 'y/v.m3u8'],
    ['v.m3u8', null],
    ['{$path}/v.m3u8', 'live/v.m3u8'],
  ])('came for %s as %s', (reference, name) => {
    expect(firstVariantUs(seenOf([reference], [name]))).toBe(2)
  })

  it.each([
    ['hd/v.m3u8', 'sd/v.m3u8'],
    ['v.m3u8', 'a.m3u8'],
    ['v.m3u8', 'hd-v.m3u8'],
  ])('did not come for %s as %s', (reference, name) => {
    expect(firstVariantUs(seenOf([reference], [name]))).toBeNull()
  })

  it('is one of any, at the time of the first, wherever it is told of first', () => {
    expect(firstVariantUs(seenOf(['x.m3u8', 'y.m3u8'], ['a.m3u8', 'y.m3u8', 'x.m3u8']))).toBe(3)
  })

  it('is not waited for without a master playlist', () => {
    const files = new PlaylistsSeen()
    files.came('v.m3u8', 5, MEDIA)
    expect(firstVariantUs([files])).toBe(0)
    files.came('w.m3u8', 6, bytes('no playlist'))
    expect(firstVariantUs([files])).toBe(0)
  })

  it('is named where none came', () => {
    expect(withoutVariant(seenOf(['v.m3u8'], []))).toBe(
      'The playlist v.m3u8 that its master playlist names has not arrived.',
    )
    expect(withoutVariant(seenOf(['x.m3u8', 'y.m3u8'], []))).toBe(
      'None of the 2 playlists of variants that its master playlist names has arrived, such as x.m3u8.',
    )
    expect(withoutVariant(seenOf([], []))).toBe('Its master playlist names no playlist of a variant.')
  })
})
