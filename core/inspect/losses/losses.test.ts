import { describe, expect, it } from 'vitest'
import { tsiOf } from '../../testing/carriers.ts'
import { serviceOf, TestReception, type TestTrack } from '../../testing/test-reception.ts'

const VIDEO: TestTrack = { tsi: 10, role: 'video', step: 'duration="1"' }
const AUDIO: TestTrack = { tsi: 20, role: 'audio', step: 'duration="1"' }

/** Video and audio segments of these numbers, 200 ms each, in turn. */
function play(reception: TestReception, numbers: readonly number[], skipped: readonly number[] = []): void {
  for (const number of numbers) {
    if (skipped.includes(number)) reception.pass(200)
    else reception.segment(10, number)
    reception.segment(20, number)
  }
}

function begin(tracks: readonly TestTrack[] = [VIDEO, AUDIO]): TestReception {
  const reception = new TestReception()
  reception.announce(tracks)
  for (const { tsi } of tracks) reception.init(tsi)
  return reception
}

const missingOf = (reception: TestReception, tsi: number): number | undefined =>
  reception.columns.views.channels().find((channel) => channel.tsi === tsi)?.missingObjects

/** An S-TSID whose table lists three files. */
const table = (expires: number) =>
  `<S-TSID><RS><LS tsi="5"><SrcFlow><EFDT><FDT-Instance Expires="${expires}">${[1, 2, 3]
    .map((toi) => `<File TOI="${toi}" Content-Location="f${toi}" Content-Length="100" Transfer-Length="100"/>`)
    .join('')}</FDT-Instance></EFDT></SrcFlow></LS></RS></S-TSID>`

describe('a manifest with a Representation that cannot be used', () => {
  it('is used without it, and told once however often it is sent', () => {
    const reception = new TestReception()
    reception.announce([VIDEO])
    const mpd = (change: string) =>
      `<MPD type="static" mediaPresentationDuration="PT1000S"><Period><AdaptationSet contentType="video"><Representation id="r9"><SegmentTemplate media="9/$Nr$.m4s" duration="1"/></Representation><Representation id="r10"><SegmentTemplate media="10/$Number$.m4s" duration="1" startNumber="1"/></Representation></AdaptationSet></Period></MPD>${change}`
    for (const change of ['', '<!-- again -->']) {
      reception.signalling(mpd(change))
      play(reception, change === '' ? [1, 2, 3] : [5, 6, 7])
    }
    reception.pass(3000)
    expect(missingOf(reception, 10)).toBe(1)
    expect(reception.alarms('TABLE-ENTRY').map(({ service, text }) => [service, text])).toEqual([
      [
        1,
        'MPD manifest.mpd: Period[1]/AdaptationSet[1]/Representation[1] (unknown identifier $Nr$ in a template) is left out',
      ],
    ])
  })
})

describe('an announced segment that never arrives', () => {
  it('is the sender’s where its neighbours arrive', () => {
    const reception = begin()
    play(reception, [1, 2, 3, 4, 5, 6], [4])
    reception.pass(3000)
    expect(missingOf(reception, 10)).toBe(1)
    expect(missingOf(reception, 20)).toBe(0)
    const [alarm, ...others] = reception.alarms('TOI-GAP')
    expect(others).toEqual([])
    expect(alarm).toMatchObject({ severity: 'error', service: 1, tsi: 10, cause: 'sender' })
    expect(alarm?.text).toBe(
      'The announced object 10/4.m4s never arrived on TSI 10, between 10/3.m4s and 10/5.m4s; cause: the sender ' +
        '(the objects before and after it are whole, and other TSIs lost nothing meanwhile)',
    )
    const report = reception.close()
    expect(report.totals.losses).toMatchObject({ sender: { objects: 1, bytes: 0 }, network: { objects: 0, bytes: 0 } })
    expect(serviceOf(report).sessions[0]?.channels[1]?.missingObjects).toBe(1)
  })

  it('is the network’s where others have losses at the time', () => {
    const reception = begin()
    play(reception, [1, 2])
    reception.pass(200)
    reception.segment(20, 3, 10, [4, 5])
    play(reception, [4, 5])
    reception.pass(3000)
    expect(reception.alarms('TOI-GAP')[0]).toMatchObject({ tsi: 10, cause: 'network' })
    expect(reception.alarms('OBJ-LOSS')[0]).toMatchObject({ tsi: 20, cause: 'network' })
  })

  it('is the network’s where all channels lack theirs', () => {
    const reception = begin()
    play(reception, [1, 2])
    reception.pass(400)
    play(reception, [4, 5])
    reception.pass(3000)
    expect(reception.alarms('TOI-GAP').map(({ tsi, cause }) => [tsi, cause])).toEqual([
      [10, 'network'],
      [20, 'network'],
    ])
  })

  it('is of unknown cause where nothing else arrived meanwhile, or where one packet could contain it', () => {
    const alone = begin([VIDEO])
    for (const number of [1, 2, 4, 5]) alone.segment(10, number)
    alone.pass(3000)
    expect(alone.alarms('TOI-GAP')[0]?.cause).toBe('unknown')

    const small = begin()
    for (const number of [1, 2, 4, 5]) {
      small.segment(10, number, 2)
      small.segment(20, 2 * number)
      small.segment(20, 2 * number + 1)
      if (number === 2) for (const audio of [6, 7]) small.segment(20, audio)
    }
    small.pass(3000)
    expect(small.alarms('TOI-GAP')[0]?.cause).toBe('unknown')
  })

  it('is this computer’s where it dropped packets at the time', () => {
    const reception = begin()
    reception.sockets(0)
    play(reception, [1, 2, 3])
    reception.sockets(0)
    play(reception, [4], [4])
    reception.sockets(12)
    play(reception, [5, 6])
    reception.pass(3000)
    expect(reception.alarms('TOI-GAP')[0]).toMatchObject({ cause: 'host' })
  })

  it('is reported by number and name, and counts bytes of a file table', () => {
    const reception = begin()
    play(reception, [1, 2, 3])
    reception.pass(8 * 400)
    play(reception, [12, 13])
    reception.pass(3000)
    expect(missingOf(reception, 10)).toBe(8)
    expect(reception.alarms('TOI-GAP')[0]?.text).toContain(
      '8 announced objects never arrived (10/4.m4s, 10/5.m4s, 10/6.m4s, 10/7.m4s, 10/8.m4s, 10/9.m4s … 10/11.m4s)',
    )
  })

  it('may arrive late', () => {
    const reception = begin()
    reception.segment(10, 1)
    reception.packet({ tsi: 10, toi: 3, payload: new Uint8Array(10), length: 20 })
    reception.pass(100)
    reception.segment(10, 2)
    reception.packet({ tsi: 10, toi: 3, payload: new Uint8Array(10), offset: 10, length: 20 })
    reception.segment(10, 4)
    reception.pass(3000)
    reception.close()
    expect(reception.alarms('TOI-GAP')).toEqual([])
  })

  it('is neither one sent before reception, nor one after the last received', () => {
    const reception = begin()
    play(reception, [500, 501, 502])
    reception.pass(20_000)
    reception.close()
    expect(reception.alarms('TOI-GAP')).toEqual([])
  })

  it('is none across a loop of the source, or a jump far ahead in no time', () => {
    const loop = begin()
    play(loop, [300, 301, 302, 1, 2, 3])
    const ahead = begin()
    play(ahead, [1, 2, 3, 500_000, 500_001])
    const wide = begin()
    play(wide, [1, 2, 3, 200, 201])
    for (const reception of [loop, ahead, wide]) {
      reception.pass(3000)
      reception.close()
      expect(reception.alarms('TOI-GAP')).toEqual([])
    }
  })

  it('is none after a capture begins again', () => {
    const reception = begin()
    play(reception, [1, 2, 3])
    reception.receiver.loop(reception.timeUs)
    reception.columns.loop()
    play(reception, [1, 2, 3])
    reception.pass(3000)
    reception.close()
    expect(reception.alarms('TOI-GAP')).toEqual([])
  })

  it('is found by any steps of a timeline', () => {
    const step = '<SegmentTimeline><S t="0" d="20"/><S d="60060"/><S d="131428"/><S d="60060" r="2"/></SegmentTimeline>'
    const times = [0, 20, 60_080, 191_508, 251_568, 311_628]
    const whole = begin([{ ...VIDEO, step }])
    for (const time of times) whole.segment(10, time)
    whole.pass(60_000)
    whole.close()
    expect(whole.alarms('TOI-GAP')).toEqual([])

    const gap = begin([{ ...VIDEO, step }, AUDIO])
    for (const [at, time] of times.entries()) {
      if (at === 3) gap.pass(200)
      else gap.segment(10, time)
      gap.segment(20, at + 1)
    }
    gap.pass(60_000)
    gap.close()
    expect(gap.alarms('TOI-GAP')).toMatchObject([{ cause: 'sender', text: expect.stringContaining('10/191508.m4s') }])
  })

  it('is found also when its manifest is late', () => {
    const timeline = (count: number) => `<SegmentTimeline><S t="0" d="2" r="${count - 1}"/></SegmentTimeline>`
    const reception = begin([{ ...VIDEO, step: timeline(2) }, AUDIO])
    reception.segment(10, 0)
    reception.segment(10, 2)
    reception.pass(200)
    reception.segment(10, 6)
    reception.announce([{ ...VIDEO, step: timeline(5) }, AUDIO])
    reception.pass(3000)
    expect(reception.alarms('TOI-GAP')).toMatchObject([{ tsi: 10, text: expect.stringContaining('10/4.m4s') }])
  })
})

describe('a listed file that never arrives', () => {
  it('is missing after two more rounds of the others', () => {
    const reception = new TestReception()
    reception.signalling(table(4_294_967_295))
    for (let round = 0; round < 5; round++) {
      for (const toi of [1, 3])
        reception.packet({ tsi: 5, toi, payload: new Uint8Array(100), length: 100, codepoint: 1 })
      reception.pass(500)
      if (round === 1) expect(reception.alarms('TOI-GAP')).toEqual([])
    }
    expect(reception.alarms('TOI-GAP')).toMatchObject([
      { tsi: 5, cause: 'sender', text: expect.stringContaining('f2 never arrived on TSI 5') },
    ])
    expect(reception.columns.views.losses().sender).toEqual({ objects: 1, bytes: 100 })
  })

  it('is missing when the table has expired, and not before', () => {
    const reception = new TestReception()
    const expires = reception.startUs / 1e6 + 10 + 2_208_988_800
    reception.signalling(table(expires))
    reception.packet({ tsi: 5, toi: 1, payload: new Uint8Array(100), length: 100, codepoint: 1 })
    reception.pass(9000)
    expect(reception.alarms('TOI-GAP')).toEqual([])
    reception.pass(2000)
    expect(reception.alarms('TOI-GAP')[0]?.text).toContain('2 announced objects never arrived (f2, f3)')
  })
})

describe('missing bytes', () => {
  it('are the network’s where this computer dropped nothing', () => {
    const reception = begin()
    reception.sockets(0)
    reception.segment(10, 1, 10, [3])
    reception.segment(10, 2)
    reception.pass(1000)
    const report = reception.close()
    expect(report.totals.losses.network).toEqual({ objects: 1, bytes: 100 })
    expect(report.totals.hostDrops).toBe(0)
    const alarm = report.alarms.find(({ rule }) => rule === 'OBJ-LOSS')
    expect(alarm).toMatchObject({
      cause: 'network',
      text: expect.stringMatching(/100 of 1000 bytes.*; cause: before this computer \(/),
    })
  })

  it('are this computer’s where its socket dropped packets meanwhile, and the drops are reported', () => {
    const reception = begin()
    reception.sockets(0)
    reception.pass(2000)
    reception.sockets(0)
    reception.segment(10, 1, 10, [3])
    reception.sockets(7)
    reception.segment(10, 2)
    reception.pass(3000)
    // Long after, a loss is the network's again.
    reception.sockets(7)
    reception.segment(10, 3, 10, [5, 6])
    reception.segment(10, 4)
    reception.pass(2000)
    const report = reception.close()
    expect(report.totals.losses).toMatchObject({
      host: { objects: 1, bytes: 100 },
      network: { objects: 1, bytes: 200 },
    })
    expect(report.totals.hostDrops).toBe(7)
    expect(report.alarms.filter(({ rule }) => rule === 'HOST-DROP')).toMatchObject([
      { cause: 'host', text: expect.stringContaining('dropped 7 packets to 239.255.1.1:5000') },
    ])
  })

  it('are caused by drops only of their own socket', () => {
    const reception = begin()
    reception.sockets(0, { destination: '239.9.9.9:1' })
    reception.segment(10, 1, 10, [3])
    reception.sockets(7, { destination: '239.9.9.9:1' })
    reception.segment(10, 2)
    reception.pass(1000)
    expect(reception.alarms('OBJ-LOSS')[0]?.cause).toBe('network')
  })

  it('are of unknown cause where the system does not count drops, unless reading was delayed too long', () => {
    const quiet = begin()
    quiet.sockets(null)
    quiet.segment(10, 1, 10, [3])
    quiet.segment(10, 2)
    quiet.pass(1000)
    expect(quiet.alarms('OBJ-LOSS')[0]?.cause).toBe('unknown')
    expect(quiet.columns.views.host()).toEqual({ hostDrops: null, captureDrops: null, eventLoopLagMs: null })

    const busy = begin()
    busy.sockets(null, { grantedBufferBytes: 500 })
    play(busy, [1, 2, 3])
    busy.columns.hostLag(2000, busy.timeUs - 100_000, busy.timeUs)
    busy.segment(10, 4, 10, [3])
    busy.segment(10, 5)
    busy.pass(1000)
    expect(busy.alarms('OBJ-LOSS')[0]?.cause).toBe('host')
    expect(busy.columns.views.host().eventLoopLagMs).toBe(2000)
  })

  it('do not count any more once they arrive', () => {
    const reception = begin()
    reception.segment(10, 1)
    reception.segment(10, 2, 10, [3])
    reception.segment(10, 3)
    reception.pass(900)
    expect(reception.columns.views.losses().network).toEqual({ objects: 1, bytes: 100 })
    // Not the first one, nor after a long break: a repeat, not another transmission.
    reception.segment(10, 2, 10)
    expect(reception.columns.views.losses().network).toEqual({ objects: 0, bytes: 0 })
    expect(reception.alarms('OBJ-LOSS')[0]?.cause).toBeNull()
  })
})

describe('drops that a capture reports', () => {
  it('explain losses at their time', () => {
    const reception = begin()
    reception.columns.captureDrops(0, 0, 0, reception.timeUs)
    reception.segment(10, 1, 10, [3])
    reception.columns.captureDrops(1, 0, 0, reception.timeUs)
    reception.segment(10, 2)
    reception.pass(5000)
    reception.columns.captureDrops(1, 0, 0, reception.timeUs)
    reception.segment(10, 3, 10, [3])
    reception.segment(10, 4)
    reception.pass(1000)
    const report = reception.close()
    expect(report.totals.losses).toMatchObject({
      capture: { objects: 1, bytes: 100 },
      network: { objects: 1, bytes: 100 },
    })
    expect(report.totals.hostDrops).toBe(1)
    expect(report.alarms.find(({ rule }) => rule === 'HOST-DROP')?.text).toContain(
      'The computer that made the capture dropped 1 packet',
    )
  })

  it('without a time explain all losses where they suffice, and else none', () => {
    for (const [drops, cause] of [
      [3, 'capture'],
      [2, 'unknown'],
    ] as const) {
      const reception = begin()
      reception.segment(10, 1, 10, [3, 4])
      reception.segment(10, 2, 10, [7])
      reception.segment(10, 3)
      reception.pass(1000)
      expect(reception.columns.views.losses().network).toEqual({ objects: 2, bytes: 300 })
      reception.columns.captureDrops(drops, drops, reception.startUs, reception.timeUs)
      expect(reception.close().totals.losses[cause]).toEqual({ objects: 2, bytes: 300 })
    }
  })
})

describe('a manifest beyond the bounds', () => {
  it('is not listed', () => {
    const step = '<SegmentTimeline><S t="0" d="1" r="100000000"/></SegmentTimeline>'
    const reception = begin([{ ...VIDEO, step }, AUDIO])
    for (const time of [1, 2, 4]) reception.segment(10, time)
    play(reception, [10, 11])
    reception.pass(3000)
    expect(reception.alarms('TOI-GAP')).toEqual([])
    const endless = '<SegmentTimeline><S t="0" d="1" r="-1"/></SegmentTimeline>'
    const open = begin([{ ...VIDEO, step: endless }])
    for (const time of [1, 2, 4]) open.segment(10, time)
    open.pass(3000)
    expect(open.alarms('TOI-GAP')).toEqual([])
  })
})

describe('end of use of an object', () => {
  const LIVE =
    'type="dynamic" availabilityStartTime="2023-11-14T22:13:20Z" timeShiftBufferDepth="PT30S" mediaPresentationDuration="PT1000S"'
  const useful = (attributes: string): number | null => {
    const reception = new TestReception()
    const until: (number | null)[] = []
    reception.columns.objectEnded = ((ended) => (object) => {
      if (tsiOf(object) === 10 && object.kind === 'media') until.push(reception.columns.usefulUntilUs(object))
      ended(object)
    })(reception.columns.objectEnded.bind(reception.columns))
    reception.announce([VIDEO], attributes)
    reception.segment(10, 3)
    return until[0] === undefined || until[0] === null ? null : (until[0] - reception.startUs) / 1e6
  }

  it('is its availability, its duration and the time shift buffer', () => {
    // Available when it is over, at 3 s.
    expect(useful(LIVE)).toBe(3 + 1 + 30)
    // Of a presentation on another clock: from its arrival.
    expect(useful(LIVE.replace('2023-11-14', '2022-11-14'))).toBe(1 + 30)
  })

  it('is unknown with unlimited time shift, and for a static manifest', () => {
    expect(useful(LIVE.replace(/ timeShift\S+/, ''))).toBeNull()
    expect(useful('type="static" mediaPresentationDuration="PT1000S"')).toBeNull()
  })

  it('is else the expiry of its table, also when a newer one lists other files', () => {
    const reception = new TestReception()
    const until: (number | null)[] = []
    reception.columns.objectEnded = (object) => {
      if (tsiOf(object) === 5) until.push(reception.columns.usefulUntilUs(object))
    }
    const ntp = reception.startUs / 1e6 + 2_208_988_800
    reception.signalling(table(ntp + 20))
    const payload = new Uint8Array(100)
    for (const toi of [1, 9]) reception.packet({ tsi: 5, toi, payload, length: 100, codepoint: 1 })
    expect(until).toEqual([reception.startUs + 20e6, null])
  })
})
