import { describe, expect, it } from 'vitest'
import type { LinkSpec, PartSpec } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { describePlan } from './graph.ts'
import { planGraph } from './graph-plan.ts'
import { PART_KINDS } from './registry.ts'

const LISTEN: PartSpec = { id: 'a', kind: 'multicast', url: 'route://225.1.1.0:6000' }
const OTHER: PartSpec = { id: 'b', kind: 'multicast', url: 'route://225.1.1.1:6000' }
const PLAYED: PartSpec = { id: 'play', kind: 'capture', files: ['x.pcap'] }
const folder = (id: string): PartSpec => ({ id, kind: 'folder', dir: id })
const gateway = (id: string, more = {}): PartSpec => ({ id, kind: 'gateway', listen: '127.0.0.1:0', ...more })
const SENT: PartSpec = { id: 'programme', kind: 'presentation', input: 'demo:' }
const AIR: PartSpec = { id: 'air', kind: 'broadcast', url: 'route://225.1.1.0:6000' }
const OUT: PartSpec = { id: 'out', kind: 'multicast-out' }
const recorder = (id: string): PartSpec => ({ id, kind: 'recorder', file: `${id}.pcapng` })

function planned(parts: readonly PartSpec[], links: readonly string[] = []): string[] {
  return describePlan(planGraph(parts, links.map(linkOf), PART_KINDS)).split('\n')
}

function linkOf(text: string): LinkSpec {
  const [from = '', to = ''] = text.split(' > ')
  return { from, to }
}

describe('the graph of a session', () => {
  const cases: [string, readonly PartSpec[], readonly string[], readonly string[]][] = [
    [
      'puts a receiver and repair between datagrams and objects',
      [LISTEN, folder('f')],
      [],
      ['a (multicast) -> receiver*', 'receiver* -> repair*', 'repair* -> f (folder)'],
    ],
    [
      'receives what nobody keeps, to explain it',
      [PLAYED],
      [],
      ['play (capture) -> receiver*', 'receiver* -> repair*'],
    ],
    [
      'uses the receiver and repair that the session names',
      [LISTEN, folder('f'), { id: 'r', kind: 'receiver', reorderMs: 1 }, { id: 'fix', kind: 'repair' }],
      [],
      ['a (multicast) -> r (receiver)', 'r (receiver) -> fix (repair)', 'fix (repair) -> f (folder)'],
    ],
    [
      'takes explicit links as they are, and adds only what is missing',
      [LISTEN, folder('f'), { id: 'r', kind: 'receiver' }, { id: 'fix', kind: 'repair' }],
      ['a > r', 'r > fix', 'fix > f'],
      ['a (multicast) -> r (receiver)', 'r (receiver) -> fix (repair)', 'fix (repair) -> f (folder)'],
    ],
    [
      'puts repair behind a receiver that is linked to a sink',
      [LISTEN, folder('f'), { id: 'r', kind: 'receiver' }],
      ['a > r', 'r > f'],
      ['a (multicast) -> r (receiver)', 'r (receiver) -> repair*', 'repair* -> f (folder)'],
    ],
    [
      'shares one receiver among sources with the same sinks',
      [LISTEN, OTHER, folder('f')],
      [],
      ['a (multicast) -> receiver*', 'b (multicast) -> receiver*', 'receiver* -> repair*', 'repair* -> f (folder)'],
    ],
    [
      'has a receiver for each set of sinks, with the options of the one that is named',
      [LISTEN, OTHER, folder('x'), folder('y'), { id: 'r', kind: 'receiver', reorderMs: 1 }],
      ['a > x', 'b > y'],
      [
        'a (multicast) -> r (receiver)',
        'b (multicast) -> r-y* (receiver)',
        'r (receiver) -> repair*',
        'r-y* (receiver) -> repair-y* (repair)',
        'repair* -> x (folder)',
        'repair-y* (repair) -> y (folder)',
      ],
    ],
    [
      'plays captures with the same links as one',
      [PLAYED, { id: 'more', kind: 'capture', files: ['y.pcap'] }],
      [],
      ['play+more (capture) -> receiver*', 'receiver* -> repair*'],
    ],
    [
      'gives a recorder the datagrams, beside the receiver that knows what to join',
      [LISTEN, recorder('rec')],
      [],
      ['a (multicast) -> rec (recorder)', 'a (multicast) -> receiver*', 'receiver* -> repair*'],
    ],
    [
      'lets a gateway read from the store of the session that keeps as much',
      [LISTEN, { id: 'kept', kind: 'store' }, gateway('g')],
      [],
      ['a (multicast) -> receiver*', 'receiver* -> repair*', 'repair* -> kept (store)', 'kept (store) -> g (gateway)'],
    ],
    [
      'gives gateways a store where there is none, one for all that keep as much',
      [LISTEN, gateway('g'), gateway('h'), gateway('short', { maxSegments: 5 })],
      [],
      [
        'a (multicast) -> receiver*',
        'receiver* -> repair*',
        'repair* -> g-store* (store)',
        'repair* -> short-store* (store)',
        'g-store* (store) -> g (gateway)',
        'g-store* (store) -> h (gateway)',
        'short-store* (store) -> short (gateway)',
      ],
    ],
    [
      'sends a presentation, and records what is sent',
      [SENT, AIR, OUT, recorder('rec')],
      [],
      [
        'programme (presentation) -> air (broadcast)',
        'air (broadcast) -> out (multicast-out)',
        'air (broadcast) -> rec (recorder)',
      ],
    ],
    [
      'keeps what is received and what is sent apart',
      [LISTEN, folder('f'), SENT, AIR, OUT],
      [],
      [
        'a (multicast) -> receiver*',
        'programme (presentation) -> air (broadcast)',
        'receiver* -> repair*',
        'air (broadcast) -> out (multicast-out)',
        'repair* -> f (folder)',
      ],
    ],
    [
      'passes datagrams on where a link asks for it',
      [PLAYED, OUT],
      ['play > out'],
      ['play (capture) -> out (multicast-out)', 'play (capture) -> receiver*', 'receiver* -> repair*'],
    ],
  ]
  it.each(cases)('%s', (_, parts, links, lines) => {
    expect(planned(parts, links).sort()).toEqual([...lines].sort())
  })

  const refusals: [string, readonly PartSpec[], readonly string[], string][] = [
    ['a link that leads nowhere', [LISTEN], ['a > b'], 'There is no part b in this session.'],
    [
      'a link between ports that differ',
      [SENT, OUT],
      ['programme > out'],
      'programme (presentation) gives objects, and out (multicast-out) takes datagrams.',
    ],
    [
      'a link to a source',
      [LISTEN, OTHER],
      ['a > b'],
      'a (multicast) gives datagrams, and b (multicast) takes nothing.',
    ],
    [
      'a link from a sink',
      [LISTEN, folder('f')],
      ['f > a'],
      'f (folder) gives nothing, and a (multicast) takes nothing.',
    ],
    [
      'objects that are sent to what takes received ones',
      [SENT, folder('f')],
      ['programme > f'],
      'programme (presentation) and f (folder) both know objects, but one sends them and the other takes received ones.',
    ],
    ['a presentation that nothing sends', [SENT], [], 'programme is sent nowhere.'],
    ['a broadcast that nothing takes', [SENT, AIR], [], 'air is sent nowhere.'],
    [
      'a circle',
      [
        { id: 'x', kind: 'repair' },
        { id: 'y', kind: 'repair' },
      ],
      ['x > y', 'y > x'],
      'The links lead in a circle: x, y.',
    ],
    ['a kind it does not know', [{ id: 'x', kind: 'tape' }], [], 'x is of kind "tape", and there are'],
  ]
  it.each(refusals)('refuses %s in one sentence', (_, parts, links, sentence) => {
    let failure: unknown = null
    try {
      planned(parts, links)
    } catch (thrown) {
      failure = thrown
    }
    expect(failure).toBeInstanceOf(AppFailure)
    expect((failure as AppFailure).error.code).toBe('bad-spec')
    expect((failure as AppFailure).message).toContain(sentence)
  })
})
