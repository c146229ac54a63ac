import { describe, expect, it } from 'vitest'
import { fakeSnapshot } from '../testing/fake-engine.ts'
import { categoryName, droppedByHost, isWaiting, serviceNameOf, sourceBadge, streamNowUs } from './names.ts'

const live = fakeSnapshot({ source: { ...fakeSnapshot().source, live: true, pace: null } })

describe('names', () => {
  it('use the number of a service without a name', () => {
    expect(serviceNameOf(fakeSnapshot(), 5003)).toBe('Service 5003')
    expect(serviceNameOf(fakeSnapshot(), null)).toBe('–')
    expect(categoryName(1)).toBe('Linear A/V')
    expect(categoryName(77)).toBe('Category 77')
  })

  it('distinguish live, capture, replay and demo', () => {
    expect(sourceBadge(fakeSnapshot())).toBe('CAPTURE')
    expect(sourceBadge(fakeSnapshot({ source: { ...fakeSnapshot().source, pace: 'real' } }))).toBe('REPLAY')
    expect(sourceBadge(live)).toBe('LIVE')
  })
})

describe('a live session', () => {
  it('waits until the first packet', () => {
    expect(isWaiting(live)).toBe(true)
    expect(isWaiting({ ...live, source: { ...live.source, lastPacketWallUs: 1 } })).toBe(false)
    expect(isWaiting({ ...live, phase: 'stopped' })).toBe(false)
    expect(isWaiting(fakeSnapshot())).toBe(false)
  })

  it('measures ages by the wall clock, in a capture by the last packet', () => {
    expect(streamNowUs(live, 5)).toBe(5000)
    const capture = fakeSnapshot({ source: { ...fakeSnapshot().source, lastTimeUs: 77 } })
    expect(streamNowUs(capture, 5)).toBe(77)
  })

  it('sums the drops that its sockets report', () => {
    const socket = {
      destination: '239.1.1.1:1',
      interface: 'lo',
      joinedWallUs: 0,
      packets: 0,
      askedBufferBytes: 1,
      grantedBufferBytes: 1,
      reading: 'one by one',
      filter: null,
      passedOver: 0,
      problem: null,
    }
    const sockets = [
      { ...socket, droppedByHost: 300 },
      { ...socket, droppedByHost: null },
      { ...socket, droppedByHost: 12 },
    ]
    expect(droppedByHost({ ...live, source: { ...live.source, sockets } })).toBe(312)
  })
})
