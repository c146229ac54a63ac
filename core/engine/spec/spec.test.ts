import { describe, expect, it } from 'vitest'
import { AppFailure } from '../../failure/app-failure.ts'
import { parseLogOption } from './log-spec.ts'
import { specForServing } from './serve-spec.ts'
import { specForDemo, specForSources } from './session-specs.ts'
import { parseSessionSpec } from './spec.ts'

const saved = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  format: 'routescope-session',
  version: 2,
  parts: [
    { id: 'a', kind: 'capture', files: ['x.pcap'] },
    { id: 'b', kind: 'folder', dir: 'out' },
  ],
  ...change,
})

const part = (fields: Record<string, unknown>) => saved({ parts: [fields] })

describe('parseSessionSpec', () => {
  it('reads its own output', () => {
    const spec = parseSessionSpec(saved({ name: 'n', durationS: 2, log: { all: 'error' } }), 'spec')
    expect(spec).toEqual(saved({ name: 'n', durationS: 2, log: { all: 'error' } }))
    expect(parseSessionSpec(JSON.parse(JSON.stringify(spec)), 'spec')).toEqual(spec)
  })

  it('reads what the app writes', () => {
    for (const spec of [
      specForSources(['a.pcap', 'b.pcap'], { pace: 'real' }),
      specForSources(['atsc://', 'route://225.1.1.0:6000'], { interfaces: ['127.0.0.1'] }),
      specForSources(['route://225.1.1.0:6000']),
      specForDemo(),
    ]) {
      expect(parseSessionSpec(JSON.parse(JSON.stringify(spec)), 'spec')).toEqual(spec)
    }
  })

  it('names the wrong field', () => {
    const cases: [Record<string, unknown>, string][] = [
      [saved({ format: 'other' }), 'spec.json '],
      [saved({ version: 3 }), 'spec.json.version '],
      [saved({ parts: [] }), 'spec.json.parts '],
      [saved({ sources: [] }), 'spec.json.sources '],
      [part({ id: 'a', kind: 'capture', files: [] }), 'spec.json.parts[0].files '],
      [part({ id: 'a', kind: 'capture' }), 'spec.json.parts[0].files '],
      [part({ id: 'a', kind: 'tape' }), 'spec.json.parts[0].kind '],
      [part({ id: 'a', kind: 'gateway', listen: ':70000' }), 'spec.json.parts[0].listen '],
      [part({ id: 'a', kind: 'folder', dir: '' }), 'spec.json.parts[0].dir '],
      [part({ id: 'a', kind: 'folder', dir: 'a\0b' }), 'spec.json.parts[0].dir must not contain a NUL'],
      [part({ id: 'a', kind: 'capture', files: ['x', 'a\0b'] }), 'spec.json.parts[0].files must not contain a NUL'],
      [part({ id: 'a', kind: 'folder', dir: 'x', maxSegmnts: 1 }), 'spec.json.parts[0].maxSegmnts '],
      [saved({ parts: [1, 2].map(() => ({ id: 'a', kind: 'folder', dir: 'x' })) }), 'spec.json '],
      [saved({ links: [{ from: 'a', to: 'nowhere' }] }), 'spec.json.links[0] '],
      [saved({ links: [{ from: 'b', to: 'a' }] }), 'spec.json.links[0] '],
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

describe('specForServing', () => {
  it('makes the server that `serve` makes of the same options, and names what it serves', () => {
    const choices = {
      serveListen: '127.0.0.1:8000',
      serveRead: ['/srv/a', '/srv/b'],
      serveWrite: '/srv/b',
      listing: true,
    }
    const { name, parts } = specForServing({ ...choices, serveStreams: ['/live.mp3=/x=y.mp3'] })
    expect(name).toBe('a, b, /live.mp3')
    const [part] = parts
    expect(part).toMatchObject({
      kind: 'server',
      listen: '127.0.0.1:8000',
      read: ['/srv/a', '/srv/b'],
      write: '/srv/b',
    })
    expect(part).toMatchObject({ listing: true, streams: ['/live.mp3=/x=y.mp3'] })
    expect(parseSessionSpec(specForServing(choices), 'spec').parts).toHaveLength(1)
  })

  it('takes a free port of this computer where no address is named, and refuses what is no option', () => {
    expect(specForServing({ serveRead: ['/srv'] }).parts).toMatchObject([{ listen: '127.0.0.1:0' }])
    expect(() => specForServing({ serveRead: ['/srv'], maxUpload: 'lots' })).toThrow(AppFailure)
    expect(() => specForServing({ services: 'all' })).toThrow(AppFailure)
  })
})
