import { expect, it } from 'vitest'
import { decodedMpd } from './decoded-mpd.ts'
import { mpdOf } from './parse.ts'
import { parseXmlSource } from './xml-source.ts'

const TEMPLATE =
  '<SegmentTemplate timescale="1000" duration="2000" initialization="i-$RepresentationID$" media="$Number$"/>'
const video = (id: string, codecs: string, lines: number, inside = TEMPLATE) =>
  `<Representation id="${id}" codecs="${codecs}" bandwidth="${lines * 1000}" width="${(lines * 16) / 9}" height="${lines}" frameRate="60000/1001">${inside}</Representation>`
const set = (type: string, ...inside: string[]) =>
  `<AdaptationSet contentType="${type}" mimeType="${type}/mp4">${inside.join('')}</AdaptationSet>`
const AC4 =
  '<Representation id="s" codecs="ac-4.02" bandwidth="96000"><AudioChannelConfiguration schemeIdUri="tag:x" value="1"/>'

function decode(sets: string, codecs: readonly string[], height = 360) {
  const text = `<MPD type="static" mediaPresentationDuration="PT8S"><Period>${sets}</Period></MPD>`
  const mpd = mpdOf(parseXmlSource(new TextEncoder().encode(text)), 'm.mpd')
  const { text: made, decoded } = decodedMpd(mpd, { codecs: new Set(codecs), height })
  const kept = [...made.matchAll(/<Representation id="([^"]*)" codecs="([^"]*)"/g)].map(
    ([, id, codec]) => `${id} ${codec}`,
  )
  return {
    made,
    kept,
    decoded: decoded.map(({ kind, representation, framesPerS }) => [kind, representation.id, framesPerS]),
  }
}

it('keeps the smallest representation that is large enough, as what it is decoded to', () => {
  const sizes = [360, 720, 1080].map((lines) => video(`v${lines}`, 'hvc1.2', lines)).join('')
  const { made, kept, decoded } = decode(set('video', sizes) + set('audio', `${AC4}${TEMPLATE}</Representation>`), [
    'hvc1.2',
    'ac-4.02',
  ])
  expect(kept).toEqual(['v720 avc1.640028', 's flac'])
  expect(decoded).toEqual([
    ['video', 'v720', 60000 / 1001],
    ['audio', 's', null],
  ])
  expect(made).toContain('width="640" height="360" frameRate="60000/1001"')
  expect(made).not.toContain('AudioChannelConfiguration')
  expect(made.match(/<SegmentTemplate/g)).toHaveLength(2)
})

it.each([
  [
    'a set that plays in part loses the rest',
    set('video', video('a', 'avc1.42c01e', 360), video('h', 'hvc1.2', 720)),
    ['a avc1.42c01e'],
    [],
  ],
  ['other codecs stay', set('video', video('a', 'avc1.42c01e', 360)), ['a avc1.42c01e'], []],
  [
    'a small picture keeps its size',
    set('video', video('h', 'hvc1.2', 180)),
    ['h avc1.640028'],
    [['video', 'h', 60000 / 1001]],
  ],
  [
    'one file without segments is not decoded',
    set('video', video('h', 'hvc1.2', 720, '<BaseURL>v.mp4</BaseURL>')),
    [],
    [],
  ],
  ['what is neither picture nor sound is not decoded', set('text', video('h', 'hvc1.2', 720)), [], []],
])('%s', (_, sets, kept, decoded) => {
  const read = decode(sets, ['hvc1.2'])
  expect(read.kept).toEqual(kept)
  expect(read.decoded).toEqual(decoded)
})
