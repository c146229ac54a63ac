import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FlowTable } from '../../protocol/ip/flow-table.ts'
import { CaptureFolder, playCapture } from '../../testing/capture-play.ts'
import { Recordings } from './recordings.ts'

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

const flows = new FlowTable()
const LLS = flows.byText('192.0.2.1', '224.0.23.60', 4937, 4937)
const MEDIA = flows.byText('192.0.2.1', '239.255.1.1', 6000, 6000)
const FEC = flows.byText('192.0.2.1', '239.1.2.3', 31002, 31002)
const TARGET = { kind: 'discover' } as const

test('what is started by hand ends by itself, the rest goes on; both see what is wanted, and tunnels with their FEC', async () => {
  let nowUs = 1_000_000
  const recordings = new Recordings(() => nowUs, { interfaceName: 'lo' })
  const whole = join(folder.dir, 'whole.pcapng')
  const part = join(folder.dir, 'part.pcapng')
  await recordings.start(whole, {}, false)
  await recordings.start(part, { joinedOnly: true }, true)
  const send = (number: number, flow = MEDIA) =>
    recordings.datagram(flow, Uint8Array.of(number), 0, 1, 1_700_000_000_000_000 + number, number)
  send(1)
  recordings.want([{ address: '224.0.23.60', port: 4937 }], TARGET)
  send(2, LLS)
  send(3)
  recordings.want(
    [
      { address: '224.0.23.60', port: 4937 },
      { address: '239.255.1.1', port: 6000 },
    ],
    TARGET,
  )
  send(4)
  send(5, FEC)
  recordings.linkSeen({ kind: 'stltp', destination: '239.1.2.3:31000', counts: {}, lmt: [] })
  send(6, FEC)
  nowUs = 5_000_000
  expect(await recordings.stop(0)).toMatchObject({ file: part, packets: 3, byHand: true, endedWallUs: 5_000_000 })
  expect(await recordings.stop(0)).toBeNull()
  send(7)
  await recordings.close(2)
  expect(recordings.snapshots()).toMatchObject([
    { file: part, packets: 3, startedWallUs: 1_000_000 },
    { file: whole, packets: 7, problem: null },
  ])
  const numbers = async (file: string) => (await playCapture([file])).datagrams.map(({ payload }) => payload[0])
  expect(await numbers(part)).toEqual([2, 4, 6])
  expect(await numbers(whole)).toEqual([1, 2, 3, 4, 5, 6, 7])
})
