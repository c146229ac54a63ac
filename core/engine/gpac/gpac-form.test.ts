import { describe, expect, it } from 'vitest'
import { formOfGpacLine } from './gpac-form.ts'

describe("a line of GPAC's grammar in a form", () => {
  it('is what is received, with its options', () => {
    const line = 'gpac -i route://225.1.1.0:6000/:max_segs=4:kc dashin httpout:port=8080 --rdirs=temp --ifce=127.0.0.1'
    expect(formOfGpacLine(line)).toEqual({
      kind: 'listen',
      url: 'route://225.1.1.0:6000',
      choices: { keepCorrupt: true, interfaces: ['127.0.0.1'], cachedSegments: 4 },
      notes: ['Folder temp is not in the form.', 'Gateway 127.0.0.1:8080 is not in the form.'],
    })
    expect(formOfGpacLine('-play atsc:// mabr://225.1.1.0:6000'.replace(' mabr', ' -play mabr'))).toMatchObject({
      url: 'atsc:// mabr://225.1.1.0:6000',
      notes: [],
    })
  })

  it('is what is sent, with the properties of each input', () => {
    const line =
      'gpac -i a.mpd:#ServiceID=7 dashin:forward=file:FID=1 -i b.mpd dashin:forward=file:FID=2 -o atsc://:SID=1,2:llmode:ttl=1:mtu=1000'
    expect(formOfGpacLine(line)).toEqual({
      kind: 'send',
      request: {
        inputs: [
          { input: 'a.mpd', own: { ownServiceId: 7 } },
          { input: 'b.mpd', own: {} },
        ],
        destination: 'atsc://',
        choices: { mtu: 1000, ttl: 1 },
        receiveBack: false,
      },
      notes: [],
    })
  })

  it('is a relay, with what is joined to what', () => {
    const line =
      '-i tcp://127.0.0.1:1234/:ext=avc:listen:ka:FID=1 -i a.aac:FID=2 -o out.mp4:SID=1,2 -o udp://127.0.0.1:1300:ext=ts:SID=1:ttl=1'
    expect(formOfGpacLine(line)).toEqual({
      kind: 'relay',
      request: {
        sources: [
          {
            name: 'tcp://127.0.0.1:1234',
            choices: { streamExt: 'avc', socketListen: true, socketKeepAlive: true },
          },
          { name: 'a.aac', choices: {} },
        ],
        destinations: [
          { name: 'udp://127.0.0.1:1300', choices: { streamExt: 'ts', socketTtl: 1 }, from: [0] },
          { name: 'out.mp4', choices: {}, from: [0, 1] },
        ],
      },
      notes: [],
    })
    expect(formOfGpacLine('-i route://225.1.1.0:6000/ -o udp://225.1.1.10:1234/:ext=ts')).toMatchObject({
      kind: 'relay',
      request: {
        sources: [{ name: 'route://225.1.1.0:6000' }],
        destinations: [{ name: 'udp://225.1.1.10:1234', choices: { streamExt: 'ts' }, from: [0] }],
      },
    })
  })

  it.each([
    ['httpout:rdirs=x', 'No form of the app has this line.'],
    ['-i a.mpd vflip -o atsc://', "Column 10: unknown filter 'vflip'"],
    ['gpac -i a.mpd dashin:forwrd=file -o atsc://', "Column 22: unknown option 'forwrd' of dashin"],
  ])('%s is refused', (line, words) => {
    expect(() => formOfGpacLine(line)).toThrow(words)
  })
})
