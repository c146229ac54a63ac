import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import type { Severity } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import type { Alarm } from './alarm.ts'
import { AlarmRuns } from './alarm-runs.ts'

const S = 1_000_000

function alarm(rule: RuleId, atS: number, more: Partial<Alarm> = {}): Alarm {
  return {
    rule,
    severity: 'error' as Severity,
    timeUs: atS * S,
    lastTimeUs: atS * S,
    frame: 0,
    service: asServiceId(1),
    carrier: null,
    object: null,
    destination: null,
    cause: null,
    evidence: null,
    count: 1,
    text: `${rule} at ${atS}`,
    ...more,
  }
}

/** Runs and what they told: `+` began, `-` ended, with seconds and the number of findings. */
function told() {
  const runs = new AlarmRuns()
  const said: string[] = []
  const of = (sign: string) => (run: Parameters<Parameters<AlarmRuns['listen']>[0]['began']>[0]) =>
    said.push(`${sign}${run.rule} ${run.severity} ${run.firstUs / S}-${(run.endedUs ?? run.lastUs) / S} ${run.count}`)
  runs.listen({ began: of('+'), ended: of('-') })
  const raise = (one: Alarm): Alarm => {
    runs.raised(one, () => one.text)
    return one
  }
  return { runs, said, raise }
}

describe('alarms of one rule at one place', () => {
  it('are one run until none came for ten seconds', () => {
    const { runs, said, raise } = told()
    for (const atS of [0, 4, 8]) raise(alarm('OBJ-LOSS', atS))
    raise(alarm('OBJ-LOSS', 8, { service: asServiceId(2) }))
    runs.look(17 * S)
    expect(said).toEqual(['+OBJ-LOSS error 0-0 1', '+OBJ-LOSS error 8-8 1'])
    runs.look(18 * S)
    expect(said.slice(2)).toEqual(['-OBJ-LOSS error 0-8 3', '-OBJ-LOSS error 8-8 1'])
    raise(alarm('OBJ-LOSS', 20))
    expect(said.slice(4)).toEqual(['+OBJ-LOSS error 20-20 1'])
  })

  it('count what an alarm that is raised once finds later, and begin anew by it', () => {
    const { runs, said, raise } = told()
    const one = raise(alarm('LCT-HEADER', 0))
    Object.assign(one, { count: 5, lastTimeUs: 6 * S })
    runs.look(7 * S)
    runs.look(16 * S)
    Object.assign(one, { count: 7, lastTimeUs: 30 * S })
    runs.look(31 * S)
    runs.look(41 * S)
    expect(said).toEqual([
      '+LCT-HEADER error 0-0 1',
      '-LCT-HEADER error 0-6 5',
      '+LCT-HEADER error 30-30 2',
      '-LCT-HEADER error 30-30 2',
    ])
  })

  it('tell at the close what was found again since the last look', () => {
    const { runs, said, raise } = told()
    const one = raise(alarm('SESSION-CLOSED', 0))
    runs.look(10 * S)
    Object.assign(one, { count: 3, lastTimeUs: 30 * S })
    runs.close()
    expect(said).toEqual([
      '+SESSION-CLOSED error 0-0 1',
      '-SESSION-CLOSED error 0-0 1',
      '+SESSION-CLOSED error 30-30 2',
      '-SESSION-CLOSED error 30-30 2',
    ])
  })

  it('are as bad as their alarms become', () => {
    const { runs, said, raise } = told()
    const late = raise(alarm('SEG-LATE', 0, { severity: 'warning' }))
    Object.assign(late, { severity: 'error', count: 2, lastTimeUs: 2 * S })
    runs.look(12 * S)
    expect(said).toEqual(['+SEG-LATE warning 0-0 1', '-SEG-LATE error 0-2 2'])
  })

  it('last as long as what they are about, and end with it', () => {
    const { runs, said, raise } = told()
    let untilUs: number | null = null
    raise(alarm('SIGNAL-GONE', 3, { endUs: () => untilUs }))
    runs.look(60 * S)
    expect(said).toHaveLength(1)
    untilUs = 58 * S
    raise(alarm('SIGNAL-GONE', 58, { severity: 'info' }))
    runs.look(60 * S)
    expect(said).toEqual(['+SIGNAL-GONE error 3-3 1', '-SIGNAL-GONE error 3-58 1'])
  })

  it('of what comes and goes end once it stayed away', () => {
    const { runs, said, raise } = told()
    let endUs: null | undefined = null
    const late = raise(alarm('LLS-SLT-INTERVAL', 0, { endUs: () => endUs }))
    runs.look(20 * S)
    endUs = undefined
    runs.look(20.5 * S)
    expect(said).toHaveLength(1)
    Object.assign(late, { count: 2, lastTimeUs: 21 * S })
    runs.look(22 * S)
    expect(said).toHaveLength(1)
    runs.look(31 * S)
    expect(said.slice(1)).toEqual(['-LLS-SLT-INTERVAL error 0-21 2'])
  })

  it('end where they were last seen to last, not where they were found', () => {
    const { runs, said, raise } = told()
    let endUs: null | undefined = null
    raise(alarm('MPD-INTERVAL', 3, { endUs: () => endUs }))
    for (let atS = 4; atS <= 47; atS++) runs.look(atS * S)
    endUs = undefined
    runs.look(57 * S)
    expect(said).toEqual(['+MPD-INTERVAL error 3-3 1', '-MPD-INTERVAL error 3-47 1'])
  })

  it('about a state of which nothing says that it is over do not end, and are on at the close', () => {
    const { runs, said, raise } = told()
    raise(alarm('MPD-XML', 0))
    raise(alarm('OBJ-LOSS', 1))
    runs.look(300 * S)
    runs.close()
    expect(said).toEqual(['+MPD-XML error 0-0 1', '+OBJ-LOSS error 1-1 1', '-OBJ-LOSS error 1-1 1'])
  })

  it('move with their service, and are told to who listens later', () => {
    const { runs, said, raise } = told()
    raise(alarm('OBJ-LOSS', 0))
    runs.serviceRenumbered(asServiceId(1), asServiceId(7))
    raise(alarm('OBJ-LOSS', 1, { service: asServiceId(7) }))
    expect(said).toHaveLength(1)
    const later: (number | null)[] = []
    runs.listen({ began: ({ service, count }) => later.push(service, count), ended: () => later.push(null) })
    expect(later).toEqual([7, 2])
  })

  it('are bounded: what is over is forgotten first, and new ones are not told where all are on', () => {
    const { runs, said, raise } = told()
    for (let service = 0; service < 2000; service++)
      raise(alarm('OBJ-LOSS', service / 1000, { service: asServiceId(service) }))
    expect(said).toHaveLength(1024)
    runs.look(60 * S)
    raise(alarm('OBJ-LOSS', 61, { service: asServiceId(5000) }))
    expect(said.at(-1)).toBe('+OBJ-LOSS error 61-61 1')
  })
})
