import { expect, it } from 'vitest'
import type { Startup } from '../../../core/contract/report.ts'
import type { PictureSnapshot, ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import type { SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { fakeSnapshot, NO_LATEST, NO_STARTUP } from '../../testing/fake-engine.ts'
import { service as fakeService, table as fakeTable } from '../../testing/snapshot-rows.ts'
import { type Rung, rungsOf } from './ladder.ts'

const S = 1_000_000
const service = (startup: Partial<Startup>, change: Partial<ServiceSnapshot> = {}): ServiceSnapshot => ({
  ...fakeService(1, change),
  startup: { ...NO_STARTUP, join: 10 * S, ...startup },
})
const table = (scope: 'lls' | 'sls', type: string): SignallingSnapshot => {
  const service = scope === 'lls' ? null : 1
  return fakeTable(type, { scope, service, type, name: type === 'MPD' ? 'live.mpd' : type, version: 3 })
}
const firstRed = (rungs: readonly Rung[]): Rung | undefined => rungs.find((rung) => !rung.reached)
const text = (rungs: readonly Rung[]) =>
  rungs.map(({ name, afterUs, note }) => `${name} ${afterUs ?? '–'} ${note}`.trim())

it('shows time and evidence of each rung, and the wait for the first missing one', () => {
  const snapshot = fakeSnapshot({
    signalling: [table('lls', 'SystemTime'), table('lls', 'SLT'), table('sls', 'USBD'), table('sls', 'S-TSID')],
  })
  const waiting = service(
    { lls: 10 * S, slt: 10.5 * S, firstPacket: 10.6 * S, sls: 11 * S, stsid: 11 * S },
    { packets: 1234, destination: '239.1.1.1:5000' },
  )
  const rungs = rungsOf(waiting, snapshot, 19.4 * S)
  expect(text(rungs).slice(0, 5)).toEqual([
    'LLS 0 SystemTime, SLT',
    'SLT 500000 lists it at 239.1.1.1:5000',
    'Packets 600000 1\u2009234 packets',
    'SLS 1000000 USBD, S-TSID',
    'S-TSID 1000000 version 3',
  ])
  expect(firstRed(rungs)).toMatchObject({ name: 'Manifest', note: 'no manifest in 8.90 s' })
})

it('begins with packets without LLS, and expects signalling next', () => {
  expect(firstRed(rungsOf(service({}), fakeSnapshot(), 14 * S))).toMatchObject({
    name: 'Packets',
    note: 'no packets in 4.00 s',
  })
  const notJoined = service({}, { state: 'not-joined' })
  expect(firstRed(rungsOf(notJoined, fakeSnapshot(), 14 * S))?.note).toBe('not joined')
  const unsignalled = service({ firstPacket: 10 * S }, { packets: 5 })
  expect(firstRed(rungsOf(unsignalled, fakeSnapshot(), null))).toMatchObject({ name: 'SLS', note: 'no SLS yet' })
})

it('omits rungs that a protocol lacks: the S-TSID of DVB-MABR, the init segment of transport streams', () => {
  const mabr = service({ firstPacket: 10 * S, sls: 10 * S, manifest: 10 * S }, { protocol: 'flute', packets: 5 })
  expect(rungsOf(mabr, fakeSnapshot(), null).map((rung) => rung.name)).toEqual([
    'Packets',
    'SLS',
    'Manifest',
    'Init segment',
    'Media',
    'Segment',
    'Playable',
  ])
  const all = { firstPacket: 10 * S, sls: 10 * S, stsid: 10 * S, manifest: 10 * S, firstMedia: 10 * S }
  const ts = service({ ...all, firstSegment: 12 * S, playable: 12 * S }, { packets: 5 })
  expect(firstRed(rungsOf(ts, fakeSnapshot(), null))).toBeUndefined()
  const mmtp = service({ firstPacket: 10 * S }, { protocol: 'mmtp', packets: 5 })
  expect(rungsOf(mmtp, fakeSnapshot(), null).map((rung) => rung.name)).toEqual(['Packets'])
})

it('ends with objects for a service without media', () => {
  const esg = service({ firstPacket: 10 * S, sls: 10 * S, stsid: 10 * S }, { category: 4, packets: 5, objects: 0 })
  expect(firstRed(rungsOf(esg, fakeSnapshot(), 20 * S))).toMatchObject({ name: 'Objects', note: 'none complete yet' })
  expect(firstRed(rungsOf({ ...esg, objects: 3, incomplete: 1 }, fakeSnapshot(), null))).toBeUndefined()
})

it('says that the sender ended its session, where it closed it', () => {
  const aged = { ...service({ firstPacket: 10 * S }, { packets: 5, state: 'closed' }) }
  const latest = { ...aged.latest, firstPacket: { timeUs: 12 * S, limitUs: 5 * S } }
  const red = firstRed(rungsOf({ ...aged, latest }, fakeSnapshot(), 60 * S))
  expect(red).toMatchObject({ name: 'Packets', note: 'the sender ended its session' })
})

it('reports a role without a segment', () => {
  const all = { firstPacket: 10 * S, sls: 10 * S, stsid: 10 * S, manifest: 10 * S, init: 10 * S, firstMedia: 10 * S }
  const rungs = rungsOf(
    service({ ...all, firstSegment: 12 * S }, { packets: 5, notPlayable: 'No whole segment of audio has arrived.' }),
    fakeSnapshot(),
    14 * S,
  )
  expect(firstRed(rungs)).toMatchObject({ name: 'Playable', note: 'no whole segment of audio has arrived' })
})

it('reports what was cut of its manifests, and that a licence would be needed', () => {
  const all = { firstPacket: 10 * S, sls: 10 * S, stsid: 10 * S, manifest: 10 * S, init: 10 * S, firstMedia: 10 * S }
  const done = { ...all, firstSegment: 12 * S, playable: 12 * S }
  const playable = {
    kind: 'dash',
    url: 'u',
    live: false,
    codecs: ['avc1'],
    encryption: null,
    picture: null,
    offAir: [],
    restarts: 0,
    decoder: null,
    decoded: null,
  } as const
  const first = [{ document: 'm.mpd', place: 'BaseURL', line: 3, reference: 'http://127.0.0.1:19999/' }]
  const cut = rungsOf(service(done, { playable: { ...playable, cut: { count: 1, first } } }), fakeSnapshot(), null)
  expect(cut.find(({ name }) => name === 'Playable')).toMatchObject({
    name: 'Playable',
    reached: true,
    note: 'DASH avc1; 1 reference leads out of the broadcast and is cut: BaseURL in m.mpd, line 3, is http://127.0.0.1:19999/',
  })
  const locked = service(done, { playable: { ...playable, cut: null, encryption: 'cenc, Widevine' } })
  expect(firstRed(rungsOf(locked, fakeSnapshot(), null))?.note).toBe(
    'This presentation is encrypted (cenc, Widevine) and cannot be played here.',
  )
})

it('ends with what a player made of it, which is no fault before it was tried', () => {
  const all = { firstPacket: 10 * S, sls: 10 * S, stsid: 10 * S, manifest: 10 * S, init: 10 * S, firstMedia: 10 * S }
  const playable = {
    kind: 'dash',
    url: 'u',
    live: false,
    codecs: ['avc1'],
    cut: null,
    encryption: null,
    offAir: [],
    restarts: 0,
    decoder: null,
    decoded: null,
  } as const
  const last = (picture: Partial<PictureSnapshot> | null) => {
    const none = { decodedAfterMs: null, shownAfterMs: null, soundOnly: false, problem: null }
    const played = service(
      { ...all, firstSegment: 12 * S, playable: 12 * S },
      { playable: { ...playable, picture: picture === null ? null : { ...none, ...picture } } },
    )
    return rungsOf(played, fakeSnapshot(), null).slice(-2)
  }
  const untried = { reached: false, untried: true }
  expect(last(null)).toMatchObject([
    { name: 'Decode', note: 'not played yet', ...untried },
    { name: 'Frame', note: 'not played yet', ...untried },
  ])
  expect(last({ decodedAfterMs: 310, shownAfterMs: 402 })).toMatchObject([
    { name: 'Decode', reached: true, note: '310 ms after Play' },
    { name: 'Frame', reached: true, note: '402 ms after Play' },
  ])
  expect(last({ problem: 'It was lost.' })[0]).toMatchObject({ reached: false, untried: false, note: 'It was lost.' })
  // What was shown once does not hide that nothing is shown now.
  expect(last({ decodedAfterMs: 310, shownAfterMs: 402, problem: 'It was lost.' })).toMatchObject([
    { name: 'Decode', reached: true },
    { name: 'Frame', reached: false, untried: false, note: 'It was lost.' },
  ])
  expect(last({ decodedAfterMs: 310, soundOnly: true })[1]).toMatchObject({ note: 'sound only', ...untried })
})

it('turns red again when a step ages out, with its age, and gives one reason', () => {
  const fresh = { timeUs: 19.6 * S, limitUs: 5 * S }
  const old = { timeUs: 12 * S, limitUs: 5 * S }
  const all = { lls: 10 * S, slt: 10 * S, firstPacket: 10 * S, sls: 10 * S, stsid: 10 * S, manifest: 10 * S }
  const done = { ...all, init: 10 * S, firstMedia: 10 * S, firstSegment: 12 * S, playable: 12 * S }
  const latest = { ...NO_LATEST, lls: fresh, slt: fresh, firstPacket: fresh, sls: old, stsid: old, manifest: old }
  const rungs = rungsOf(service(done, { packets: 5, latest }), fakeSnapshot(), 20 * S)
  expect(rungs.map(({ name, reached, ageUs }) => [name, reached, ageUs])).toEqual([
    ['LLS', true, 0.4 * S],
    ['SLT', true, 0.4 * S],
    ['Packets', true, 0.4 * S],
    ['SLS', false, 8 * S],
    ['S-TSID', false, 8 * S],
    ['Manifest', false, 8 * S],
    ['Init segment', true, null],
    ['Media', true, null],
    ['Segment', true, null],
    ['Playable', true, null],
  ])
  expect(rungs.filter(({ reached }) => !reached).map(({ note }) => note)).toEqual([
    'no SLS for 8.00 s, more than 5.00 s',
    '',
    '',
  ])
  const gone = fakeSnapshot()
  const without = { ...gone, totals: { ...gone.totals, goneSinceUs: 19 * S } }
  const stale = Object.fromEntries(Object.keys(NO_LATEST).map((step) => [step, { timeUs: 19 * S, limitUs: 5 * S }]))
  const after = rungsOf(service(done, { packets: 5, latest: stale as typeof NO_LATEST }), without, 50 * S)
  expect(after.every(({ reached }) => !reached)).toBe(true)
  expect(after.map(({ note }) => note).filter((note) => note !== '')).toEqual([
    'the signal is gone: no packet for 31.0 s',
  ])
})

it('counts from the announcement of a service, not from the start of the session', () => {
  const announced = service({ lls: 10 * S, slt: 60 * S }, { destination: '225.1.1.0:6001' })
  expect(firstRed(rungsOf(announced, fakeSnapshot(), 101 * S))?.note).toBe(
    'nothing on 225.1.1.0:6001 since the SLT named it, 41 s ago',
  )
})
