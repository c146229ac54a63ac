import { expect, it } from 'vitest'
import type { Choices } from '../../../core/contract/choices.ts'
import { choiceName } from '../../../core/contract/choices.ts'
import type { SendRequest } from '../../../core/contract/send-request.ts'
import { PARTS } from '../../testing/parts.ts'
import { formOf, ownRows, risksOf, sendLines, sendRows } from './send-form.ts'

it('offers the options that mean something for the address', () => {
  const names = (destination: string, choices = {}) =>
    sendRows(PARTS, formOf(destination, choices)).map((row) => choiceName(row))
  expect(names('route://239.255.1.1:6000')).toEqual(
    expect.arrayContaining(['ttl', 'mtu', 'carouselMs', 'split', 'loop']),
  )
  expect(names('route://239.255.1.1:6000')).not.toContain('bsid')
  expect(names('atsc://')).toContain('bsid')
  expect(names('mabr://239.255.1.1:6000')).toContain('inBand')
  expect(names('mabr://239.255.1.1:6000', { transport: 'route' })).not.toContain('inBand')
  for (const name of ['outInterface', 'pace', 'input', 'destination']) expect(names('atsc://')).not.toContain(name)
  expect(formOf('http://a/b.mpd', {})).toBeNull()
  const own = (destination: string) => ownRows(PARTS, formOf(destination, {}), false).map((row) => choiceName(row))
  expect(own('atsc://')).toEqual(expect.arrayContaining(['ownServiceId', 'ownServiceName', 'category', 'hideInGuide']))
  expect(own('mabr://239.255.1.1:6000')).toContain('ownServiceId')
  expect(own('mabr://239.255.1.1:6000')).not.toContain('category')
  expect(names('atsc://')).not.toContain('category')
  expect(own('route://239.255.1.1:6000')).toEqual([])
  expect(ownRows(PARTS, 'route', true).map((row) => choiceName(row))).toEqual(['objectName', 'repeatEveryS', 'uploadS'])
})

it('writes the same as command lines', () => {
  const request = (input: string, own: Choices = {}, more: Partial<SendRequest> = {}): SendRequest => ({
    inputs: [{ input, own }],
    destination: 'atsc://',
    choices: {},
    receiveBack: false,
    ...more,
  })
  const choices = { outInterface: '127.0.0.1', ttl: 1, loop: 0 }
  const lines = sendLines(PARTS, request('/a b/live.mpd', {}, { choices }))
  expect(lines.ours).toBe("routescope send '/a b/live.mpd' atsc:// --loop 0 --interface 127.0.0.1 --ttl 1")
  expect(lines.gpac).toBe("gpac -i '/a b/live.mpd' dashin:forward=file -o atsc:// --ifce=127.0.0.1 --ttl=1")
  expect(lines.notInGpac).toEqual(['--loop'])
  expect(sendLines(PARTS, request('a.mpd', {}, { destination: 'atsc://239.255.1.1:6000' })).gpac).toBe(
    'gpac -i a.mpd dashin:forward=file -o atsc:// --ip=239.255.1.1 --first_port=6000',
  )
  // What GPAC takes as properties of an input stands behind the input.
  const named = sendLines(PARTS, request('live.mpd', { majorChannel: 9, shortName: 'The news' }))
  expect(named.ours).toBe("routescope send 'live.mpd:#ATSC3MajorChannel=9:#ATSC3ShortServiceName=The news' atsc://")
  expect(named.gpac).toBe(
    "gpac -i 'live.mpd:#ATSC3MajorChannel=9:#ATSC3ShortServiceName=The news' dashin:forward=file -o atsc://",
  )
  expect(named.notInGpac).toEqual([])
  const several = sendLines(
    PARTS,
    request(
      '',
      {},
      {
        inputs: [
          { input: 'a.mpd', own: { ownServiceId: 7 } },
          { input: 'b.m3u8', own: { ownServiceName: 'At: 8', hidden: true } },
        ],
        receiveBack: true,
      },
    ),
  )
  expect(several.ours).toBe(
    "routescope send 'a.mpd:#ServiceID=7' 'b.m3u8:#ServiceName=At: 8:#ATSC3hidden=true' atsc:// --self-check",
  )
  expect(several.gpac).toBe(
    "gpac -i 'a.mpd:#ServiceID=7' dashin:forward=file:FID=1 -i 'b.m3u8:#ATSC3hidden=true:#ServiceID=1' dashin:forward=file:FID=2 -o atsc://:SID=1,2",
  )
  expect(several.notInGpac).toEqual(['Own service name', '--self-check'])
  expect(sendLines(PARTS, request('/files')).gpac).toBeNull()
})

it('asks where packets go further than a group on this network', () => {
  expect(risksOf('route://239.255.1.1:6000', { ttl: 1 })).toEqual([])
  expect(risksOf('mabr://[ff15::1]:6000', {})).toEqual([])
  expect(risksOf('atsc://', {})).toEqual([])
  expect(risksOf('route://192.168.1.5:6000', {})).toHaveLength(1)
  expect(risksOf('route://[fe80::1]:6000', { ttl: 5 })).toHaveLength(2)
})
