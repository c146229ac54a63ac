import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { RULES } from '../contract/rules.ts'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { FIXTURE_START_US, liveFixture } from '../testing/make-fixtures.ts'
import { RunningProgram, routescope, TestFolder } from '../testing/program.ts'
import { attr, childrenOf, type XmlElement } from '../xml/xml-element.ts'
import { parseXml } from '../xml/xml-parser.ts'

/* `watch`: alarms as they begin and end; `inspect --check` and `--junit`: what one profile says. */

const folder = new TestFolder()
afterAll(() => folder.remove())

const GROUP = 'route://239.255.117.1:27010'
const DEMO = 'assets/demo/presentation/manifest.mpd'

type Line = {
  readonly event: string
  readonly state?: 'begin' | 'end'
  readonly rule?: string
  readonly severity?: string
  readonly service?: number | null
  readonly tsi?: number | null
  readonly time: number
  readonly endTime: number | null
  readonly count?: number
  readonly text?: string
  readonly clause?: string
}

const linesOf = (stdout: string): Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
const alarmLines = (stdout: string, rule: string): Line[] => linesOf(stdout).filter((line) => line.rule === rule)

/** A broadcast of 60 s with a silence from 10 to 40 s, and single packets lost now and then from 45 s on. */
async function sickCapture(): Promise<string> {
  const file = folder.at('sick.pcap')
  if (existsSync(file)) return file
  const at = ({ timeUs }: Datagram): number => (timeUs - FIXTURE_START_US) / 1e6
  const sent = await liveFixture(60)
  const kept = sent.filter((each, index) => (at(each) < 10 || at(each) >= 40) && (at(each) < 45 || index % 9 !== 0))
  writeFileSync(file, pcapOf(kept))
  return file
}

describe('watch', () => {
  it('tells of a capture where each alarm begins and ends, and of like ones the first', async () => {
    const { stdout, status } = await routescope(['watch', '--json', '--capture', await sickCapture()])
    const silence = alarmLines(stdout, 'SIGNAL-GONE')
    expect(silence.map(({ state, severity, count }) => [state, severity, count])).toEqual([
      ['begin', 'error', 1],
      ['end', 'error', 1],
    ])
    const [begin, end] = silence
    expect(begin?.endTime).toBeNull()
    expect(end?.time).toBe(begin?.time)
    expect((end?.endTime ?? 0) - (end?.time ?? 0)).toBeGreaterThan(29)
    expect(end?.text).toContain('; back at ')
    const losses = alarmLines(stdout, 'OBJ-LOSS')
    const begun = losses.filter(({ state }) => state === 'begin')
    expect(new Set(begun.map(({ tsi }) => tsi)).size).toBe(begun.length)
    expect(begun.map(({ count }) => count)).toEqual(begun.map(() => 1))
    expect(losses.filter(({ state }) => state === 'end').every(({ count = 0 }) => count > 1)).toBe(true)
    expect(losses[0]).toMatchObject({ clause: RULES['OBJ-LOSS'].clause })
    expect(linesOf(stdout).at(-1)?.event).toBe('end')
    expect(status).toBe(3)
  })

  it('writes the same for people: when, what, how bad, by which rule, where', async () => {
    const { stdout } = await routescope(['watch', '--capture', await sickCapture()])
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
    for (const [time = '', state = ''] of lines) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      expect(state).toMatch(/^(begin|end)$/)
    }
    const losses = lines.filter(([, , , rule]) => rule === 'OBJ-LOSS')
    expect(losses[0]?.slice(1, 5)).toEqual([
      'begin',
      'error',
      'OBJ-LOSS',
      expect.stringMatching(/^service 1, TSI \d+$/),
    ])
    expect(losses.at(-1)?.[5]).toMatch(/^\d+ times in \d+\.\d s: /)
  })

  it('goes on while nothing comes, and tells when a live signal stops and returns', async () => {
    const send = () => new RunningProgram(['send', DEMO, GROUP, '--interface', '127.0.0.1', '--loop'])
    const watch = new RunningProgram(['watch', GROUP, '--interface', '127.0.0.1', '--json', '--log', 'route@info'])
    const first = send()
    await watch.printed('stderr', /manifest/)
    // One that is told to end closes its session, which is no outage.
    first.child.kill('SIGKILL')
    await first.ended
    await watch.printed('stdout', /"state":"begin","rule":"SIGNAL-GONE"/)
    const second = send()
    await watch.printed('stdout', /"state":"end","rule":"SIGNAL-GONE"/)
    const { stdout, status } = await watch.interrupt()
    await second.interrupt()
    const [begin, end] = alarmLines(stdout, 'SIGNAL-GONE')
    expect([begin?.state, begin?.endTime, end?.state]).toEqual(['begin', null, 'end'])
    expect((end?.endTime ?? 0) - (end?.time ?? 0)).toBeGreaterThan(3)
    expect(status).toBe(130)
  })

  it('judges by a profile', async () => {
    const sick = await sickCapture()
    const severities = async (profile: string): Promise<Set<string | undefined>> => {
      const { stdout } = await routescope(['watch', '--json', '--profile', profile, '--capture', sick])
      return new Set(alarmLines(stdout, 'SLS-TOI-BITS').map(({ severity }) => severity))
    }
    expect(await severities('rfc9223')).toEqual(new Set())
    const wrong = await routescope(['watch', '--profile', 'a331', GROUP])
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('a331-2017')
  })
})

describe('inspect', () => {
  it('--check prints what one profile says, and ends with 3 where it names an error', async () => {
    const { stdout, status } = await routescope(['inspect', '--check', 'a331-2019', await sickCapture()])
    const [head, ...lines] = stdout.trim().split('\n')
    expect(head).toMatch(/^Judged by a331-2019: \d+ errors, \d+ warnings?, \d+ notes?\.$/)
    expect(lines.map((line) => line.split(' ')[1])).toEqual(expect.arrayContaining(['SIGNAL-GONE', 'OBJ-LOSS']))
    expect(status).toBe(3)
    const healthy = folder.at('healthy.pcap')
    writeFileSync(healthy, pcapOf(await liveFixture(12)))
    const well = await routescope(['inspect', '--check', 'rfc9223', healthy])
    expect([well.status, well.stdout.split(',')[0]]).toEqual([0, 'Judged by rfc9223: 0 errors'])
    const { alarms } = JSON.parse((await routescope(['inspect', '--check', 'rfc9223', '--json', healthy])).stdout)
    expect(alarms).toBeInstanceOf(Array)
  })

  it('--junit writes a test case for each rule, failed by errors and skipped where the profile has no such rule', async () => {
    const file = folder.at('verdicts.xml')
    const sick = await sickCapture()
    const { status } = await routescope(['inspect', '--check', 'rfc9223', '--junit', file, sick])
    expect(status).toBe(3)
    const root = parseXml(readFileSync(file))
    const [suite] = childrenOf(root, 'testsuite')
    const cases = childrenOf(suite as XmlElement, 'testcase')
    expect(cases.map((one) => attr(one, 'name'))).toEqual(Object.keys(RULES))
    const named = (child: string): (string | null)[] =>
      cases.filter((one) => childrenOf(one, child).length > 0).map((one) => attr(one, 'name'))
    expect(named('failure')).toEqual(expect.arrayContaining(['SIGNAL-GONE', 'OBJ-LOSS']))
    expect(named('skipped')).toEqual(['SLS-TOI-BITS'])
    expect([attr(root, 'failures'), attr(root, 'skipped'), attr(root, 'tests')]).toEqual([
      String(named('failure').length),
      '1',
      String(Object.keys(RULES).length),
    ])
    const again = await routescope(['inspect', '--junit', file, sick])
    expect([
      again.status,
      attr(childrenOf(parseXml(readFileSync(file)), 'testsuite')[0] as XmlElement, 'skipped'),
    ]).toEqual([3, '0'])
    expect((await routescope(['inspect', '--junit', sick, sick])).status).not.toBe(0)
    expect(readFileSync(sick).length).toBeGreaterThan(1000)
  })
})
