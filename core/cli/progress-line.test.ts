import { expect, it } from 'vitest'
import type { SessionSnapshot } from '../contract/snapshot.ts'
import { bitrate, progressText } from './progress-line.ts'

const snapshot = {
  receives: true,
  source: { progress: { doneBytes: 62, totalBytes: 100 }, sockets: [] },
  totals: { packets: 10, rateBps: 1.2149e9, complete: 3719, incomplete: 2, malformed: 0 },
  broadcasts: [],
  repair: null,
  recordings: [],
  uploads: [],
} as unknown as SessionSnapshot

it('shows how far a capture is and what was received', () => {
  expect(progressText(snapshot)).toBe('62 %  1.21 Gb/s  3719 objects  2 incomplete')
})

it('shows that nothing was received yet, and what this machine dropped', () => {
  const live = {
    ...snapshot,
    source: {
      progress: null,
      sockets: [{ droppedByHost: 4 }, { droppedByHost: null }, { droppedByHost: 3 }],
    },
    totals: { ...snapshot.totals, packets: 0, malformed: 1 },
  } as unknown as SessionSnapshot
  expect(progressText(live)).toBe('nothing received yet  1 malformed  7 dropped by this machine')
})

it('shows how far fetching of missing bytes is', () => {
  const repair = { active: 1, queued: 2, done: 1, failed: 4, bytes: 9, servers: [] }
  expect(progressText({ ...snapshot, repair })).toBe(
    '62 %  1.21 Gb/s  3719 objects  2 incomplete  fetched 1 object, 3 under way, 4 not made whole',
  )
})

it('shows what is sent and how late it is', () => {
  const sending = {
    ...snapshot,
    receives: false,
    source: { progress: null, sockets: [] },
    broadcasts: [{ packets: 5, rateBps: 4_120_000, objects: 2, lateMs: 3.4 }],
  } as unknown as SessionSnapshot
  expect(progressText(sending)).toBe('sending 4.12 Mb/s  5 packets  2 objects  3 ms behind')
})

it('shows a recording while it runs', () => {
  const recording = { file: 'a.pcapng', packets: 12, bytes: 3_456_000, endedWallUs: null }
  const recordings = [recording, { ...recording, file: 'b.pcapng', endedWallUs: 1 }]
  expect(progressText({ ...snapshot, recordings } as unknown as SessionSnapshot)).toMatch(
    /2 incomplete {2}12 packets, 3\.5 MB to a\.pcapng$/,
  )
})

it('shows what was uploaded, which comes without packets', () => {
  const source = { progress: null, sockets: [] }
  const uploads = [{ files: 3, bytes: 1_250_000 }]
  expect(progressText({ ...snapshot, source, uploads } as unknown as SessionSnapshot)).toBe('3 uploads  1.3 MB')
})

it('writes bit rates with three significant digits', () => {
  expect([0, 999, 1000, 725_400, 22_700_000].map(bitrate)).toEqual([
    '0 b/s',
    '999 b/s',
    '1.00 kb/s',
    '725 kb/s',
    '22.7 Mb/s',
  ])
})
