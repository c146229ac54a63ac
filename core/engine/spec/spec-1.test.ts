import { describe, expect, it } from 'vitest'
import type { AppFailure } from '../../failure/app-failure.ts'
import { parseSessionSpec } from './spec.ts'

const saved = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  format: 'routescope-session',
  version: 1,
  sources: [{ id: 'a', kind: 'capture', files: ['x.pcap'] }],
  sinks: [{ id: 'b', kind: 'folder', dir: 'out' }],
  ...change,
})

const RECEIVE = {
  services: [1, 2],
  keepCorrupt: true,
  keepRepeats: true,
  reorderMs: 20,
  reorder: false,
  detectLoops: 'off',
  timeoutS: 4,
  keepAlive: true,
  onlyTsi: 7,
  fullSegments: true,
  lowLatency: false,
  dynamicSelection: false,
  statsMs: 1000,
  fec: false,
  repair: {
    mode: 'http',
    urls: ['http://a/'],
    connections: 2,
    mergeBytes: 5,
    minReceivedPercent: 50,
    order: 'deps',
  },
}
const RECEIVER = {
  keepCorrupt: true,
  keepRepeats: true,
  reorderMs: 20,
  reorder: false,
  detectLoops: 'off',
  timeoutS: 4,
  keepAlive: true,
  onlyTsi: 7,
  statsMs: 1000,
  fec: false,
}

describe('a session of version 1', () => {
  it('becomes version 2, which the reader accepts', () => {
    const spec = parseSessionSpec(saved(), 'spec')
    expect(spec).toEqual({
      format: 'routescope-session',
      version: 2,
      parts: [
        { id: 'a', kind: 'capture', files: ['x.pcap'] },
        { id: 'b', kind: 'folder', dir: 'out' },
      ],
    })
    expect(parseSessionSpec(JSON.parse(JSON.stringify(spec)), 'spec')).toEqual(spec)
  })

  it('keeps every field of what receives', () => {
    const multicast = {
      id: 'a',
      kind: 'multicast',
      url: 'atsc://',
      interfaces: ['lo', 'eth0'],
      sourceAddresses: ['10.0.0.1'],
      excludeSourceAddresses: ['10.0.0.2'],
      bufferBytes: 4096,
      receive: RECEIVE,
    }
    const capture = {
      id: 'c',
      kind: 'capture',
      files: ['x'],
      pace: 'real',
      loop: 0,
      linkType: 'alp',
      url: 'route://225.1.1.0:6000',
      receive: { ...RECEIVE, services: 'scan' },
    }
    const sinks = [
      { id: 'f', kind: 'folder', dir: 'out', maxSegments: 3, splitTsi: true },
      { id: 'g', kind: 'gateway', host: '::1', port: 8080, maxSegments: 4, cors: 'on' },
      { id: 's', kind: 'store', memoryBytes: 1000, maxSegments: 5 },
      { id: 'r', kind: 'report', file: 'r.json' },
      {
        ...{ id: 'p', kind: 'capture', file: 'p.pcapng', comment: 'words', joinedOnly: true },
        ...{ snapBytes: 100, rotateBytes: 5000, rotateSeconds: 2.5 },
      },
    ]
    const log = { all: 'error', route: 'debug' }
    const { receive: _, ...listening } = multicast
    const { receive: __, ...playing } = capture
    const spec = parseSessionSpec(saved({ name: 'n', durationS: 5, log, sources: [multicast, capture], sinks }), 'spec')
    expect(spec).toEqual({
      format: 'routescope-session',
      version: 2,
      name: 'n',
      durationS: 5,
      log,
      parts: [
        { ...listening, services: [1, 2] },
        { ...playing, services: 'scan' },
        { id: 'receiver', kind: 'receiver', ...RECEIVER },
        { id: 'repair', kind: 'repair', ...RECEIVE.repair, keepCorrupt: true },
        sinks[0],
        {
          ...{ id: 'g', kind: 'gateway', listen: '[::1]:8080', maxSegments: 4, cors: 'on' },
          ...{ fullSegments: true, lowLatency: false, dynamicSelection: false },
        },
        { ...sinks[2], keepCorrupt: true },
        sinks[3],
        { ...sinks[4], kind: 'recorder' },
      ],
    })
    expect(parseSessionSpec(JSON.parse(JSON.stringify(spec)), 'spec')).toEqual(spec)
  })

  it('keeps every field of what sends, and sends as it did', () => {
    const broadcast = {
      ...{ id: 'air', kind: 'broadcast', url: 'atsc://', interface: 'lo', ttl: 1, mtu: 1000, carouselMs: 500 },
      ...{ flavour: 'korean', pace: 'real', serviceId: 7, serviceName: 'Seven' },
    }
    const sources = [{ id: 'in', kind: 'presentation', input: 'x.mpd', loop: true }]
    const sinks = [broadcast, { id: 'file', kind: 'capture', file: 'x.pcapng' }]
    const spec = parseSessionSpec(saved({ sources, sinks }), 'spec')
    expect(spec).toMatchObject({
      parts: [
        { id: 'in', kind: 'presentation', input: 'x.mpd', loop: 0 },
        {
          ...{ id: 'air', kind: 'broadcast', url: 'atsc://', mtu: 1000, carouselMs: 500, korean: true },
          ...{ serviceId: 7, serviceName: 'Seven' },
        },
        { id: 'file', kind: 'recorder', file: 'x.pcapng' },
        { id: 'air-out', kind: 'multicast-out', interface: 'lo', ttl: 1 },
      ],
      links: [
        { from: 'in', to: 'air' },
        { from: 'air', to: 'air-out' },
        { from: 'air', to: 'file' },
      ],
    })
    const fast = [{ id: 'air', kind: 'broadcast', url: 'atsc://', pace: 'fast' }, sinks[1]]
    expect(parseSessionSpec(saved({ sources, sinks: fast }), 'spec').parts.map(({ id }) => id)).toEqual([
      'in',
      'air',
      'file',
    ])
  })

  it('reads the interface as earlier versions wrote it', () => {
    const source = { id: 'a', kind: 'multicast', url: 'atsc://', interface: '10.0.0.1' }
    expect(parseSessionSpec(saved({ sources: [source] }), 'spec').parts[0]).toMatchObject({ interfaces: ['10.0.0.1'] })
    const both = { ...source, interfaces: ['lo'] }
    expect(parseSessionSpec(saved({ sources: [both] }), 'spec').parts[0]).toMatchObject({ interfaces: ['lo'] })
  })

  it('feeds what its links named', () => {
    const sources = ['a', 'b', 'c'].map((id) => ({ id, kind: 'capture', files: [id] }))
    const sinks = [
      ...['x', 'y'].map((id) => ({ id, kind: 'folder', dir: id })),
      { id: 'p', kind: 'capture', file: 'p' },
    ]
    const links = [
      { from: 'a', to: 'x' },
      { from: 'a', to: 'p' },
      { from: 'b', to: 'y' },
    ]
    const spec = parseSessionSpec(saved({ sources, sinks, links }), 'spec')
    // A source without a link feeds every sink.
    expect(spec.links).toEqual([...links, ...['x', 'y', 'p'].map((to) => ({ from: 'c', to }))])
  })

  it('names the wrong field', () => {
    const cases: [Record<string, unknown>, string][] = [
      [saved({ sources: [] }), 'spec.json.sources '],
      [saved({ sources: [{ id: 'a', kind: 'capture', files: [] }] }), 'spec.json.sources[0].files '],
      [saved({ sources: [{ id: 'a', kind: 'tape' }] }), 'spec.json.sources[0].kind '],
      [saved({ sinks: [{ id: 'g', kind: 'gateway', port: 70000 }] }), 'spec.json.sinks[0].port '],
      [saved({ sinks: [{ id: 'g', kind: 'gateway' }] }), 'spec.json.sinks[0].port '],
      [saved({ sinks: [{ id: 'g', kind: 'folder', dir: '' }] }), 'spec.json.sinks[0].dir '],
      [saved({ sinks: [{ id: 'g', kind: 'folder', dir: 'x', keepCorrupt: true }] }), 'spec.json.sinks[0].keepCorrupt '],
      [saved({ sinks: [{ id: 'a', kind: 'folder', dir: 'x' }] }), 'spec.json '],
      [saved({ links: [{ from: 'a', to: 'nowhere' }] }), 'spec.json.links[0] '],
      [saved({ durationS: -1 }), 'spec.json.durationS '],
      [saved({ duratoin: 5 }), 'spec.json.duratoin '],
      [saved({ parts: [] }), 'spec.json.parts '],
      [saved({ log: { route: 'loud' } }), 'spec.json.log.route '],
      [
        saved({ sources: [{ id: 'a', kind: 'capture', files: ['x'], receive: { reorderMs: -1 } }] }),
        'spec.json.sources[0].receive.reorderMs ',
      ],
      [
        saved({ sources: [{ id: 'a', kind: 'capture', files: ['x'], receive: { repair: { mode: 'full' } } }] }),
        'spec.json.sources[0].receive.repair.mode ',
      ],
    ]
    for (const [value, path] of cases) {
      let failure: AppFailure | null = null
      try {
        parseSessionSpec(value, 'spec.json')
      } catch (error) {
        failure = error as AppFailure
      }
      expect(failure?.error.code, path).toBe('bad-spec')
      expect(failure?.message.startsWith(path), `${failure?.message} should start with ${path}`).toBe(true)
    }
  })

  it('whose sources differ in how objects are treated is refused', () => {
    const sources = [
      { id: 'a', kind: 'capture', files: ['a'] },
      { id: 'b', kind: 'capture', files: ['b'], receive: { keepCorrupt: true } },
    ]
    expect(() => parseSessionSpec(saved({ sources, sinks: [] }), 'spec')).toThrow('differ in receive.keepCorrupt')
    const alike = [sources[0], { ...sources[1], receive: { keepCorrupt: false, repair: { mode: 'strict' } } }]
    expect(parseSessionSpec(saved({ sources: alike, sinks: [] }), 'spec').parts).toHaveLength(2)
  })
})
