import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { interleaved, pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, twoServicesFixture } from '../testing/make-fixtures.ts'
import { inspect, RunningProgram, routescope, TestFolder } from '../testing/program.ts'
import { alpFrames, ipPacketsFrom, pcapOfFrames, plpByDestination } from '../testing/reencapsulate.ts'

const folder = new TestFolder()
/** Wireshark's program, where it is installed. */
const TOOLS = { capinfos: 'capinfos' }
const hasCapinfos = spawnSync(TOOLS.capinfos, ['--version']).status === 0
let capture: string

beforeAll(async () => {
  capture = folder.at('two.pcap')
  writeFileSync(capture, pcapOf(interleaved(await twoServicesFixture())))
})
afterAll(() => folder.remove())

describe('record', () => {
  it('trims a capture to one service, its signalling and the LLS', async () => {
    const out = folder.at('one.pcapng')
    const { status, stderr } = await routescope([
      'record',
      '--capture',
      capture,
      '--services',
      '2',
      '--capture-out',
      out,
    ])
    expect(stderr).toMatch(/^Recorded \d+ of \d+ packets, \d+ bytes, to /)
    expect(status).toBe(0)
    const whole = await inspect(capture)
    const part = await inspect(out)
    const service = whole.services.find(({ id }) => id === 2)
    const kept = part.services.find(({ id }) => id === 2)
    expect(part.flows.map(({ destination }) => destination).sort()).toEqual(
      ['224.0.23.60:4937', ...(service?.sessions ?? []).map(({ destination }) => destination)].sort(),
    )
    const hashes = (from: typeof service) =>
      from?.sessions.flatMap(({ channels }) => channels.flatMap(({ objects }) => objects.map(({ sha256 }) => sha256)))
    expect(hashes(kept)).toEqual(hashes(service))
  })

  it('writes several files that open as one capture', async () => {
    const out = folder.at('row.pcapng')
    const { status } = await routescope(['record', '--capture', capture, '--capture-out', out, '--rotate-size', '100K'])
    expect(status).toBe(0)
    const names = [1, 2, 3].map((number) => folder.at(`row_0000${number}.pcapng`))
    for (const name of names) expect(readFileSync(name).length).toBeLessThanOrEqual(102_400)
    expect(existsSync(out)).toBe(false)
  })

  it('keeps --comment, cuts packets with --snap, and begins a new file with --rotate-time', async () => {
    const out = folder.at('cut.pcapng')
    const options = ['--comment', 'from the roof', '--snap', '200', '--rotate-time', '0.5']
    const { status } = await routescope(['record', '--capture', capture, '--capture-out', out, ...options])
    expect(status).toBe(0)
    const [first, second] = [1, 2].map((number) => readFileSync(folder.at(`cut_0000${number}.pcapng`)))
    expect(first?.includes('from the roof')).toBe(true)
    expect(first?.length).toBeLessThan(readFileSync(capture).length / 2)
    expect(second?.length).toBeGreaterThan(0)
  })

  it('takes --link-type for frames of a user-defined type', async () => {
    const packets = ipPacketsFrom(await twoServicesFixture())
    const file = folder.at('user.pcap')
    writeFileSync(file, pcapOfFrames(alpFrames(packets, 'segments', plpByDestination(2)), 150))
    const refused = await routescope(['inspect', file])
    expect(refused.stderr).toContain('Say what its frames are with --link-type raw, eth or alp.')
    const { status, stdout } = await routescope(['inspect', file, '--link-type', 'alp', '--json'])
    expect(status).toBe(0)
    const report = JSON.parse(stdout)
    expect(report.services).toHaveLength(2)
    expect(report.links).toMatchObject([{ kind: 'alp', counts: { dropped: 0 }, lmt: [{ plp: 0 }] }])
  })

  it.each([
    [['record', 'route://225.1.1.0:6000'], /No file was named\. Right form: routescope record URL… --capture-out FILE/],
    [['record', '--capture', 'a.pcap', '--capture-out', 'a.pcap'], /cannot be read and written at once/],
    [['record', 'route://225.1.1.0:6000', '--capture-out', 'x', '--rotate-size', 'big'], /number of bytes from 64/],
  ])('refuses %j', async (args, words) => {
    const { status, stderr } = await routescope(args)
    expect(status).toBe(2)
    expect(stderr).toMatch(words)
  })

  it.skipIf(process.platform === 'win32')(
    'writes a live multicast, and is whole after an interrupt and after a kill (capinfos checks where it is installed)',
    async () => {
      const url = 'route://239.255.82.84:6317'
      const listen = (file: string) =>
        // It waits for a sender that is slow to start.
        new RunningProgram([
          ...['record', url, '--interface', '127.0.0.1', '--timeout', '140'],
          ...['--capture-out', file, '--log', 'socket@info'],
        ])
      const interrupted = folder.at('interrupted.pcapng')
      const killed = folder.at('killed.pcapng')
      const first = listen(interrupted)
      const second = listen(killed)
      await first.printed('stderr', /Joined/)
      await second.printed('stderr', /Joined/)
      const sender = new RunningProgram(['send', DEMO_FOLDER, url, '--interface', '127.0.0.1', '--duration', '2'])
      expect((await sender.ended).status).toBe(0)
      first.child.kill('SIGINT')
      expect((await first.ended).status).toBe(130)
      second.child.kill('SIGKILL')
      await second.ended
      const report = await inspect(interrupted)
      expect(report.totals.udp).toBeGreaterThan(20)
      expect((await inspect(killed)).totals.udp).toBe(report.totals.udp)
      if (!hasCapinfos) return
      const { stdout } = spawnSync(TOOLS.capinfos, ['-c', killed], { encoding: 'utf8' })
      expect(Number(/packets:\s+(\d+)/.exec(stdout)?.[1])).toBe(report.totals.udp)
    },
  )

  it.each([
    ['', /^torn\.pcapng$/],
    ['64K', /^torn_\d{5}\.pcapng$/],
  ])('killed in mid-write, rotating by %j, leaves captures that open, and nothing else', async (size, names) => {
    const dir = folder.at(`torn${size}`)
    mkdirSync(dir)
    const out = join(dir, 'torn.pcapng')
    const args = ['record', '--capture', '-', '--capture-out', out, ...(size === '' ? [] : ['--rotate-size', size])]
    const program = new RunningProgram(args, { env: { TMPDIR: dir } })
    const records = readFileSync(capture).subarray(24)
    program.child.stdin.write(readFileSync(capture).subarray(0, 24))
    const pump = (): void => {
      if (!program.child.stdin.destroyed) program.child.stdin.write(records, () => setImmediate(pump))
    }
    pump()
    const written = (): number => readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    while (written() < 2_000_000) await new Promise((later) => setImmediate(later))
    program.child.kill('SIGKILL')
    await program.ended
    const left = readdirSync(dir).sort()
    expect(left.filter((name) => !names.test(name))).toEqual([])
    // The last one may have been created, and nothing more.
    const last = left.at(-1) ?? ''
    const whole = left
      .filter((name) => name !== last || statSync(join(dir, name)).size > 0)
      .map((name) => join(dir, name))
    for (const name of whole.slice(0, -1)) expect(endsInABlock(name)).toBe(true)
    const { status, stderr } = await routescope(['inspect', ...whole])
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^(?:|.* ends in the middle of a packet.*\n)$/)])
    const again = await routescope(['record', '--capture', capture, '--capture-out', whole[0] ?? ''])
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('Recorded')])
  })
})

/** Whether a pcapng consists of whole blocks. */
function endsInABlock(file: string): boolean {
  const bytes = readFileSync(file)
  let at = 0
  while (at + 12 <= bytes.length) at += bytes.readUInt32LE(at + 4)
  return at === bytes.length
}
