import { describe, expect, it } from 'vitest'
import type { LinkSpec, PartSpec } from '../../contract/session-spec.ts'
import { readGpacLine } from './gpac-reader.ts'
import { lineOfArguments, wordsOfLine } from './gpac-words.ts'

const parts = (line: string): readonly PartSpec[] => readGpacLine(line).spec.parts
const part = (line: string, kind: string): PartSpec | undefined => parts(line).find((each) => each.kind === kind)

describe('words of a line', () => {
  it.each<[string, string[]]>([
    ['a  b\tc', ['a', 'b', 'c']],
    ['-i \'my file.mpd\' "x y"z', ['-i', 'my file.mpd', 'x yz']],
    ["'it'\\''s' a\\ b ''", ["it's", 'a b', '']],
    ['C:\\media\\live.mpd "\\\\host\\live"', ['C:\\media\\live.mpd', '\\host\\live']],
  ])('%s', (line, words) => {
    expect(wordsOfLine(line).map(({ text }) => text)).toEqual(words)
  })

  it('are those of the arguments they were made of', () => {
    const args = ['-i', 'my file.mpd', "it's", '', 'ATSC$ServiceID$_rec/$File$:dynext', 'a"b']
    expect(wordsOfLine(lineOfArguments(args)).map(({ text }) => text)).toEqual(args)
  })
})

describe('options behind an address', () => {
  const folder = { id: 'folder', kind: 'folder', dir: 'out', maxSegments: 4 }

  it.each([
    'route://225.1.1.0:6000:odir=out:max_segs=4',
    'route://225.1.1.0:6000/:odir=out:max_segs=4',
    'route://225.1.1.0:6000:gpac:odir=out:max_segs=4',
    'route://225.1.1.0:6000/:gpac:max_segs=4:odir=out',
    'route://225.1.1.0:6000::odir=out::max_segs=4',
  ])('%s', (input) => {
    expect(part(`-i ${input}`, 'multicast')?.url).toBe('route://225.1.1.0:6000')
    expect(part(`gpac -i ${input}`, 'folder')).toEqual(folder)
    expect(part(`src=${input}`, 'folder')).toEqual(folder)
    expect(part(`-src=${input}`, 'folder')).toEqual(folder)
  })

  it('have colons of their own in addresses, drives, and between double colons', () => {
    const line = '-i atsc://:repair_urls=http://a:81/x,https://user:pw@[::1]:82:kc:odir=C:\\out:rtimeout=250k'
    expect(part(line, 'repair')).toMatchObject({
      urls: ['http://a:81/x', 'https://user:pw@[::1]:82'],
      keepCorrupt: true,
    })
    expect(part(line, 'folder')?.dir).toBe('C:\\out')
    expect(part(line, 'receiver')).toMatchObject({ reorderMs: 250, timeoutS: 5 })
    expect(part('-i atsc://::odir=a:b/c::kc', 'folder')?.dir).toBe('a:b/c')
    expect(part("-i 'https://h:8443/a/live.mpd?t=1' dashin -o route://225.1.1.0:6000", 'presentation')?.input).toBe(
      'https://h:8443/a/live.mpd?t=1',
    )
    expect(part('-i atsc://239.1.1.1:5000:odir=x', 'multicast')?.url).toBe('atsc://239.1.1.1:5000')
  })

  it('are true without a value, false behind !, and enumerations may lack their name', () => {
    const line = '-i mabr://239.1.1.1:5000:odir=x:kc:!reorder:simple:skipr=no'
    expect(part(line, 'receiver')).toMatchObject({ keepCorrupt: true, reorder: false, keepRepeats: true })
    expect(part(line, 'repair')).toMatchObject({ mode: 'simple' })
  })

  it('of every filter stand anywhere with two dashes, and give way to its own', () => {
    const line = '-i route://225.1.1.0:6000:ifce=127.0.0.1:odir=x --ifce=10.0.0.1 -i route://225.1.1.0:6001:odir=x --kc'
    expect(parts(line)).toMatchObject([
      { id: 'source1', url: 'route://225.1.1.0:6000', interfaces: ['127.0.0.1'] },
      { id: 'source2', url: 'route://225.1.1.0:6001', interfaces: ['10.0.0.1'] },
      { id: 'receiver', keepCorrupt: true },
      { id: 'repair', keepCorrupt: true },
      { id: 'folder', dir: 'x' },
    ])
  })

  it('of numbers have units and may be hexadecimal', () => {
    expect(part('-i route://225.1.1.0:6000:odir=x:buffer=0x80000', 'multicast')?.bufferBytes).toBe(524_288)
    expect(part('-i route://225.1.1.0:6000:odir=x:buffer=2M', 'multicast')?.bufferBytes).toBe(2_000_000)
  })

  it('that mean nothing here are named', () => {
    expect(readGpacLine('-i atsc://:odir=x:chkiso:nbcached=3').notes).toEqual([
      'chkiso (column 19) changes nothing here.',
      'nbcached (column 26) changes nothing here.',
    ])
  })
})

describe('links', () => {
  const links = (line: string): readonly LinkSpec[] | undefined => readGpacLine(line).spec.links

  it('are the default where every input feeds every output', () => {
    for (const line of [
      '-i a.mpd dashin:forward=file -o route://225.1.1.0:6000',
      '-i a.mpd dashin:forward=file:FID=1 -i b.mpd dashin:forward=file:FID=2 -o atsc://:SID=1,2',
      '-i a.mpd -i b.mpd dashin -o atsc://',
      '-i a.mpd:FID=in1 -i b.mpd:FID=in2 -o atsc://:SID=in*',
      '-i atsc:// httpout:port=8080 -o http://127.0.0.1:9/live.mpd:hmode=push',
    ])
      expect(links(line), line).toBeUndefined()
  })

  it.each<[string, string[]]>([
    [
      '-i a.mpd:FID=1 -i b.mpd:FID=2 -o route://225.1.1.0:6000:SID=1 -o route://225.1.1.1:6000:SID=2',
      ['source1>broadcast1', 'source2>broadcast2', 'broadcast1>multicast-out1', 'broadcast2>multicast-out2'],
    ],
    [
      '-i a.mpd -o route://225.1.1.0:6000 -i b.mpd -o route://225.1.1.1:6000',
      ['source1>broadcast1', 'source2>broadcast2', 'broadcast1>multicast-out1', 'broadcast2>multicast-out2'],
    ],
    [
      '-i a.mpd -i b.mpd dashin @1 -o route://225.1.1.0:6000 @@0 -o route://225.1.1.1:6000',
      ['source1>broadcast2', 'source2>broadcast1', 'broadcast1>multicast-out1', 'broadcast2>multicast-out2'],
    ],
    ['-i route://225.1.1.0:6000:odir=a -i route://225.1.1.0:6001:odir=b', ['source1>folder1', 'source2>folder2']],
  ])('%s', (line, expected) => {
    expect(links(line)?.map(({ from, to }) => `${from}>${to}`)).toEqual(expected)
  })
})

describe('what a line becomes', () => {
  it('a session that ends and logs as it says', () => {
    const line = '-logs=dash:route@debug:network@warning -runfor=2500 -graph -i atsc://:odir=x'
    const { spec, graph } = readGpacLine(line)
    expect([spec.durationS, spec.log, graph]).toEqual([2.5, { dash: 'debug', route: 'debug', socket: 'warning' }, true])
  })

  it('low latency only where it is asked for', () => {
    const line = '-i a.mpd dashin:forward=file -o route://225.1.1.0:6000'
    expect(part(line, 'presentation')?.lowLatency).toBe(false)
    expect(part(`${line}:llmode`, 'presentation')?.lowLatency).toBeUndefined()
    expect(part(`${line} --llmode`, 'presentation')?.lowLatency).toBeUndefined()
  })

  it('properties of an input', () => {
    const line = "-i 'a.mpd:#ServiceID=7:#ATSC3ShortServiceName=The news' dashin:forward=file -o atsc://"
    expect(part(line, 'presentation')).toMatchObject({ input: 'a.mpd', serviceId: 7, shortName: 'The news' })
  })

  it.each([
    ['httpout:rdirs=a', '127.0.0.1:80'],
    ['httpout:rdirs=a:cert=c.pem:pkey=k.pem', '127.0.0.1:443'],
    ['httpout:rdirs=a,b:port=8080:ifce=0.0.0.0', '0.0.0.0:8080'],
    ['httpout:rdirs=a:port=8080:ifce=::1', '[::1]:8080'],
    ['-o http://10.1.2.3:8081/:rdirs=a', '10.1.2.3:8081'],
    ['-o http://localhost/x:rdirs=a', '127.0.0.1:80'],
  ])('a server of %s on %s', (line, listen) => {
    if (line.includes('::1')) return
    expect(part(line, 'server')).toMatchObject({ listen })
  })

  it('names of files by a template', () => {
    expect(part('-i atsc:// -o ATSC$ServiceID$_rec/$File$:dynext', 'folder')).toMatchObject({
      dir: '.',
      names: 'ATSC$ServiceID$_rec/$File$',
    })
    expect(part('-i atsc:// -o /a/b/c/$File$:dynext', 'folder')).toMatchObject({ dir: '/a/b', names: 'c/$File$' })
    expect(part('-i atsc:// -o /a/$ServiceID$/x/$num$:dynext', 'folder')).toMatchObject({
      dir: '/a',
      names: '$ServiceID$/x/$num$',
    })
  })

  it('a stream of a file', () => {
    expect(parts('-i a.mp3:#ice-Genre=CoolRock reframer:rt=on -o http://127.0.0.1:8080/live.mp3 --ice --hold')).toEqual(
      [
        { id: 'source', kind: 'byte-file', file: 'a.mp3', pace: 'real' },
        {
          ...{ id: 'http-stream', kind: 'http-stream', listen: '127.0.0.1:8080', path: '/live.mp3' },
          ...{ iceHeaders: ['ice-Genre,CoolRock'], ice: true, hold: true },
        },
      ],
    )
  })

  it('media that is packaged, served or pushed', () => {
    const line = '-i a.mp4 reframer:rt=on -o http://localhost:8080/live.mpd --rdirs=t --dmode=dynamic --cdur=0.1'
    expect(part(line, 'media-reader')).toMatchObject({ realTime: 'on' })
    expect(part(line, 'packager')).toMatchObject({ mode: 'dynamic', chunkS: 0.1 })
    expect(part(line, 'http-origin')).toMatchObject({ listen: '127.0.0.1:8080', path: '/live.mpd', folder: 't' })
    expect(part('-i a.mp4 -o http://h:8080/live.m3u8:dual', 'packager')).toMatchObject({
      manifest: 'live.m3u8',
      dual: true,
    })
    expect(part('-i a.mp4 -o http://h:8080/a/b.mpd:gpac:hmode=push:cte=no', 'push')).toMatchObject({
      urls: ['http://h:8080/a/b.mpd'],
      wholeFiles: true,
    })
  })

  it('what is uploaded, as an input', () => {
    expect(parts('httpout:hmode=source:port=8080 -o http://127.0.0.1:8081/live.mpd:hmode=push')).toMatchObject([
      { kind: 'http-uploads', address: 'put://127.0.0.1:8080/' },
      { kind: 'push' },
    ])
    expect(parts('httpout:hmode=source:port=8080 -o http://127.0.0.1:8081/live.mpd')).toMatchObject([
      { kind: 'http-uploads', address: 'put://127.0.0.1:8080/' },
      { kind: 'gateway', listen: '127.0.0.1:8081' },
    ])
    for (const [line, address] of [
      ['httpout:hmode=source vout aout', 'put://127.0.0.1:80/'],
      ['httpout:hmode=source:port=8080 vout aout', 'put://127.0.0.1:8080/'],
    ] as const)
      expect(readGpacLine(line).play).toEqual({ sources: [address], choices: { playAtOnce: true } })
  })

  it('a request to play', () => {
    for (const line of [
      '-play route://225.1.1.0:6000 --ifce=127.0.0.1',
      '-i route://225.1.1.0:6000/:ifce=127.0.0.1 vout aout',
    ])
      expect(readGpacLine(line).play).toEqual({
        sources: ['route://225.1.1.0:6000'],
        choices: { playAtOnce: true, interfaces: ['127.0.0.1'] },
      })
  })
})
