import { describe, expect, it } from 'vitest'
import { AppFailure } from '../failure/app-failure.ts'
import { readCommandLine } from './command-line.ts'

const read = (line: string) => readCommandLine(line === '' ? [] : line.split(' '), '1.2.3')

function failure(line: string): AppFailure {
  try {
    read(line)
  } catch (error) {
    if (error instanceof AppFailure) return error
    throw error
  }
  throw new Error(`"${line}" was accepted`)
}

describe('readCommandLine', () => {
  it('opens the app without arguments', () => {
    expect(read('')).toMatchObject({ kind: 'open', request: { kind: 'none' }, window: true })
    expect(read('--demo')).toMatchObject({ kind: 'open', request: { kind: 'demo' } })
  })

  it('opens URLs and files', () => {
    expect(read('open atsc:// --interface 127.0.0.1')).toMatchObject({
      request: { kind: 'url', url: 'atsc://', choices: { interfaces: ['127.0.0.1'] } },
    })
    expect(read('open air.pcap')).toMatchObject({ request: { kind: 'capture', files: ['air.pcap'] } })
  })

  it('inspects every service of several captures as one, at once', () => {
    const request = read('inspect a.pcap b.pcapng.gz --json')
    expect(request).toMatchObject({ kind: 'inspect', json: true })
    if (request.kind !== 'inspect') throw new Error('not an inspect request')
    expect(request.spec.sources).toEqual([
      expect.objectContaining({
        kind: 'capture',
        files: ['a.pcap', 'b.pcapng.gz'],
        pace: 'fast',
        loop: 1,
        receive: expect.objectContaining({ services: 'all' }),
      }),
    ])
  })

  it('receives from the network until it is silent, or from a capture', () => {
    const live = read('receive route://225.1.1.0:6000 --out dump --services all --max-segments 4 --duration 2.5')
    if (live.kind !== 'session') throw new Error('not a session')
    expect(live.spec).toMatchObject({
      durationS: 2.5,
      sources: [{ kind: 'multicast', url: 'route://225.1.1.0:6000', receive: { services: 'all', timeoutS: 10 } }],
      sinks: [{ kind: 'folder', dir: 'dump', maxSegments: 4 }],
    })
    const capture = read(
      'receive atsc:// --capture x.pcap --out d --services 1,5009 --report r.json --loop 0 --pace real',
    )
    if (capture.kind !== 'session') throw new Error('not a session')
    expect(capture.spec).toMatchObject({
      sources: [
        { kind: 'capture', files: ['x.pcap'], url: 'atsc://', pace: 'real', loop: 0, receive: { services: [1, 5009] } },
      ],
      sinks: [{ kind: 'folder' }, { kind: 'report', file: 'r.json' }],
    })
    expect(capture.spec.sources[0]).not.toHaveProperty('receive.timeoutS')
  })

  it('serves a capture at its own pace unless told otherwise', () => {
    const request = read('gateway --capture x.pcap --listen 127.0.0.1:8080')
    if (request.kind !== 'session') throw new Error('not a session')
    expect(request.spec).toMatchObject({
      sources: [{ kind: 'capture', pace: 'real' }],
      sinks: [{ kind: 'gateway', host: '127.0.0.1', port: 8080, cors: 'auto' }],
    })
    const ipv6 = read('gateway atsc:// --listen [::1]:0')
    if (ipv6.kind !== 'session') throw new Error('not a session')
    expect(ipv6.spec.sinks).toEqual([expect.objectContaining({ host: '::1', port: 0 })])
  })

  it('sends in real time, or into a capture as fast as it can', () => {
    const live = read('send live.mpd atsc:// --korean --loop --interface 127.0.0.1')
    if (live.kind !== 'session') throw new Error('not a session')
    expect(live.spec).toMatchObject({
      sources: [{ kind: 'presentation', input: 'live.mpd', loop: true }],
      sinks: [{ kind: 'broadcast', url: 'atsc://', flavour: 'korean', pace: 'real', interface: '127.0.0.1' }],
    })
    const file = read('send live.mpd route://225.1.1.0:6000 --capture-out x.pcapng')
    if (file.kind !== 'session') throw new Error('not a session')
    expect(file.spec.sinks).toEqual([
      expect.objectContaining({ kind: 'broadcast', pace: 'fast' }),
      expect.objectContaining({ kind: 'capture', file: 'x.pcapng' }),
    ])
  })

  it('says what is wrong and the right form, in one line', () => {
    for (const line of [
      'recieve route://1.2.3.4:5',
      'receive',
      'receive a b',
      'receive x --loop -1',
      'receive x --services some',
      'gateway atsc://',
      'gateway atsc:// --listen 8080',
      'gateway atsc:// --listen 127.0.0.1:70000',
      'inspect',
      'inspect a --pace slow',
      'receive x --duration soon',
      'receive x --log route@loud',
      'receive x --log video',
      'send only-input',
      'send a b --pace fast',
      'send a b --loop --capture-out f',
      'receive x --no-such-option',
      'inspect x --jsno',
      'send a b --report r',
    ]) {
      const { error } = failure(line)
      expect(error.code, line).toBe('bad-command-line')
      expect(`${error.message}${error.tryThis}`, line).not.toContain('\n')
      expect(error.message.length, line).toBeGreaterThan(10)
    }
  })

  it('refuses by name what this version does not do', () => {
    expect(failure('-i route://225.1.1.0:6000 -o x').error).toMatchObject({ code: 'not-supported' })
  })

  it('prints help and version', () => {
    const help = read('--help')
    expect(help.kind === 'text' && help.text).toContain('receive')
    expect(read('--version')).toEqual({ kind: 'text', text: '1.2.3\n' })
    const receive = read('receive --help')
    expect(receive.kind === 'text' && receive.text).toContain('--max-segments')
  })

  it('takes what becomes of incomplete files, and servers to fetch from, which mean http', () => {
    const repairOf = (line: string) => {
      const request = readCommandLine(line.split(' '), '1.0.0')
      if (request.kind !== 'session') throw new Error('no session')
      const [source] = request.spec.sources
      return source?.kind === 'multicast' ? source.receive.repair : undefined
    }
    expect(repairOf('receive atsc://')).toMatchObject({ mode: 'strict', urls: [] })
    expect(repairOf('receive atsc:// --repair simple')).toMatchObject({ mode: 'simple', urls: [] })
    expect(repairOf('receive atsc:// --repair-url http://a/x --repair-url https://b')).toMatchObject({
      mode: 'http',
      urls: ['http://a/x', 'https://b'],
    })
    for (const line of ['--repair strict --repair-url http://a/', '--repair-url ftp://a/', '--repair full']) {
      expect(failure(`receive atsc:// ${line}`).error).toMatchObject({ code: 'bad-command-line' })
    }
  })
})
