import { describe, expect, it } from 'vitest'
import { AppFailure } from '../../failure/app-failure.ts'
import { parseLogOption } from './log-spec.ts'
import { specForCapture, specForDemo, specForUrl } from './session-specs.ts'
import { parseSessionSpec } from './spec.ts'

const saved = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  format: 'routescope-session',
  version: 1,
  sources: [{ id: 'a', kind: 'capture', files: ['x.pcap'] }],
  sinks: [{ id: 'b', kind: 'folder', dir: 'out' }],
  ...change,
})

describe('parseSessionSpec', () => {
  it('fills what may be left out', () => {
    const spec = parseSessionSpec(saved(), 'spec.json')
    expect(spec.sources[0]).toMatchObject({ pace: 'fast', loop: 1, receive: { services: 'first', reorderMs: 500 } })
    expect(spec.sinks[0]).toMatchObject({ maxSegments: 0 })
  })

  it('takes back what the app writes', () => {
    for (const spec of [
      specForCapture(['a.pcap', 'b.pcap'], 'real'),
      specForUrl('atsc:// route://225.1.1.0:6000', { interfaces: ['127.0.0.1'] }),
      specForUrl('route://225.1.1.0:6000'),
      specForDemo(),
    ]) {
      expect(parseSessionSpec(JSON.parse(JSON.stringify(spec)), 'spec')).toEqual(spec)
    }
  })

  it('says where a field is wrong', () => {
    const cases: [Record<string, unknown>, string][] = [
      [saved({ format: 'other' }), 'spec.json '],
      [saved({ version: 2 }), 'spec.json.version '],
      [saved({ sources: [] }), 'spec.json.sources '],
      [saved({ sources: [{ id: 'a', kind: 'capture', files: [] }] }), 'spec.json.sources[0].files '],
      [saved({ sources: [{ id: 'a', kind: 'tape' }] }), 'spec.json.sources[0].kind '],
      [saved({ sinks: [{ id: 'g', kind: 'gateway', port: 70000 }] }), 'spec.json.sinks[0].port '],
      [saved({ sinks: [{ id: 'g', kind: 'folder', dir: '' }] }), 'spec.json.sinks[0].dir '],
      [saved({ sinks: [{ id: 'a', kind: 'folder', dir: 'x' }] }), 'spec.json '],
      [saved({ links: [{ from: 'a', to: 'nowhere' }] }), 'spec.json.links[0] '],
      [saved({ durationS: -1 }), 'spec.json.durationS '],
      [saved({ duratoin: 5 }), 'spec.json.duratoin '],
      [saved({ log: { route: 'loud' } }), 'spec.json.log.route '],
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
    for (const value of [null, 5, 'x', []]) expect(() => parseSessionSpec(value, 'spec.json')).toThrow(AppFailure)
  })
})

describe('parseLogOption', () => {
  it('reads topics and levels as GPAC writes them', () => {
    expect(parseLogOption('dash:route@debug')).toEqual({ dash: 'debug', route: 'debug' })
    expect(parseLogOption('all@error,http@info')).toEqual({ all: 'error', http: 'info' })
  })
})
