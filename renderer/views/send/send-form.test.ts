import { expect, it } from 'vitest'
import { choiceName } from '../../../core/contract/choices.ts'
import { PARTS } from '../../testing/parts.ts'
import { formOf, risksOf, sendLines, sendRows } from './send-form.ts'

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
})

it('writes the same as command lines', () => {
  const lines = sendLines(PARTS, '/a b/live.mpd', 'atsc://', { outInterface: '127.0.0.1', ttl: 1, loop: 0 })
  expect(lines.ours).toBe("routescope send '/a b/live.mpd' atsc:// --loop 0 --interface 127.0.0.1 --ttl 1")
  expect(lines.gpac).toBe("gpac -i '/a b/live.mpd' dashin:forward=file -o atsc:// --ifce=127.0.0.1 --ttl=1")
  expect(lines.notInGpac).toEqual(['--loop'])
  // What GPAC takes as properties of an input stands behind the input.
  const named = sendLines(PARTS, 'live.mpd', 'atsc://', { majorChannel: 9, shortName: 'The news' })
  expect(named.ours).toBe("routescope send live.mpd atsc:// --major-channel 9 --short-name 'The news'")
  expect(named.gpac).toBe(
    "gpac -i 'live.mpd:#ATSC3MajorChannel=9:#ATSC3ShortServiceName=The news' dashin:forward=file -o atsc://",
  )
  expect(named.notInGpac).toEqual([])
  expect(sendLines(PARTS, '/files', 'route://239.255.1.1:6000', {}).gpac).toBeNull()
})

it('asks where packets go further than a group on this network', () => {
  expect(risksOf('route://239.255.1.1:6000', { ttl: 1 })).toEqual([])
  expect(risksOf('mabr://[ff15::1]:6000', {})).toEqual([])
  expect(risksOf('atsc://', {})).toEqual([])
  expect(risksOf('route://192.168.1.5:6000', {})).toHaveLength(1)
  expect(risksOf('route://[fe80::1]:6000', { ttl: 5 })).toHaveLength(2)
})
