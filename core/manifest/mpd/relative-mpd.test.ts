import { describe, expect, it } from 'vitest'
import { parseMpd } from './parse.ts'
import { relativeMpd } from './relative-mpd.ts'
import { namedSegment } from './segments.ts'
import { parseXmlSource } from './xml-source.ts'

const AT = 'https://origin.example/live/one/manifest.mpd?session=1'

function mpd(top: string, set: string, representation: string, period = ''): string {
  return `<MPD>\n${top}<Period>${period}<AdaptationSet>${set}<Representation id="v" bandwidth="5">${representation}</Representation></AdaptationSet></Period></MPD>`
}

const relative = (text: string): string => relativeMpd(parseXmlSource(new TextEncoder().encode(text)), AT)

/** Names of segment 7 on air, and at the origin. */
function names(text: string): (string | undefined)[] {
  const span = { number: 7, time: 70, duration: 1, timescale: 1, startUs: 0, durationUs: 0 }
  return [
    [relative(text), ''],
    [text, AT.split('?', 1)[0]],
  ].map(([each = '', base = '']) => {
    const found = parseMpd(new TextEncoder().encode(each), base).periods[0]?.adaptationSets[0]?.representations[0]
    return found === undefined ? undefined : namedSegment(found, span, 0).name
  })
}

const template = (media: string): string => `<SegmentTemplate duration="1" media="${media}"/>`
const HERE = 'https://origin.example/live/one/'

describe('an MPD whose names are written below it', () => {
  it('is kept as it is where they are', () => {
    const text = mpd('<BaseURL>a/</BaseURL>', template('../$Number$.m4s'), '<BaseURL>b/</BaseURL>')
    expect(relative(text)).toBe(text)
    expect(names(text)).toEqual(['a/7.m4s', `${HERE}a/7.m4s`])
  })

  it.each<[string, string, string, string]>([
    [
      'an address',
      mpd('<BaseURL>https://cdn.example/x/</BaseURL>', template('$Number$.m4s'), ''),
      'b1/7.m4s',
      'https://cdn.example/x/7.m4s',
    ],
    [
      'an address of its own folder',
      mpd(`<BaseURL>${HERE}y/</BaseURL>`, template('$Number$.m4s'), ''),
      'y/7.m4s',
      `${HERE}y/7.m4s`,
    ],
    [
      'a path of the server',
      mpd('', template('/z/$RepresentationID$/$Number%03d$.m4s'), ''),
      'b1/v/007.m4s',
      'https://origin.example/z/v/007.m4s',
    ],
    [
      'a folder above',
      mpd('', template('../$Number$.m4s'), '<BaseURL>../</BaseURL>'),
      'b2/7.m4s',
      'https://origin.example/7.m4s',
    ],
    [
      'a folder below an address',
      mpd('<BaseURL>//cdn.example/x/</BaseURL>', template('$Number$.m4s'), '<BaseURL>y/</BaseURL>'),
      'b1/y/7.m4s',
      '//cdn.example/x/y/7.m4s',
    ],
    [
      'an address below a folder',
      mpd('<BaseURL>y/</BaseURL>', template('$Number$.m4s'), '<BaseURL>https://cdn.example/</BaseURL>'),
      'b1/7.m4s',
      'https://cdn.example/7.m4s',
    ],
    [
      'an address of a template below a folder',
      mpd('<BaseURL>y/z/</BaseURL>', template('https://cdn.example/q/$Number$.m4s'), ''),
      'b1/7.m4s',
      'https://cdn.example/q/7.m4s',
    ],
    ['a query', mpd('', template('$Number$.m4s?token=x&amp;y'), ''), '7.m4s', `${HERE}7.m4s?token=x&y`],
    ['a query that tells segments apart', mpd('', template('s.m4s?n=$Number$'), ''), 's.m4s?n=7', `${HERE}s.m4s?n=7`],
  ])('%s', (_, text, onAir, origin) => {
    expect(names(text)).toEqual([onAir, origin])
  })

  it('has one BaseURL per level and no addresses for updates', () => {
    const text = relative(
      mpd(
        '<Location>next.mpd</Location><BaseURL availabilityTimeOffset="1">a/</BaseURL>\n<BaseURL>https://cdn.example/</BaseURL>',
        template('$Time$'),
        '',
      ),
    )
    expect(text).toContain('<BaseURL availabilityTimeOffset="1">a/</BaseURL>')
    expect(text).not.toMatch(/Location|cdn/)
  })

  it('is refused where representations need different names of one element', () => {
    const set = `${template('/x/$Number$')}<Representation id="a"><BaseURL>deep/</BaseURL></Representation>`
    expect(() => relative(mpd('', set, ''))).toThrowError(/several bases/)
  })
})
