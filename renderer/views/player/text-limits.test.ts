import { expect, it } from 'vitest'
import { TextLimits } from './text-limits.ts'

function limits() {
  const said: string[] = []
  let nowMs = 0
  const text = new TextLimits(
    (sentence) => said.push(sentence),
    () => nowMs,
  )
  const give = (content: string): string =>
    new TextDecoder().decode(text.bounded(new TextEncoder().encode(content).buffer, 'http://g/service1/sub.vtt?x'))
  return { said, give, pass: (ms: number) => (nowMs += ms) }
}
const vtt = (cues: number): string => `WEBVTT\n\n${'00:00.000 --> 00:01.000\na\n\n'.repeat(cues)}`
const ttml = (cues: number): string => `<tt><body><div>${'<p begin="1s">a</p>'.repeat(cues)}</div></body></tt>`

it('leaves subtitles of a film as they are', () => {
  const { said, give } = limits()
  for (const text of [vtt(1500), ttml(1000), 'moof\0\0mdatvttcpayl']) expect(give(text)).toBe(text)
  expect(said).toEqual([])
})

it('leaves out what would stop the window, and says so', () => {
  const { said, give } = limits()
  expect(give(vtt(30_000))).toBe('WEBVTT\n\n')
  expect(give(ttml(10_000))).toContain('<body/>')
  expect(give(`<tt>${'<br/>'.repeat(30_000)}</tt>`)).toContain('<body/>')
  expect(give('x'.repeat(2_000_000))).toBe('')
  expect(give('vttc'.repeat(5000))).toBe('')
  expect(said).toEqual([
    'Subtitles are left out: sub.vtt has 30\u2009000 cues, and 3\u2009000 are shown at most.',
    'Subtitles are left out: sub.vtt has 10\u2009000 cues, and 3\u2009000 are shown at most.',
    'Subtitles are left out: sub.vtt has 30\u2009002 elements, and 20\u2009000 are read at most.',
    'Subtitles are left out: sub.vtt has 2\u2009000\u2009000 bytes, and 1\u2009048\u2009576 are read at most.',
    'Subtitles are left out: sub.vtt has 5\u2009000 cues, and 3\u2009000 are shown at most.',
  ])
})

it('bounds what comes in many documents, and lets it go on later', () => {
  const { said, give, pass } = limits()
  for (let at = 0; at < 3; at++) expect(give(vtt(1000))).toBe(vtt(1000))
  expect(give(vtt(1000))).toBe('WEBVTT\n\n')
  expect(said).toEqual(['Subtitles are left out: sub.vtt brings more cues than 50 a second.'])
  pass(20_000)
  expect(give(vtt(1000))).toBe(vtt(1000))
})
