import { describe, expect, it } from 'vitest'
import { NO_LOSS } from './loss.ts'
import { SessionSections } from './session-sections.ts'
import type { SectionChange, SectionMap, SectionName, SessionSection } from './snapshot.ts'

const change = <S extends SectionName>(part: string | null, section: S, value: SectionMap[S] | null): SectionChange =>
  ({ part, section, version: 1, value }) as SectionChange

const source = (label: string): SectionMap['source'] => ({
  live: true,
  label,
  pace: null,
  untimed: false,
  firstTimeUs: null,
  lastTimeUs: null,
  startedWallUs: 0,
  lastPacketWallUs: null,
  progress: null,
  sockets: [],
  left: [],
})
const totals = (packets: number): SectionMap['totals'] => ({
  packets,
  goneSinceUs: null,
  closedSinceUs: null,
  bytes: 0,
  rateBps: 0,
  packetsPerSecond: 0,
  malformed: 0,
  objects: 0,
  complete: 0,
  incomplete: 0,
  cutOff: 0,
  neverCame: 0,
  awaited: 0,
  lostBytes: 0,
  loss: NO_LOSS,
})
const part = (id: string) => ({ id, kind: id, title: id, subject: '', implied: false })

/** Source A feeds receiver 1 with gateway 1, and a recorder; source B feeds receiver 2 with gateway 2. */
const session: SessionSection = {
  name: 'two',
  phase: 'running',
  problems: [],
  demo: false,
  parts: ['a', 'receiver1', 'gateway1', 'recorder', 'b', 'receiver2', 'gateway2'].map(part),
  links: [
    { from: 'a', to: 'receiver1' },
    { from: 'receiver1', to: 'gateway1' },
    { from: 'a', to: 'recorder' },
    { from: 'b', to: 'receiver2' },
    { from: 'receiver2', to: 'gateway2' },
  ],
}
const gateway = (baseUrl: string) => ({ baseUrl, requests: 0, bytes: 0, playsAtOnce: false })
const changes = [
  change(null, 'session', session),
  change('a', 'source', source('route://a')),
  change('b', 'source', source('route://b')),
  change('receiver1', 'totals', totals(1)),
  change('receiver2', 'totals', totals(2)),
  change('gateway1', 'gateway', gateway('http://one')),
  change('gateway2', 'gateway', gateway('http://two')),
]

function sectionsWith(...more: SectionChange[]): SessionSections {
  const sections = new SessionSections()
  sections.take([...changes, ...more])
  return sections
}

describe('SessionSections', () => {
  it('has no snapshot before the section of the session itself has arrived', () => {
    const sections = new SessionSections()
    sections.take(changes.slice(1))
    expect(sections.snapshot('s1')).toBeNull()
  })

  it('shows one receiver with its linked parts', () => {
    const sections = sectionsWith()
    const first = sections.snapshot('s1')
    expect(first?.receivers).toEqual([
      { id: 'receiver1', label: 'route://a' },
      { id: 'receiver2', label: 'route://b' },
    ])
    expect([first?.totals.packets, first?.source.label, first?.gateways.map(({ baseUrl }) => baseUrl)]).toEqual([
      1,
      'route://a',
      ['http://one'],
    ])
    const second = sections.snapshot('s1', 'receiver2')
    expect([second?.totals.packets, second?.source.label, second?.gateways[0]?.baseUrl]).toEqual([
      2,
      'route://b',
      'http://two',
    ])
  })

  it('shows the first receiver where the chosen one no longer exists', () => {
    const sections = sectionsWith(change('receiver2', 'totals', null))
    expect(sections.snapshot('s1', 'receiver2')?.totals.packets).toBe(1)
  })

  it('keeps the identity of unchanged values', () => {
    const sections = sectionsWith()
    const before = sections.snapshot('s1')
    sections.take([change('receiver1', 'totals', totals(7))])
    const after = sections.snapshot('s1')
    expect(after?.totals.packets).toBe(7)
    for (const key of ['source', 'gateways', 'services', 'losses', 'receivers'] as const)
      expect(after?.[key], key).toBe(before?.[key])
  })

  it('reports that a session without a receiver only sends', () => {
    const sections = new SessionSections()
    sections.take([
      change(null, 'session', { ...session, parts: [part('input')], links: [] }),
      change('input', 'presentation', { input: 'movie.mpd', demo: false }),
    ])
    const snapshot = sections.snapshot('s1')
    expect([snapshot?.receives, snapshot?.source.label]).toEqual([false, 'movie.mpd'])
  })
})
