import { describe, expect, it, vi } from 'vitest'
import { ObserverTee } from '../flow/tee.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { HOSTILE_KINDS, hostileDatagrams, SLOW_STEP_US } from '../testing/hostile-captures.ts'
import { HOSTILE_ADDRESS, HOSTILE_PORT } from '../testing/hostile-kind.ts'
import { FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { LctChannel } from './lct/lct-channel.ts'
import { MmtpAsset } from './mmtp/mmtp-asset.ts'
import { Receiver } from './receiver.ts'

const DATAGRAMS = 1000
/** Credit for claimed lengths and buffers kept for reuse, before anything arrives. */
const FIXED_BYTES = 64 << 20
/** Memory of one datagram's object besides its bytes. */
const OBJECT_BYTES = 4096

describe('memory follows what arrived, whatever packets claim', () => {
  it.each([true, false])('with a sink that holds bytes: %j', (holds) => {
    const wrong: string[] = []
    for (const kind of HOSTILE_KINDS) {
      const receiver = new Receiver(
        {
          targets: [{ kind: 'discover' }],
          receive: { ...DEFAULT_RECEIVE, services: 'all', keepCorrupt: true },
          limits: { memoryBytes: 2 ** 31 },
        },
        { holds, whole: () => {} },
        new ObserverTee(),
      )
      const flows = new FlowTable()
      let [arrived, most, timeUs] = [0, 0, FIXTURE_START_US]
      hostileDatagrams(kind, 1, DATAGRAMS).forEach(({ source, address, port, bytes }, index) => {
        const flow = flows.byText(source ?? '192.0.2.1', address ?? HOSTILE_ADDRESS, 5000, port ?? HOSTILE_PORT)
        timeUs += kind.stepUs ?? 50
        arrived += bytes.length
        receiver.datagram(flow, bytes, 0, bytes.length, timeUs, index + 1)
        most = Math.max(most, receiver.heldBytes)
      })
      receiver.close(timeUs)
      const bound = FIXED_BYTES + arrived * 8 + DATAGRAMS * OBJECT_BYTES
      if (most > bound) wrong.push(`${kind.name}: ${most} bytes held of ${arrived} received`)
      if (receiver.usedBytes !== 0) wrong.push(`${kind.name}: ${receiver.usedBytes} bytes in use at the end`)
    }
    expect(wrong).toEqual([])
  })
})

describe('objects that never become whole follow what arrived', () => {
  it('in storms of every kind', () => {
    const wrong: string[] = []
    for (const kind of HOSTILE_KINDS) {
      let [unfinished, arrived, channels] = [0, 0, 0]
      const receiver = new Receiver(
        { targets: [{ kind: 'discover' }], receive: { ...DEFAULT_RECEIVE, services: 'all' } },
        { holds: false, whole: () => {} },
        new ObserverTee({
          channelSeen: () => void channels++,
          objectBegun: () => void unfinished++,
          objectEnded: ({ state }) => {
            if (state === 'complete') unfinished--
          },
        }),
      )
      const flows = new FlowTable()
      hostileDatagrams(kind, 1, 4 * DATAGRAMS).forEach(({ source, address, port, bytes }, index) => {
        const flow = flows.byText(source ?? '192.0.2.1', address ?? HOSTILE_ADDRESS, 5000, port ?? HOSTILE_PORT)
        arrived += bytes.length
        receiver.datagram(flow, bytes, 0, bytes.length, FIXTURE_START_US + index * SLOW_STEP_US, index + 1)
      })
      // Each channel may begin one of its own besides.
      if (unfinished > 2048 + arrived / 1024 + channels) wrong.push(`${kind.name}: ${unfinished} of ${arrived} bytes`)
    }
    expect(wrong).toEqual([])
  })
})

describe('a tick looks only at channels with something to end', () => {
  it.each([
    ['200 ROUTE sessions', LctChannel.prototype],
    ['MPUs that skip numbers', MmtpAsset.prototype],
  ] as const)('where each packet is a tick, and each begins a channel or an MPU: %s', (name, prototype) => {
    const ticks = vi.spyOn(prototype, 'tick')
    const kind = HOSTILE_KINDS.find((each) => each.name === name)
    if (kind === undefined) throw new RangeError(name)
    const receiver = new Receiver(
      { targets: [{ kind: 'discover' }], receive: { ...DEFAULT_RECEIVE, services: 'all' } },
      { holds: false, whole: () => {} },
      new ObserverTee(),
    )
    const flows = new FlowTable()
    hostileDatagrams(kind, 1, 2 * DATAGRAMS).forEach(({ address, bytes }, index) => {
      const flow = flows.byText('192.0.2.1', address ?? HOSTILE_ADDRESS, 5000, HOSTILE_PORT)
      receiver.datagram(flow, bytes, 0, bytes.length, FIXTURE_START_US + index * SLOW_STEP_US, index + 1)
    })
    expect(ticks.mock.calls.length).toBeGreaterThan(0)
    expect(ticks.mock.calls.length).toBeLessThan(100 * DATAGRAMS)
  })
})
