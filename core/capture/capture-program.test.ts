import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { afterAll, describe, expect, it } from 'vitest'
import { AppFailure } from '../failure/app-failure.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { TestFolder } from '../testing/program.ts'
import { CaptureProgram } from './capture-program.ts'
import { programFailure } from './capture-program-errors.ts'
import { CAPTURE_TOOLS, type CaptureTool, captureArguments, MULTICAST_FILTER } from './capture-tools.ts'
import { LiveCapture } from './live-capture.ts'

const DUMPCAP: CaptureTool = { kind: 'dumpcap', path: '/usr/bin/dumpcap' }
const TCPDUMP: CaptureTool = { kind: 'tcpdump', path: 'tcpdump' }
const folder = new TestFolder()
afterAll(() => folder.remove())

/** A script in place of a capturing program. */
function script(lines: string): CaptureTool {
  const path = folder.at(`tool-${Math.random().toString(36).slice(2)}`)
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  return { kind: 'dumpcap', path }
}

async function allOf(program: CaptureProgram): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of program.chunks) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('arguments', () => {
  it('write everything that passes the filter to standard output', () => {
    expect(captureArguments(DUMPCAP, 'eth1', MULTICAST_FILTER).join(' ')).toBe(
      '-q -n -i eth1 -f udp and (ip multicast or ip6 multicast) -s 0 -B 64 -w -',
    )
    expect(captureArguments(DUMPCAP, 'eth1', '').join(' ')).toBe('-q -n -i eth1 -s 0 -B 64 -w -')
    // A filter that looks like an option stays a filter.
    expect(captureArguments(TCPDUMP, 'eth1', '-z reboot').slice(-2)).toEqual(['--', '-z reboot'])
    expect(captureArguments(TCPDUMP, 'eth1', '')).not.toContain('--')
  })
})

describe('messages of a program that stops', () => {
  const cases: readonly [string, CaptureTool, string, string, RegExp, RegExp][] = [
    [
      'permission, dumpcap',
      DUMPCAP,
      'Capturing on \'eth1\'\ndumpcap: You do not have permission to capture on device "eth1".\n(socket: Operation not permitted)',
      'capture-refused',
      /^This user may not capture on eth1: the system does not let dumpcap open it\.$/,
      /usermod -aG wireshark.*setcap cap_net_raw,cap_net_admin\+eip` on \/usr\/bin\/dumpcap/,
    ],
    [
      'permission, tcpdump',
      TCPDUMP,
      "tcpdump: eth1: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)",
      'capture-refused',
      /^This user may not capture on eth1/,
      /setcap/,
    ],
    [
      'no interface, dumpcap',
      DUMPCAP,
      'dumpcap: There is no device named "eth1".\n(No such device exists)',
      'interface-gone',
      /^There is no network interface "eth1"/,
      /dumpcap -D/,
    ],
    [
      'no interface, tcpdump',
      TCPDUMP,
      'tcpdump: eth1: No such device exists\n(No such device exists)',
      'interface-gone',
      /^There is no network interface "eth1"/,
      /tcpdump -D/,
    ],
    [
      'filter, dumpcap',
      DUMPCAP,
      "dumpcap: Invalid capture filter \"udp and and\" for interface 'lo'.\n\nThat string isn't a valid capture filter (can't parse filter expression: syntax error).",
      'bad-spec',
      /^dumpcap does not take the capture filter: can't parse filter expression: syntax error\.$/,
      /--capture-filter/,
    ],
    [
      'filter, tcpdump',
      TCPDUMP,
      "tcpdump: can't parse filter expression: syntax error",
      'bad-spec',
      /^tcpdump does not take the capture filter: syntax error\.$/,
      /--capture-filter/,
    ],
    [
      'down',
      DUMPCAP,
      'dumpcap: Device "eth1" is not up.\n(That device is not up)',
      'interface-gone',
      /^The interface eth1 is down\.$/,
      /ip link set eth1 up/,
    ],
    [
      'anything else',
      TCPDUMP,
      'tcpdump: weather',
      'capture-refused',
      /^tcpdump stopped capturing on eth1: tcpdump: weather\.$/,
      /terminal/,
    ],
    ['nothing', TCPDUMP, '', 'capture-refused', /^tcpdump stopped capturing on eth1 \(exit status 1\)\.$/, /terminal/],
  ]
  it.each(cases)('%s', (_, tool, words, code, message, tryThis) => {
    const { error } = programFailure(tool, 'eth1', words, 1)
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(message),
      tryThis: expect.stringMatching(tryThis),
    })
  })
})

describe('a program that captures', () => {
  it('is searched for in order, and reported where missing', async () => {
    const missing: CaptureTool = { kind: 'dumpcap', path: folder.at('none') }
    const failure = await CaptureProgram.start('eth1', '', [missing]).catch((thrown) => thrown)
    expect(failure).toBeInstanceOf(AppFailure)
    expect(failure.error).toMatchObject({
      code: 'program-missing',
      message: expect.stringMatching(/^Neither dumpcap nor tcpdump/),
    })
    const program = await CaptureProgram.start('eth1', '', [missing, script('echo hello')])
    const text = await allOf(program).catch((thrown) => thrown.message)
    expect(text).toBe(`dumpcap stopped capturing on eth1 (exit status 0).`)
  })

  it.skipIf(process.getuid?.() === 0 && process.platform === 'win32')(
    'is named where this user may not run it',
    async () => {
      const path = folder.at('not-for-you')
      writeFileSync(path, '#!/bin/sh\n', { mode: 0o644 })
      const failure = await CaptureProgram.start('eth1', '', [{ kind: 'dumpcap', path }]).catch((thrown) => thrown)
      expect(failure.error).toMatchObject({ code: 'capture-refused', message: expect.stringContaining(path) })
    },
  )

  it('ends when asked to, with its last bytes and statistics', async () => {
    const program = await CaptureProgram.start('eth1', '', [
      script("trap 'echo last; exit 0' INT; echo first; while :; do sleep 0.02; done"),
    ])
    const pieces: string[] = []
    for await (const piece of program.chunks) {
      pieces.push(Buffer.from(piece).toString())
      program.close()
    }
    await program.exited
    expect(pieces.join('')).toBe('first\nlast\n')
  })

  it('is killed where it does not end', async () => {
    const program = await CaptureProgram.start('eth1', '', [
      script("trap '' INT; echo first; while :; do sleep 0.02; done"),
    ])
    for await (const _ of program.chunks) program.close()
    await program.exited
  })

  it('counts the drops that tcpdump reports, by the last of several reports', async () => {
    const { path } = script(
      'echo "3 packets captured\n9 packets received by filter\n1 packet dropped by kernel\n5 packets captured\n12 packets received by filter\n4 packets dropped by kernel\n2 packets dropped by interface" >&2; exit 1',
    )
    const program = await CaptureProgram.start('eth1', '', [{ kind: 'tcpdump', path }])
    await allOf(program).catch(() => undefined)
    expect(program.drops).toBe(6)
  })
})

const loopback = Object.entries(networkInterfaces()).find(([, addresses]) =>
  addresses?.some(({ internal }) => internal),
)?.[0]

/** Returns why this computer cannot capture with it; null where it can. */
async function refusal(kind: CaptureTool['kind']): Promise<string | null> {
  if (loopback === undefined) return 'no loopback interface'
  try {
    const program = await CaptureProgram.start(
      loopback,
      MULTICAST_FILTER,
      CAPTURE_TOOLS.filter((tool) => tool.kind === kind),
    )
    const started = allOf(program).then(
      () => null,
      (thrown: Error) => thrown.message,
    )
    // A refusal ends it at once; a running program is asked to end.
    const first = await Promise.race([started, program.begun.then(() => undefined)])
    program.close()
    return first ?? (await started)
  } catch (thrown) {
    return (thrown as Error).message
  }
}

describe.each(['dumpcap', 'tcpdump'] as const)('a real %s on loopback', async (kind) => {
  const why = await refusal(kind)
  it.skipIf(why !== null)(
    `gives the multicast that is sent there${why === null ? '' : ` (skipped: ${why})`}`,
    async () => {
      const program = await CaptureProgram.start(
        loopback ?? '',
        MULTICAST_FILTER,
        CAPTURE_TOOLS.filter((tool) => tool.kind === kind),
      )
      const seen: string[] = []
      const sizes: number[] = []
      const nowUs = (): number => Date.now() * 1000
      const socket = createSocket('udp4')
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
      socket.setMulticastInterface('127.0.0.1')
      socket.setMulticastTTL(0)
      const timer = setInterval(() => socket.send(Buffer.alloc(333, 7), 45_987, '239.255.77.9'), 20)
      const capture = new LiveCapture(
        { label: 'lo', nowUs, flows: new FlowTable() },
        {
          datagram: (flow, _, start, end) => {
            if (flow.destination !== '239.255.77.9:45987') return
            seen.push(flow.destination)
            sizes.push(end - start)
            if (seen.length === 20) program.close()
          },
        },
        {},
      )
      await capture.read(program)
      clearInterval(timer)
      socket.close()
      expect(seen.length).toBeGreaterThanOrEqual(20)
      expect(new Set(sizes)).toEqual(new Set([333]))
      expect(capture.reportedDrops + program.drops).toBe(0)
      // Kernel time stamps, by this computer's clock.
      expect(capture.clock.shiftUs).toBe(0)
      await program.exited
    },
  )
})
