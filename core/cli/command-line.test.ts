import { describe, expect, it } from 'vitest'
import { REPAIR_PART, type RepairPartSpec } from '../engine/parts/repair-options.ts'
import { completePart } from '../engine/spec/part-spec.ts'
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
    expect(read('')).toMatchObject({ kind: 'open', request: null, window: true })
    expect(read('--demo')).toMatchObject({ kind: 'open', request: { sources: ['demo:'], choices: {} } })
    expect(read('open demo:')).toMatchObject({ kind: 'open', request: { sources: ['demo:'], choices: {} } })
  })

  it('takes what is said of the window before the command as well as behind it', () => {
    const served = { kind: 'open', window: false, listen: { host: '127.0.0.1', port: 8090 } }
    expect(read('--no-window --listen 127.0.0.1:8090 open air.pcap')).toMatchObject(served)
    expect(read('open --no-window --listen 127.0.0.1:8090 air.pcap')).toMatchObject(served)
    expect(read('--listen 127.0.0.1:8080 --no-window open --listen 127.0.0.1:8090 air.pcap')).toMatchObject(served)
  })

  it('opens URLs and files', () => {
    expect(read('open atsc:// --interface 127.0.0.1')).toMatchObject({
      request: { sources: ['atsc://'], choices: { interfaces: ['127.0.0.1'] } },
    })
    expect(read('open air.pcap')).toMatchObject({ request: { sources: ['air.pcap'] } })
    expect(read('open -- -x.pcap')).toMatchObject({ request: { sources: ['-x.pcap'] } })
    expect(read('inspect -- -x.pcap')).toMatchObject({
      spec: { parts: expect.arrayContaining([expect.objectContaining({ files: ['-x.pcap'] })]) },
    })
  })

  it('inspects every service of several captures as one, as fast as possible', () => {
    const request = read('inspect a.pcap b.pcapng.gz --json')
    expect(request).toMatchObject({ kind: 'inspect', json: true })
    if (request.kind !== 'inspect') throw new Error('not an inspect request')
    expect(request.spec.parts).toEqual([
      { id: 'source', kind: 'capture', files: ['a.pcap', 'b.pcapng.gz'], services: 'all' },
      { id: 'receiver', kind: 'receiver', keepCorrupt: true },
      { id: 'repair', kind: 'repair', keepCorrupt: true },
    ])
  })

  it('receives from the network until it is silent, or from a capture', () => {
    const live = read('receive route://225.1.1.0:6000 --out dump --services all --max-segments 4 --duration 2.5')
    if (live.kind !== 'session') throw new Error('not a session')
    expect(live.spec).toMatchObject({
      durationS: 2.5,
      parts: [
        { kind: 'multicast', url: 'route://225.1.1.0:6000', services: 'all' },
        { kind: 'receiver', timeoutS: 10 },
        { kind: 'folder', dir: 'dump', maxSegments: 4 },
      ],
    })
    const capture = read(
      'receive atsc:// --capture x.pcap --out d --services 1,5009 --report r.json --loop 0 --pace real',
    )
    if (capture.kind !== 'session') throw new Error('not a session')
    expect(capture.spec).toMatchObject({
      parts: [
        { kind: 'capture', files: ['x.pcap'], url: 'atsc://', pace: 'real', loop: 0, services: [1, 5009] },
        { kind: 'folder', dir: 'd' },
        { kind: 'report', file: 'r.json' },
      ],
    })
  })

  it('serves a capture at its own pace unless --pace is given', () => {
    const request = read('gateway --capture x.pcap --listen 127.0.0.1:8080')
    if (request.kind !== 'session') throw new Error('not a session')
    expect(request.spec).toMatchObject({
      parts: [
        { kind: 'capture', pace: 'real' },
        { kind: 'gateway', listen: '127.0.0.1:8080' },
      ],
    })
    const ipv6 = read('gateway atsc:// --listen [::1]:0')
    if (ipv6.kind !== 'session') throw new Error('not a session')
    expect(ipv6.spec.parts[1]).toEqual({ id: 'gateway', kind: 'gateway', listen: '[::1]:0' })
  })

  it('records the packets of chosen services only (joinedOnly), and all where none are chosen', () => {
    const recorderOf = (line: string) => {
      const request = read(line)
      return request.kind === 'session' ? request.spec.parts.find(({ kind }) => kind === 'recorder') : undefined
    }
    expect(recorderOf('record atsc:// --capture-out x --services 1,2')).toMatchObject({ joinedOnly: true })
    expect(recorderOf('record atsc:// --capture a --capture-out x')).toMatchObject({ joinedOnly: true })
    expect(recorderOf('record atsc:// --capture-out x')).not.toHaveProperty('joinedOnly')
    expect(recorderOf('record --capture a --capture-out x')).not.toHaveProperty('joinedOnly')
  })

  it('sends in real time, or into a capture as fast as it can', () => {
    const live = read('send live.mpd atsc:// --korean --loop --interface 127.0.0.1')
    if (live.kind !== 'session') throw new Error('not a session')
    expect(live.spec).toMatchObject({
      parts: [
        { kind: 'presentation', input: 'live.mpd', loop: 0 },
        { kind: 'broadcast', url: 'atsc://', korean: true },
        { kind: 'multicast-out', interface: '127.0.0.1' },
      ],
    })
    const file = read('send live.mpd route://225.1.1.0:6000 --capture-out x.pcapng')
    if (file.kind !== 'session') throw new Error('not a session')
    expect(file.spec.parts).toEqual([
      { id: 'source', kind: 'presentation', input: 'live.mpd' },
      { id: 'recorder', kind: 'recorder', file: 'x.pcapng' },
      { id: 'broadcast', kind: 'broadcast', url: 'route://225.1.1.0:6000', pace: 'fast' },
    ])
  })

  it('sends several inputs as one broadcast', () => {
    const several = read('send a.mpd b.mpd folder atsc:// --capture-out x.pcapng')
    if (several.kind !== 'session') throw new Error('not a session')
    expect(several.spec.parts).toEqual([
      { id: 'source1', kind: 'presentation', input: 'a.mpd' },
      { id: 'source2', kind: 'presentation', input: 'b.mpd' },
      { id: 'source3', kind: 'presentation', input: 'folder' },
      { id: 'recorder', kind: 'recorder', file: 'x.pcapng' },
      { id: 'broadcast', kind: 'broadcast', url: 'atsc://', pace: 'fast' },
    ])
  })

  it('names the fault and the right form, in one line', () => {
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
      'send',
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

  it.each([
    ['inspect', ''],
    ['inspect', 'a.pcap', ''],
    ['open', ''],
    ['receive', ''],
    ['gateway', '', '--listen', '127.0.0.1:0'],
    ['record', '', '--capture-out', 'a.pcapng'],
    ['send', '', 'route://239.1.1.1:6000'],
    ['send', 'folder', ''],
    ['run', ''],
  ])('says that a name is empty: %s', (...args) => {
    expect(() => readCommandLine(args, '1.2.3')).toThrow('An empty name was given.')
  })

  it("reads GPAC's grammar where the first word, or an input or output, is of it", () => {
    const kinds = (line: string) => {
      const request = readCommandLine(line.split(' '), '0')
      return request.kind === 'session' ? request.spec.parts.map(({ kind }) => kind) : request
    }
    expect(kinds('-i route://225.1.1.0:6000:odir=x')).toEqual(['multicast', 'receiver', 'folder'])
    expect(kinds('--ifce=lo -i route://225.1.1.0:6000:odir=x')).toEqual(['multicast', 'receiver', 'folder'])
    expect(kinds('-logs=http@debug httpout:rdirs=x')).toEqual(['server'])
    expect(kinds('-play route://225.1.1.0:6000')).toEqual({
      kind: 'open',
      request: { sources: ['route://225.1.1.0:6000'], choices: { playAtOnce: true } },
      window: true,
      listen: { host: '127.0.0.1', port: 0 },
    })
    expect(failure('vflip -i a.mpd -o x').message).toMatch(/^Column 1: unknown filter 'vflip' \(supported: aout, /)
  })

  it('prints help and version', () => {
    const help = read('--help')
    expect(help.kind === 'text' && help.text).toContain('receive')
    expect(read('--version')).toEqual({ kind: 'text', text: '1.2.3\n' })
    const receive = read('receive --help')
    expect(receive.kind === 'text' && receive.text).toContain('--max-segments')
  })

  it('takes --repair, and --repair-url, which implies http', () => {
    const repairOf = (line: string) => {
      const request = readCommandLine(line.split(' '), '1.0.0')
      if (request.kind !== 'session') throw new Error('no session')
      const repair = request.spec.parts.find(({ kind }) => kind === 'repair') ?? { id: 'repair', kind: 'repair' }
      return completePart<RepairPartSpec>(REPAIR_PART, repair)
    }
    expect(repairOf('receive atsc://')).toMatchObject({ mode: 'strict' })
    expect(repairOf('receive atsc:// --repair simple')).toMatchObject({ mode: 'simple' })
    expect(repairOf('receive atsc:// --repair-url http://a/x --repair-url https://b')).toMatchObject({
      mode: 'http',
      urls: ['http://a/x', 'https://b'],
    })
    for (const line of ['--repair strict --repair-url http://a/', '--repair-url ftp://a/', '--repair full']) {
      expect(failure(`receive atsc:// ${line}`).error).toMatchObject({ code: 'bad-command-line' })
    }
  })
})

describe('live captures', () => {
  const parts = (...args: string[]) => {
    const request = readCommandLine(args, '0')
    return request.kind === 'session' || request.kind === 'inspect' ? request.spec.parts : null
  }
  const tuner = 'http://10.0.0.9:5004/auto/ch33?format=alp-pcap'

  it('are named by an http address or as standard input', () => {
    expect(parts('receive', tuner)?.[0]).toEqual({ id: 'source', kind: 'capture-stream', url: tuner })
    expect(parts('gateway', '-', '--listen', ':8080')?.[0]).toEqual({ id: 'source', kind: 'capture-stream', url: '-' })
    expect(parts('record', tuner, '--capture-out', 'x.pcapng')?.[0]).toMatchObject({ kind: 'capture-stream' })
    expect(parts('inspect', tuner)?.[0]).toMatchObject({ kind: 'capture-stream', url: tuner })
    // For inspect and --capture, standard input is a finite capture.
    expect(parts('inspect', '-')?.[0]).toMatchObject({ kind: 'capture', files: ['-'] })
    expect(parts('receive', '--capture', '-')?.[0]).toMatchObject({ kind: 'capture', files: ['-'] })
  })

  it('are everything on an interface, or what a URL selects of it', () => {
    expect(parts('receive', '--capture-interface', 'eth1')?.[0]).toEqual({
      id: 'source',
      kind: 'interface',
      interface: 'eth1',
    })
    expect(parts('record', 'atsc://', '--capture-interface', 'eth1', '--capture-out', 'x')?.[0]).toMatchObject({
      kind: 'interface',
      url: 'atsc://',
    })
    expect(parts('inspect', '--capture-interface', 'lo', '--capture-filter', 'udp')?.[0]).toMatchObject({
      interface: 'lo',
      filter: 'udp',
    })
  })

  it('are opened by the app as sources to listen to', () => {
    const opened = (...args: string[]) => {
      const request = readCommandLine(['open', ...args], '0')
      return request.kind === 'open' ? request.request : null
    }
    expect(opened('-')).toEqual({ sources: ['-'], choices: {} })
    expect(opened(tuner)).toEqual({ sources: [tuner], choices: {} })
    expect(opened('--capture-interface', 'eth1')).toEqual({ sources: ['interface:eth1'], choices: {} })
  })
})
