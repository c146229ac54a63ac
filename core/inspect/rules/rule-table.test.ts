import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RULE_PROFILES } from '../../contract/rule-row.ts'
import { RULES, type RuleId, ruleRow } from '../../contract/rules.ts'
import type { Finding } from '../../flow/findings.ts'
import { isForTests, readImportGraph } from '../../testing/import-graph.ts'
import { DELIVERY_EXAMPLES } from '../../testing/rules/delivery-examples.ts'
import { at, type Example, mpu, tsi } from '../../testing/rules/example.ts'
import { PICTURE_EXAMPLES } from '../../testing/rules/picture-examples.ts'
import { SIGNALLING_EXAMPLES } from '../../testing/rules/signalling-examples.ts'
import { testFlow } from '../../testing/test-session.ts'
import type { Alarm } from './alarm.ts'
import { AlarmLog } from './alarm-log.ts'
import { Judge, type RuleSettings } from './judge.ts'
import { MalformedDatagrams } from './malformed.ts'

const ids = Object.keys(RULES) as RuleId[]

/** Findings that raise each rule, one for every sentence, and one that does not where findings are judged. */
const EXAMPLES: Readonly<Record<Exclude<RuleId, 'MMTP-HEADER' | 'ALC-PACKET'>, Example>> = {
  ...SIGNALLING_EXAMPLES,
  ...DELIVERY_EXAMPLES,
  ...PICTURE_EXAMPLES,
}

function judged(findings: readonly Finding[], settings: RuleSettings = {}): Alarm[] {
  const alarms: Alarm[] = []
  const judge = new Judge((alarm) => void alarms.push(alarm), settings)
  for (const finding of findings) judge.found(finding)
  return alarms
}

const sentences = (id: RuleId): readonly string[] => {
  const { sentence } = ruleRow(id)
  return typeof sentence === 'string' ? [sentence] : Object.values(sentence)
}

describe('the table of rules', () => {
  it.each(ids)('%s has a clause, a priority and sentences', (id) => {
    const { clause, priority, severities = {}, sentence } = ruleRow(id)
    expect(clause).not.toBe('')
    expect([1, 2, 3]).toContain(priority)
    for (const text of sentences(id)) expect(text.trim().length).toBeGreaterThan(5)
    for (const says of Object.keys(severities)) expect(Object.keys(sentence)).toContain(says)
  })

  it.each(Object.entries(EXAMPLES))(
    '%s is raised with all its slots filled, and not without a reason',
    (id, { raises, quiet }) => {
      // Other rules may judge the same findings.
      const own = judged(raises).filter(({ rule }) => rule === id)
      for (const [at, alarm] of own.entries()) {
        expect(alarm).toMatchObject({ rule: id, object: raises[at]?.object, frame: 5, count: 1 })
        expect(alarm.text).not.toMatch(/[{}]|undefined|\bnull(?! packets)|NaN/)
      }
      expect(own).toHaveLength(raises.length)
      if (quiet !== undefined) expect(judged([quiet]).map(({ rule }) => rule)).not.toContain(id)
    },
  )

  it.each(Object.entries(EXAMPLES))('%s has an example for each of its sentences', (id, { raises }) => {
    const texts = judged(raises).map(({ text }) => text)
    const patterns = sentences(id as RuleId).map(
      (text) =>
        new RegExp(
          `^${text
            .split(/\{\w+\}/)
            .map(escaped)
            .join('[^]*')}$`,
        ),
    )
    const unsaid = patterns.filter((pattern) => !texts.some((text) => pattern.test(text)))
    // The test below has the sentence of malformed datagrams.
    expect(unsaid.length).toBe(id === 'LCT-HEADER' ? 1 : 0)
  })

  it('names channels and objects as their carrier does', () => {
    const lost = {
      kind: 'objectLost',
      name: 'a',
      lost: 3,
      size: 9,
      holes: 1,
      first: 1,
      fec: null,
      redeclared: -1,
    } as const
    const full = { kind: 'limit', hit: { limit: 'open-objects', most: 128 } } as const
    const http = { carrier: { kind: 'http', url: 'http://a/b' } } as const
    expect(judged([at(lost), at(lost, mpu), at(lost, tsi(5)), at(lost, http)]).map(({ text }) => text)).toEqual([
      'a (TSI 10, TOI 7): 3 of 9 bytes missing in 1 range, first at 1',
      'a (packet_id 35, MPU 9): 3 of 9 bytes missing in 1 range, first at 1',
      'a (TSI 5): 3 of 9 bytes missing in 1 range, first at 1',
      'a (http://a/b): 3 of 9 bytes missing in 1 range, first at 1',
    ])
    expect(judged([at(full, mpu)])[0]?.text).toBe(
      '239.1.1.1:5000, packet_id 35: more than 128 objects unfinished at a time',
    )
  })

  it('lists alarms with the numbers of their carrier', () => {
    const log = new AlarmLog()
    const lost = { kind: 'segmentLost', name: 'a', lost: 3, holes: 1, first: 0 } as const
    const places = [{}, mpu, tsi(5), { carrier: { kind: 'http', url: 'http://a/b' } as const }, { carrier: null }]
    for (const alarm of judged(places.map((where) => at(lost, where)))) log.add(alarm)
    expect(
      log
        .rows({ causeOf: () => null, evidenceOf: () => null, detailOf: () => null, endOf: () => null }, [])
        .map((row) => [row.carrier, row.tsi, row.toi]),
    ).toEqual([
      ['lct', 10, 7],
      ['mmtp', 35, 9],
      ['lct', 5, null],
      [null, null, null],
      [null, null, null],
    ])
  })

  it('has the unreadable datagrams, counted', () => {
    const malformed = new MalformedDatagrams(new Judge(() => undefined))
    const datagram = { bytes: new Uint8Array(20), start: 0, end: 20, timeUs: 1e6, frame: 9 }
    for (const code of ['lct-version', 'mmtp-version', 'mmtp-version'])
      malformed.datagram({ code, ...datagram }, testFlow())
    malformed.datagram({ code: 'flute-symbol', what: 'SBN 9', ...datagram }, testFlow())
    expect(malformed.alarms()).toMatchObject([
      { rule: 'LCT-HEADER', severity: 'error', count: 1 },
      { rule: 'MMTP-HEADER', count: 2, text: expect.stringMatching(/^2 malformed datagrams \(mmtp-version\)/) },
      {
        rule: 'ALC-PACKET',
        text: expect.stringMatching(/^1 malformed datagram \(flute-symbol\).* in frame 9: SBN 9$/),
      },
    ])
  })
})

describe('a judge', () => {
  const odd = at({ kind: 'oddHeader' })

  it('raises once per scope, and counts repetitions', () => {
    const [alarm, ...others] = judged([odd, odd, { ...odd, timeUs: odd.timeUs + 1 }])
    expect(others).toEqual([])
    expect(alarm).toMatchObject({ count: 3, timeUs: odd.timeUs, lastTimeUs: odd.timeUs + 1 })
    expect(judged([odd, { ...odd, destination: '239.1.1.2:1' }])).toHaveLength(2)
  })

  it('judges by profile, else by the table', () => {
    expect(judged([odd])[0]?.severity).toBe('warning')
    expect(judged([odd], { profile: 'a331-2019' })[0]?.severity).toBe('error')
    const bits = EXAMPLES['SLS-TOI-BITS'].raises
    expect(RULE_PROFILES.map((profile) => judged(bits, { profile })[0]?.severity ?? 'off')).toEqual([
      'info',
      'warning',
      'off',
      'off',
      'info',
    ])
  })

  it('leaves out muted rules, and uses thresholds of the user', () => {
    expect(judged([odd], { muted: ['LCT-HEADER'] })).toEqual([])
    const { raises, quiet } = EXAMPLES.FDT
    expect(judged(raises.slice(2, 3), { thresholds: { FDT: 20 } })).toEqual([])
    expect(judged(quiet === undefined ? [] : [quiet], { thresholds: { FDT: 5 } })).toHaveLength(1)
  })

  it('raises a bad LLS signature again after a good one, and for another fault', () => {
    const lls = (verdict: string, text: string) =>
      at({ kind: 'signatureChecked', signed: { of: 'lls-tables', group: 1 }, verdict, text })
    const [bad, other, good] = [lls('bad', 'a'), lls('bad', 'b'), lls('good', '')]
    expect(judged([bad, bad, other, good, other])).toHaveLength(3)
  })

  it('raises running totals of MMTP first, and at the end where they grew', () => {
    const lost = (count: number, last: boolean) =>
      at({ kind: 'packetsMissing', lost: count, packets: 9, gaps: 1, last })
    expect(judged([lost(1, false), lost(2, false), lost(2, true)]).map(({ text }) => text)).toHaveLength(2)
    expect(judged([lost(1, false), lost(1, true)])).toHaveLength(1)
  })
})

describe('rule ids', () => {
  const root = join(__dirname, '../../..')
  const graph = readImportGraph(root, ['core', 'renderer', 'electron'])
  const home = (file: string): boolean => /^core\/(?:contract\/[\w-]+-rules\.ts$|inspect\/rules\/)/.test(file)
  // FDT is the name of a table too.
  const named = new RegExp(`['"\`/](?:${ids.filter((id) => id !== 'FDT').join('|')})(?![\\w-])`)
  const matched =
    /\brule(?:Id)?\)?\s*(?:[=!]==\s*['"`]|\.(?:startsWith|endsWith|includes|match|slice|split))|\.test\([^)]*\brule\)/

  it('are compared and written nowhere else', () => {
    const others = graph.files.filter((file) => !isForTests(file) && !home(file))
    expect(others.length).toBeGreaterThan(200)
    expect(others.filter((file) => named.test(graph.textOf(file)) || matched.test(graph.textOf(file)))).toEqual([])
  })

  it('are found where they are compared', () => {
    expect(named.test("if (rule === 'TOI-LOOP')")).toBe(true)
    for (const line of ["alarm.rule.startsWith('LLS')", '/^MPU-/.test(alarm.rule)', "rule === 'FDT'"])
      expect(matched.test(line)).toBe(true)
  })

  it('of the table are expected by tests with real signals, with listed exceptions', () => {
    const tests = graph.files.filter((file) => /\.test\.tsx?$/.test(file) && !home(file))
    const texts = tests.map((file) => readFileSync(join(root, file), 'utf8'))
    const unexpected = ids.filter((id) => !texts.some((text) => new RegExp(`['"\`/ ^]${id}\\b`).test(text)))
    expect(unexpected).toEqual(WITHOUT_SIGNAL)
  })
})

/** Rules without a test that sends such a signal, and why. */
const WITHOUT_SIGNAL: readonly RuleId[] = []

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
