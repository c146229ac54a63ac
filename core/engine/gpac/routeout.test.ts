import { describe, expect, it } from 'vitest'
import { commandOptions } from '../../contract/choices.ts'
import type { OptionValue } from '../../contract/session-spec.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { parseSessionSpec } from '../spec/spec.ts'
import { printGpacLine } from './gpac-print.ts'
import { readGpacLine } from './gpac-reader.ts'

/** Every option of GPAC's routeout: what is written, and the part, field and value that it is in a session. */
const OPTIONS: readonly (readonly [string, string, string, OptionValue])[] = [
  ['carousel=500', 'broadcast', 'carouselMs', 500],
  ['ifce=127.0.0.1', 'multicast-out', 'interface', '127.0.0.1'],
  ['ttl=1', 'multicast-out', 'ttl', 1],
  ['mtu=1400', 'broadcast', 'mtu', 1400],
  ['splitlct=off', 'broadcast', 'split', 'off'],
  ['splitlct=type', 'broadcast', 'split', 'type'],
  ['splitlct=all', 'broadcast', 'split', 'all'],
  ['splitlct=mcast', 'broadcast', 'split', 'mcast'],
  ['bsid=5', 'broadcast', 'bsid', 5],
  ['korean=true', 'broadcast', 'korean', true],
  ['brinc=20', 'broadcast', 'pieceMargin', 20],
  ['noreg=true', 'broadcast', 'burst', true],
  ['nozip=true', 'broadcast', 'plainSls', true],
  ['flute=false', 'broadcast', 'transport', 'route'],
  ['csum=no', 'broadcast', 'digests', 'none'],
  ['csum=meta', 'broadcast', 'digests', 'meta'],
  ['csum=all', 'broadcast', 'digests', 'all'],
  ['recv_obj_timeout=60', 'broadcast', 'repairAfterMs', 60],
  ['errsim=1x50', 'broadcast', 'loss', '1x50'],
  ['use_inband=true', 'broadcast', 'inBand', true],
  ['ssm=true', 'broadcast', 'sourceSpecific', true],
]

/** The same of its properties of an input. */
const PROPERTIES: readonly (readonly [string, string, OptionValue])[] = [
  ['ServiceID=7', 'serviceId', 7],
  ['ServiceName=News', 'serviceName', 'News'],
  ['ATSC3ShortServiceName=Nws', 'shortName', 'Nws'],
  ['ATSC3MajorChannel=9', 'majorChannel', 9],
  ['ATSC3MinorChannel=4', 'minorChannel', 4],
  ['ATSC3ServiceCat=2', 'category', 2],
  ['ATSC3hidden=true', 'hidden', true],
  ['ATSC3hideInGuide=true', 'hideInGuide', true],
  ['ATSC3configuration=Broadband', 'configuration', 'broadband'],
  ['MABRBaseURLs=http://a/', 'repairServers', 'http://a/'],
  ['MCASTIP=239.255.1.9', 'groupAddress', '239.255.1.9'],
  ['MCASTPort=7000', 'groupPort', 7000],
  ['MCASTName=x.bin', 'objectName', 'x.bin'],
  ['MCASTCarousel=2.5', 'repeatEveryS', 2.5],
  ['MCASTUpload=4', 'uploadS', 4],
]

const sending = PART_DESCRIPTIONS.filter(({ side }) => side === 'send')
const rows = commandOptions(sending, 'send')

/** The line has a meaning, a session that is saved and read again has it too, and so has the line that is written of it. */
function meansEverywhere(line: string, kind: string, key: string, value: OptionValue): void {
  const own = PART_DESCRIPTIONS.find((part) => part.kind === kind)?.options.find((row) => row.key === key)
  const { spec } = readGpacLine(line)
  const saved = parseSessionSpec(JSON.parse(JSON.stringify(spec)), 'session')
  for (const { parts } of [spec, saved, readGpacLine(printGpacLine(spec).line).spec])
    expect(parts.find((part) => part.kind === kind)?.[key] ?? own?.default).toEqual(value)
  // An option of the command line, whose rows are the fields of the form.
  expect(rows).toContain(own)
}

describe("GPAC's routeout", () => {
  it.each(OPTIONS)('takes %s, as a session, its file and the form do', (word, kind, key, value) => {
    for (const line of [
      `-i a.mpd dashin:forward=file -o mabr://239.255.1.1:6000:${word}`,
      `-i a.mpd -o atsc:// --${word}`,
    ])
      meansEverywhere(line, kind, key, value)
  })

  it.each(PROPERTIES)('takes the property %s of an input', (word, key, value) => {
    meansEverywhere(`-i a.mpd::#${word} -o atsc://`, 'presentation', key, value)
  })

  it.each([
    ['llmode', true],
    ['llmode=true', true],
    ['llmode=false', false],
    ['', false],
  ])('sends pieces as they come where it says so: "%s"', (word, isLow) => {
    const { spec } = readGpacLine(`-i a.mpd -o atsc://${word === '' ? '' : `:${word}`}`)
    expect((spec.parts[0]?.lowLatency ?? true) === isLow).toBe(true)
  })

  it.each([
    [':ip=239.255.1.9:first_port=7000', 'atsc://239.255.1.9:7000'],
    [':ip=239.255.1.9', 'atsc://239.255.1.9:6000'],
    [':first_port=7000', 'atsc://225.1.1.0:7000'],
    ['::ip=ff15:0:0:0:0:0:0:9::first_port=7000', 'atsc://[ff15:0:0:0:0:0:0:9]:7000'],
    ['', 'atsc://'],
  ])('has the services of atsc://%s at %s', (words, url) => {
    const { spec } = readGpacLine(`-i a.mpd -o atsc://${words}`)
    expect(spec.parts.find(({ kind }) => kind === 'broadcast')?.url).toBe(url)
    expect(readGpacLine(printGpacLine(spec).line).spec).toEqual(spec)
  })

  it('has ip and first_port for atsc:// alone, and says so', () => {
    const { spec, notes } = readGpacLine('-i a.mpd -o route://239.255.1.1:6000:ip=239.255.1.9')
    expect(spec.parts.find(({ kind }) => kind === 'broadcast')?.url).toBe('route://239.255.1.1:6000')
    expect(notes).toEqual([expect.stringMatching(/^ip and first_port are for atsc:\/\//)])
  })

  it.each([
    ['-i a.mpd -o atsc://:runfor=4500', 4.5],
    ['-i a.mpd -o atsc:// --runfor=4500', 4.5],
    ['-runfor=1000 -i a.mpd -o atsc://:runfor=4500', 1],
    ['-i a.mpd -o atsc://:runfor=0', undefined],
  ])('ends after its time: %s', (line, durationS) => {
    expect(readGpacLine(line).spec.durationS).toBe(durationS)
  })
})
