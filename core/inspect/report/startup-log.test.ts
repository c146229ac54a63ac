import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import { STARTUP_STEPS } from '../../contract/report.ts'
import { serviceOf, TestReception } from '../../testing/test-reception.ts'
import { StartupLog } from './startup-log.ts'

const VIDEO = { tsi: 10, role: 'video', step: 'duration="1"' } as const
const AUDIO = { tsi: 20, role: 'audio', step: 'duration="1"' } as const

/** Steps in ms since the join, as in the report. */
function steps(reception: TestReception): Record<string, number | null> {
  const { startup } = serviceOf(reception.close())
  return Object.fromEntries(
    STARTUP_STEPS.map((step) => {
      const time = startup[step]
      return [step, time === null ? null : Math.round(time * 1000 - reception.startUs / 1000)]
    }),
  )
}

describe('the steps of tuning in', () => {
  it('have the times of their first completion', () => {
    const reception = new TestReception()
    reception.pass(100)
    reception.announce([VIDEO, AUDIO])
    reception.pass(100)
    reception.init(10)
    reception.pass(100)
    reception.init(20)
    reception.segment(20, 1, 5)
    reception.segment(10, 1, 10)
    reception.segment(10, 2, 10)
    expect(steps(reception)).toEqual({
      join: 0,
      lls: null,
      slt: null,
      firstPacket: 100,
      sls: 100,
      stsid: 100,
      manifest: 100,
      init: 200,
      firstMedia: 300,
      firstSegment: 380,
      // The last packet of the video, which begins after the audio and takes 180 ms.
      playable: 580,
    })
  })

  it('wait for every role the S-TSID announces, and for its initialisation segment', () => {
    const noAudio = new TestReception()
    noAudio.announce([VIDEO, AUDIO])
    noAudio.init(10)
    noAudio.segment(10, 1)
    expect(steps(noAudio)).toMatchObject({ firstSegment: 180, playable: null })

    const noInit = new TestReception()
    noInit.announce([VIDEO])
    noInit.segment(10, 1)
    expect(steps(noInit)).toMatchObject({ init: null, firstSegment: 180, playable: null })
  })

  it('count early content from its arrival, and playing from that of the signalling', () => {
    const reception = new TestReception()
    reception.init(10)
    reception.segment(10, 1)
    reception.pass(1000)
    reception.announce([VIDEO])
    expect(steps(reception)).toMatchObject({ init: 0, firstSegment: 180, manifest: 1200, playable: 1200 })
  })

  it('stay unchanged when a role is announced later', () => {
    const reception = new TestReception()
    reception.announce([VIDEO])
    reception.init(10)
    reception.segment(10, 1)
    expect(reception.columns.views.services(() => null)[0]?.startup.playable).toBe(reception.startUs + 180_000)
    reception.announce([VIDEO, AUDIO])
    reception.pass(5000)
    reception.init(20)
    reception.segment(20, 9)
    expect(steps(reception)).toMatchObject({ playable: 180 })
  })

  it('do not count a segment cut by tuning in', () => {
    const reception = new TestReception()
    reception.announce([VIDEO])
    reception.init(10)
    reception.segment(10, 1, 10, [0, 1, 2])
    reception.segment(10, 2)
    expect(steps(reception)).toMatchObject({ firstMedia: 60, firstSegment: 380, playable: 380 })
  })
})

describe('LLS and SLT', () => {
  const service = {
    id: asServiceId(7),
    protocol: 'route',
    destination: '239.255.1.1:5000',
    manifest: null,
    sharesFilesOf: null,
  } as const
  const table = (tableId: number, announces?: readonly string[]) => ({
    key: tableId,
    tableId,
    name: '',
    group: 1,
    version: 1,
    bytes: 1,
    raw: new Uint8Array(0),
    body: null,
    signed: false,
    signature: null,
    values: null,
    ...(announces === undefined ? {} : { announces: () => announces }),
  })

  it('have the time of the table that lists the service', () => {
    const log = new StartupLog()
    log.joined(5)
    log.joined(3)
    log.llsTable(table(3), 10)
    log.llsTable(table(1, []), 20)
    expect(log.of(service, [], [])).toMatchObject({ join: 3, lls: null, slt: null })
    log.llsTable(table(1, ['239.255.1.1:5000']), 30)
    log.llsTable(table(1, ['239.255.1.1:5000']), 40)
    expect(log.of(service, [], [])).toMatchObject({ join: 3, lls: 10, slt: 30, playable: null })
  })
})
