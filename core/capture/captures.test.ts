import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { playCapture } from '../testing/capture-play.ts'

const CAPTURES = join(__dirname, '..', '..', '..', 'shared', 'captures')

/** Packets by destination, and the first packet's time, from the reference's table. */
const TABLE: readonly (readonly [file: string, firstUtc: string, destinations: Readonly<Record<string, number>>])[] = [
  ['atsc-korean.pcap', '2026-11-21T06:23:25', { '225.1.1.0:6000': 1221, '224.0.23.60:4937': 42 }],
  [
    'atsc-us-two-services.pcap',
    '2026-11-21T06:23:25',
    { '225.1.1.0:6001': 3561, '225.1.1.0:6000': 1221, '224.0.23.60:4937': 50 },
  ],
  ['mabr-dash.pcap', '2026-11-21T06:23:25', { '225.1.1.0:6001': 1224, '225.1.1.0:6000': 124 }],
  [
    'offair-mmt-and-esg.pcap',
    '2019-01-22T03:07:24',
    {
      '239.255.10.1:51001': 741,
      '239.255.10.4:51004': 707,
      '239.255.10.2:51002': 706,
      '239.255.10.3:51003': 704,
      '239.255.20.9:52009': 62,
      '224.0.0.251:5353': 22,
      '224.0.23.60:4937': 7,
    },
  ],
  ['route-dash.pcap', '2026-11-21T06:17:59', { '225.1.1.0:6000': 1221 }],
  ['route-hls.pcap', '2026-11-21T06:23:25', { '225.1.1.0:6000': 1241 }],
  ['route-ll.pcap', '2026-11-21T06:23:49', { '225.1.1.0:6000': 2459 }],
  ['route-loss.pcap', '2026-11-21T06:23:49', { '225.1.1.0:6000': 3513 }],
  ['route-raptorq.pcap', '2026-11-21T06:17:59', { '225.1.1.0:6000': 1590 }],
]

test.skipIf(!existsSync(CAPTURES)).each(TABLE)(
  '%s agrees with the table (skipped without ../shared/captures)',
  async (file, firstUtc, destinations) => {
    const played = await playCapture([join(CAPTURES, file)])
    const counts: Record<string, number> = {}
    for (const { destination } of played.datagrams) counts[destination] = (counts[destination] ?? 0) + 1
    expect(counts).toEqual(destinations)
    const packets = Object.values(destinations).reduce((sum, count) => sum + count, 0)
    expect(played.counters).toMatchObject({
      frames: packets,
      udp: packets,
      malformed: 0,
      cutBySnaplen: 0,
      fragments: 0,
      wrongChecksums: 0,
    })
    expect(new Date((played.summary.firstTimeUs as number) / 1000).toISOString().slice(0, 19)).toBe(firstUtc)
    expect(played.summary.epochCorrected).toBe(!file.startsWith('offair'))
    expect(played.warnings).toEqual([])
  },
)
