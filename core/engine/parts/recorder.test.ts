import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PartSpec } from '../../contract/session-spec.ts'
import { FlowTable } from '../../protocol/ip/flow-table.ts'
import { CaptureFolder, playCapture } from '../../testing/capture-play.ts'
import type { DatagramInput } from '../faces/datagram-input.ts'
import { LiveClock } from '../live-clock.ts'
import type { Part, PartHost } from '../part.ts'
import { completePart } from '../spec/part-spec.ts'
import { openRecorder } from './recorder.ts'
import { RECORDER_PART } from './recorder-options.ts'

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

test('a recorder of joined services writes tunnels with their FEC too, another one everything', async () => {
  let nowUs = 1_000_000
  const host: PartHost = {
    nowUs: () => nowUs,
    log: () => undefined,
    logs: () => false,
    problem: () => undefined,
    sessionDir: folder.dir,
    demoDir: '',
    windowHost: null,
    durationS: null,
    flows,
    live: new LiveClock(() => nowUs),
    implied: false,
    shared: (_, make) => make(),
  }
  const recorder = async (name: string, change: object, byHand: boolean): Promise<Part & { input: DatagramInput }> => {
    const spec = { id: name, kind: 'recorder', file: join(folder.dir, `${name}.pcapng`), ...change }
    const complete = completePart<PartSpec>(RECORDER_PART, spec)
    const part = await openRecorder(complete, { ...host, byHand })
    await part.start?.()
    return part as Part & { input: DatagramInput }
  }
  const parts = [await recorder('whole', {}, false), await recorder('part', { joinedOnly: true }, true)] as const
  const [whole, part] = parts
  const send = (number: number, flow = MEDIA) => {
    for (const { input } of parts)
      input.datagram(flow, Uint8Array.of(number), 0, 1, 1_700_000_000_000_000 + number, number)
  }
  send(1)
  for (const { recording } of parts) recording?.want([{ address: '224.0.23.60', port: 4937 }], TARGET)
  send(2, LLS)
  send(3)
  const wanted = [
    { address: '224.0.23.60', port: 4937 },
    { address: '239.255.1.1', port: 6000 },
  ]
  for (const { recording } of parts) recording?.want(wanted, TARGET)
  send(4)
  send(5, FEC)
  for (const { recording } of parts)
    recording?.linkSeen({ kind: 'stltp', destination: '239.1.2.3:31000', counts: {}, lmt: [] })
  send(6, FEC)
  nowUs = 5_000_000
  await part.stop('stopped')
  expect(part.recording?.snapshot()).toMatchObject({ packets: 3, byHand: true, endedWallUs: 5_000_000 })
  whole.input.datagram(MEDIA, Uint8Array.of(7), 0, 1, 1_700_000_000_000_007, 7)
  await whole.stop('finished')
  expect(whole.recording?.snapshot()).toMatchObject({ packets: 7, startedWallUs: 1_000_000, problem: null })
  const numbers = async (name: string) =>
    (await playCapture([join(folder.dir, `${name}.pcapng`)])).datagrams.map(({ payload }) => payload[0])
  expect(await numbers('part')).toEqual([2, 4, 6])
  expect(await numbers('whole')).toEqual([1, 2, 3, 4, 5, 6, 7])
})
