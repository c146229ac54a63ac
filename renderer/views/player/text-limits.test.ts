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
const at = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 23)
const vtt = (cues: number, each = 1): string =>
  `WEBVTT\n\n${Array.from({ length: cues }, (_, n) => `${at(Math.floor(n / each))} --> ${at(Math.floor(n / each) + 1)}\na\n\n`).join('')}`
const ttml = (cues: number, each = 1): string =>
  `<tt><body><div>${Array.from({ length: cues }, (_, n) => `<p begin="${at(Math.floor(n / each))}" end="${Math.floor(n / each) + 1}s"><span>a</span><br/></p>`).join('')}</div></body></tt>`

it('leaves subtitles of a film as they are', () => {
  const { said, give } = limits()
  for (const text of [
    vtt(1500),
    vtt(300, 3),
    ttml(500),
    ttml(100, 4),
    'moof\0\0mdatvttcpayl',
    `moof\0\0mdat${ttml(20)}`,
  ])
    expect(give(text)).toBe(text)
  expect(said).toEqual([])
})

it('leaves out what would stop the window, and says so', () => {
  const { said, give } = limits()
  expect(give(vtt(20_000))).toBe('WEBVTT\n\n')
  expect(give(vtt(500, 100))).toBe('WEBVTT\n\n')
  expect(give(`WEBVTT\n\n${'0:0 --> 1:1\na\n\n'.repeat(200)}`)).toBe('WEBVTT\n\n')
  expect(give(ttml(1000))).toContain('<body/>')
  expect(give(ttml(100, 50))).toContain('<body/>')
  expect(give(`<tt>${'<p begin="1s">a</p>'.repeat(60)}</tt>`)).toContain('<body/>')
  expect(give(`<tt>${'<p a=">" begin="1s">a</p>'.repeat(70)}</tt>`)).toContain('<body/>')
  expect(give(`<tt>${'<br/>'.repeat(30_000)}</tt>`)).toContain('<body/>')
  expect(give('x'.repeat(2_000_000))).toBe('')
  expect(give('vttc'.repeat(5000))).toBe('')
  expect(said.map((one) => one.replace('Subtitles are left out: sub.vtt ', ''))).toEqual([
    'has 20\u2009000 cues, and 3\u2009000 are read at most.',
    'shows 100 cues at once, and 24 are shown at most.',
    'shows 200 cues at once, and 24 are shown at most.',
    'has 1\u2009000 cues, and 600 are read at most.',
    'shows 50 cues at once, and 24 are shown at most.',
    'shows 60 cues at once, and 24 are shown at most.',
    'shows 70 cues at once, and 24 are shown at most.',
    'has 30\u2009002 elements, which is more than can be laid out.',
    'has 2\u2009000\u2009000 bytes, and 1\u2009048\u2009576 are read at most.',
    'has 5\u2009000 cues, and 300 are read at most.',
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
