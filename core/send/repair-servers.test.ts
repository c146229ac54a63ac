import { describe, expect, it } from 'vitest'
import { parseRepairServers } from './repair-servers.ts'

const ORIGIN = 'https://user:secret@origin.example:8443/live/news.mpd?key=1'

describe('repair servers as MABRBaseURLs names them', () => {
  it.each([
    ['http://a.example/x/', [['http://a.example/x/', 1]]],
    [
      '3;http://a.example/x/, https://b.example:81/',
      [
        ['http://a.example/x/', 3],
        ['https://b.example:81/', 1],
      ],
    ],
    [
      'src,2;http://a.example/',
      [
        ['https://origin.example:8443/live/', 1],
        ['http://a.example/', 2],
      ],
    ],
    ['-1;src,http://a.example/', [['http://a.example/', 1]]],
    ['-1;http://b.example/', []],
    ['ftp://a.example/', null],
    ['http://', null],
    ['', null],
    ['x;http://a.example/', null],
  ])('%j', (text, expected) => {
    expect(parseRepairServers(text, ORIGIN)?.map(({ url, weight }) => [url, weight]) ?? null).toEqual(expected)
  })

  it('the source of a file on disk is no server', () => {
    expect(parseRepairServers('src', '/films/news.mpd')).toBeNull()
    expect(parseRepairServers('-1;src,http://a.example/', '/films/news.mpd')).toHaveLength(1)
  })
})
