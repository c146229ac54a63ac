import { execFileSync, spawnSync } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { CaptureFolder, playCapture } from '../testing/capture-play.ts'
import { CaptureRecorder, type RecorderOptions } from './capture-recorder.ts'

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

const flows = new FlowTable()
const FIRST = flows.byText('192.0.2.1', '225.1.1.0', 6000, 6000)
const SECOND = flows.byText('192.0.2.1', '225.1.1.1', 6001, 6001)
const START_US = 1_795_241_879_000_000

/** Packets alternately to both flows, 10 ms apart; the payload is the number. */
function write(recorder: CaptureRecorder, count: number, from = 0, bytes = 100): void {
  for (let index = from; index < from + count; index++) {
    const payload = new Uint8Array(bytes).fill(index)
    recorder.datagram(index % 2 === 0 ? FIRST : SECOND, payload, 0, bytes, START_US + index * 10_000, index + 1)
  }
}

async function recorder(name: string, options: RecorderOptions): Promise<[CaptureRecorder, string]> {
  const file = join(folder.dir, name)
  return [await CaptureRecorder.create(file, options), file]
}

const numbers = (played: Awaited<ReturnType<typeof playCapture>>) => played.datagrams.map(({ payload }) => payload[0])

test('files rotated by size contain every packet once, each below the size', async () => {
  const [out, file] = await recorder('size.pcapng', { rotateBytes: 5000 })
  write(out, 100)
  await out.close()
  const { files, packets, bytes } = out.state
  expect(packets).toBe(100)
  expect(files).toBeGreaterThan(3)
  const names = Array.from({ length: files }, (_, index) => file.replace('.pcapng', `_0000${index + 1}.pcapng`))
  expect(out.state.file).toBe(names.at(-1))
  const sizes = await Promise.all(names.map(async (name) => (await readFile(name)).length))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5000)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes)
  expect(numbers(await playCapture(names))).toEqual(Array.from({ length: 100 }, (_, index) => index))
})

test('one file at a time is created, however fast they rotate, and the disk holds the source back', async () => {
  const [out] = await recorder('turns.pcapng', { rotateBytes: 5000 })
  const written = async () => (await readdir(folder.dir)).filter((name) => name.startsWith('turns'))
  write(out, 1000)
  expect(out.state.files).toBeGreaterThan(25)
  expect(out.busy()).not.toBeNull()
  const sizes = await Promise.all((await written()).map(async (name) => (await stat(join(folder.dir, name))).size))
  expect(sizes.filter((size) => size === 0).length).toBeLessThanOrEqual(1)
  await out.busy()
  await out.close()
  expect(await written()).toHaveLength(out.state.files)
})

test('files rotated by time', async () => {
  const [out, file] = await recorder('time.pcapng', { rotateUs: 100_000 })
  write(out, 25)
  await out.close()
  expect(out.state.files).toBe(3)
  expect(numbers(await playCapture([file.replace('.pcapng', '_00002.pcapng')]))).toEqual([
    10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
  ])
})

test('only wanted destinations, from when they are wanted', async () => {
  const [out, file] = await recorder('wanted.pcapng', { onlyWanted: true })
  write(out, 4)
  out.want(['225.1.1.1:6001'])
  write(out, 4, 4)
  out.want(['225.1.1.1:6001', '225.1.1.0:6000'])
  write(out, 4, 8)
  await out.close()
  expect(numbers(await playCapture([file]))).toEqual([5, 7, 8, 9, 10, 11])
})

test('a file that cannot be created is reported, and files written before stay', async () => {
  const [out, file] = await recorder('gone/../later.pcapng', { rotateBytes: 2000 })
  write(out, 4)
  await folder.remove()
  write(out, 40, 4)
  await expect(out.close()).rejects.toMatchObject({ error: { code: 'folder-not-writable' } })
  expect(out.problem).not.toBeNull()
  expect(file).toContain('later')
  folder = await CaptureFolder.make()
})

/** Wireshark's programs, where they are installed. */
const TOOLS = { tshark: 'tshark', capinfos: 'capinfos', editcap: 'editcap' }
const installed = spawnSync(TOOLS.tshark, ['--version']).status === 0

test.skipIf(!installed)(
  'comments, drops, truncation and names are read by tshark, capinfos and editcap (skipped where they are not installed)',
  async () => {
    const [out, file] = await recorder('described.pcapng', {
      comment: 'two lines\nof words, ü',
      interfaceName: 'eth7',
      interfaceDescription: 'route://225.1.1.0:6000',
      snapBytes: 64,
    })
    write(out, 2)
    out.lost(3)
    out.comment('after three lost')
    write(out, 2, 2)
    out.lost(70_000)
    write(out, 1, 4)
    await out.close(70_003)
    const run = (tool: string, args: string[]) =>
      execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const fields = [
      'frame.number',
      'frame.cap_len',
      'frame.len',
      'frame.comment',
      'frame.drop_count',
      'frame.interface_name',
    ]
    const lines = run(TOOLS.tshark, [
      '-r',
      file,
      '-T',
      'fields',
      '-E',
      'separator=;',
      ...fields.flatMap((each) => ['-e', each]),
    ])
    expect(lines.trim().split('\n')).toEqual([
      '1;64;128;;;eth7',
      '2;64;128;;;eth7',
      '3;64;128;after three lost;3;eth7',
      '4;64;128;;;eth7',
      '5;64;128;;70000;eth7',
    ])
    const info = run(TOOLS.capinfos, [file])
    expect(info).toMatch(/Number of packets:\s+5/)
    expect(info).toMatch(/Capture comment:\s+two lines/)
    expect(info).toContain('Description = route://225.1.1.0:6000')
    const copy = `${file}.pcap`
    run(TOOLS.editcap, ['-F', 'pcap', file, copy])
    expect(run(TOOLS.capinfos, ['-c', copy])).toMatch(/Number of packets:\s+5/)
  },
)
