import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { ethernet, ipv4Packet, ipv4Udp, PcapngBlocks, pcapFile } from '../testing/capture-builder.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { flutePacket } from '../testing/flute-packets.ts'
import { FluteSender } from '../testing/flute-sender.ts'
import { inspect, RunningProgram, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { ethernetFrames, ipPacketsFrom } from '../testing/reencapsulate.ts'
import { content } from '../testing/test-session.ts'
import { WRAPPED_BY } from '../testing/wrapped-frames.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const START_US = 1_700_000_000_000_000
const A = { toi: 1, name: 'a.bin', contentType: 'application/octet-stream', bytes: content(2500) }
const PACKETS: readonly Datagram[] = [
  ...new FluteSender({ digest: 'none' }).table([A], START_US),
  ...[0, 1, 2].map((esi) =>
    flutePacket(START_US, { toi: 1, esi, data: A.bytes.subarray(esi * 1000, esi * 1000 + 1000) }),
  ),
]
/** One frame for the table, then three for the object. */
const FRAMES = ethernetFrames(ipPacketsFrom(PACKETS)).map(({ bytes }) => [...bytes])

let captures = 0

/** Writes a capture; reads it by `receive --out` and by `inspect`. */
async function read(bytes: Uint8Array | readonly number[], ...options: string[]) {
  const capture = folder.at(`${++captures}.pcap`)
  const out = folder.at(`out${captures}`)
  writeFileSync(capture, Uint8Array.from(bytes))
  mkdirSync(out)
  const { status, stderr } = await routescope(['receive', '--capture', capture, '--out', out, ...options])
  const report = await inspect(capture, ...options)
  const inspected = await routescope(['inspect', capture, ...options])
  const files = treeOf(out).map(({ path, size }) => [path.replace('service1/', ''), size])
  return { status, stderr, files, report, inspected, out }
}

const whole = [['a.bin', 2500]]
const pcap = (frames: readonly (readonly number[])[], linkWord = 1): Uint8Array =>
  pcapFile({ linkWord, frames: frames.map((bytes, index) => ({ bytes, fraction: index, seconds: 1_700_000_000 })) })

describe('what is wrapped in a way that is not undone', () => {
  const outer = { source: [10, 0, 0, 1], destination: [10, 0, 0, 2], sourcePort: 40000 }
  const wrapped = (frame: readonly number[]): number[] =>
    ethernet(ipv4Udp([1, 2, 3, ...frame], { ...outer, destinationPort: 9999 }))

  it('is named with the groups within, where nothing else is read', async () => {
    const { status, stderr, files } = await read(pcap(FRAMES.map(wrapped)))
    expect(stderr).toContain(
      'there are packets to 239.255.1.1:6000 inside of UDP to port 9999, which is not unwrapped here',
    )
    expect(files).toEqual([])
    expect(status).toBe(3)
  })

  it('is named beside what is read', async () => {
    const mixed = [FRAMES[0] as number[], ...FRAMES.slice(1).map(wrapped)]
    const { status, inspected } = await read(pcap(mixed))
    expect(inspected.stderr).toMatch(
      /inside of UDP to port 9999, which is not unwrapped here; the first is in frame 2\./,
    )
    expect(status).toBe(3)
  })
})

describe('frames that a capture has and that cannot be read', () => {
  const blocks = new PcapngBlocks('little')
  const HIGH = Math.floor(START_US / 0x100000000)
  const LOW = START_US % 0x100000000
  const enhanced = (frame: number, id = 0): number[] =>
    blocks.enhanced(id, HIGH, LOW + frame, FRAMES[frame] as number[])
  const described = [...blocks.section(), ...blocks.interface(1)]

  it('are told with their interface, counted, and no loss of the network', async () => {
    const { stderr, report, inspected } = await read([
      ...described,
      ...enhanced(0),
      ...enhanced(1),
      ...enhanced(2, 82),
      ...enhanced(3),
    ])
    const told = '1 packet of interface 82, which the capture does not describe; frame 3.'
    expect(stderr).toContain(told)
    expect(inspected.stderr).toContain(told)
    expect(report.totals.frames).toBe(4)
    expect(report.totals.losses).toMatchObject({ network: { objects: 0 }, unknown: { objects: 1, bytes: 1000 } })
    expect(report.alarms.map(({ text }) => text).join()).toContain('cause: unknown')
  })

  it('are told with their snap length', async () => {
    const cut = pcapFile({
      linkWord: 1,
      frames: FRAMES.map((bytes, index) => ({
        bytes,
        fraction: index,
        seconds: 1_700_000_000,
        ...(index === 2 ? { captured: 200 } : {}),
      })),
    })
    const { stderr, report } = await read(cut)
    expect(stderr).toMatch(/1 packet cut off by the snap length \(200 of \d+ bytes\); frame 3\./)
    expect(report.totals.losses).toMatchObject({ network: { objects: 0 }, unknown: { objects: 1 } })
  })

  it.each([
    ['an IP header shorter than one can be', 14, [0x43]],
    ['a UDP length beyond its packet', 38, [0x23, 0x28]],
  ])('are told with %s, and no loss of the network', async (_, at, bytes) => {
    const { stderr, report } = await read(
      pcap(
        FRAMES.map((frame, index) =>
          index === 2 ? [...frame.slice(0, at), ...bytes, ...frame.slice(at + bytes.length)] : frame,
        ),
      ),
    )
    expect(stderr).toContain('1 packet with an IP or UDP header that contradicts its length; frame 3.')
    expect(report.totals.losses).toMatchObject({ network: { objects: 0 }, unknown: { objects: 1 } })
  })

  it('are told where they are fragments without the rest, unless the capture cut their datagram', async () => {
    const fragmentsOf = (frame: number, id: number): number[][] => {
      const transport = (FRAMES[frame] as number[]).slice(34)
      const packet = (bytes: number[], offset: number, more: boolean): number[] =>
        ethernet(ipv4Packet(bytes, { id }, { offset, more }))
      return [packet(transport.slice(0, 800), 0, true), packet(transport.slice(800), 800, false)]
    }
    const [first, second] = [fragmentsOf(2, 7)[0], fragmentsOf(2, 8)[1]] as [number[], number[]]
    const frames = [FRAMES[0], FRAMES[1], first, FRAMES[3]] as number[][]
    const { stderr, report } = await read(pcap(frames))
    expect(stderr).toContain('1 IP fragment without the rest of the datagram; frame 3.')
    expect(report.totals.fragmentsDropped).toBe(1)
    const cut = await read(pcap([second, ...FRAMES, first]))
    expect(cut.stderr).not.toContain('fragment')
    expect(cut.report.totals.fragmentsDropped).toBe(2)
    expect(cut.files).toEqual(whole)
  })

  it('are told with their link type, each kind once', async () => {
    const { stderr, report } = await read([
      ...described,
      ...blocks.interface(147),
      ...enhanced(0),
      ...enhanced(1),
      ...enhanced(2, 1),
      ...enhanced(3, 1),
    ])
    expect(stderr).toContain('2 packets of link type USER0 (147); the first is frame 3.')
    expect(stderr.match(/link type/g)).toHaveLength(1)
    expect(report.totals.frames).toBe(4)
  })

  it('are what a capture without any other holds', async () => {
    const capture = folder.at('undescribed.pcapng')
    writeFileSync(capture, Uint8Array.from([...blocks.section(), ...enhanced(0), ...enhanced(1)]))
    const { status, stderr } = await routescope(['receive', '--capture', capture])
    expect(status).toBe(3)
    expect(stderr).toContain('2 of interface 0, which the capture does not describe')
  })

  it('are none of custom blocks, names and secrets', async () => {
    const { stderr, files } = await read([...described, ...blocks.others(), ...FRAMES.flatMap((_, at) => enhanced(at))])
    expect(stderr).not.toContain('packet of')
    expect(stderr).not.toContain('block')
    expect(files).toEqual(whole)
  })

  it('without a time are no frames of 1970', async () => {
    const { report, inspected } = await read([...described, ...FRAMES.flatMap((frame) => blocks.simple(frame))])
    expect(report.source).toMatchObject({ firstTime: null, lastTime: null })
    expect(inspected.stdout).toMatch(/: no times$/m)
    expect(inspected.stdout).not.toContain('1970')
    const zero = await read(
      pcapFile({ linkWord: 1, frames: FRAMES.map((bytes) => ({ bytes, fraction: 0, seconds: 0 })) }),
    )
    expect(zero.report.source).toMatchObject({ firstTime: null, lastTime: null })
    expect(zero.inspected.stdout).toMatch(/: no times$/m)
  })

  it('whose times count from its beginning has a length, and no date', async () => {
    const counted = FRAMES.map((bytes, index) => ({ bytes, fraction: 1000 * index, seconds: 0 }))
    const { inspected } = await read(pcapFile({ linkWord: 1, frames: counted }))
    expect(inspected.stdout).toMatch(/: 0\.003 s, without dates$/m)
    expect(inspected.stdout).not.toContain('1970')
  })
})

describe('what mirrors and routers wrap around packets', () => {
  it('is undone, and told as links', async () => {
    const ethernet = WRAPPED_BY.filter(({ linkType, kind }) => linkType === 1 && kind !== null)
    const { files, report, inspected } = await read(
      pcap([...ethernet.flatMap(({ wrap }) => FRAMES.map((frame) => wrap(frame)))]),
    )
    expect(files).toEqual(whole)
    expect(new Set(report.links.map(({ kind }) => kind))).toEqual(new Set(ethernet.map(({ kind }) => kind)))
    expect(inspected.stdout).toContain('ERSPAN\n  packets 16')
    expect(report.flows.map(({ destination }) => destination)).toEqual(['239.255.1.1:6000'])
  })

  it('is undone in captures of a router', async () => {
    const juniper = WRAPPED_BY.find(({ kind }) => kind === 'juniper')
    expect(
      (
        await read(
          pcap(
            FRAMES.map((frame) => juniper?.wrap(frame) ?? []),
            178,
          ),
        )
      ).files,
    ).toEqual(whole)
  })
})

describe('frames and times as people record them', () => {
  it('are told where each is there twice', async () => {
    const many = Array.from({ length: 10 }, () => FRAMES).flat()
    const { stderr, files } = await read(pcap(many.flatMap((frame) => [frame, frame])))
    expect(stderr).toMatch(/has packets twice: 40 of the first 80 repeat one just before/)
    expect(files).toEqual(whole)
    expect((await read(pcap(many))).stderr).not.toContain('twice')
  })

  it.each([
    ['back', -3600, 'its clock goes back by 3600 s at frame 3'],
    ['forward', 3600, 'no packets for 3600 s before frame 3, or its clock was set forward'],
  ])('are told where the clock goes %s by an hour', async (_to, by, told) => {
    const { stderr } = await read(
      pcapFile({
        linkWord: 1,
        frames: FRAMES.map((bytes, index) => ({
          bytes,
          seconds: 1_700_000_000 + (index > 1 ? by : 0),
          fraction: index,
        })),
      }),
    )
    expect(stderr).toContain(told)
    expect(stderr.match(/clock/g)).toHaveLength(2)
  })
})

describe('inputs that are no captures or never end', () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { status, stderr } = await routescope(args)
    expect(status).toBe(1)
    return stderr
  }

  it.skipIf(process.platform === 'win32')('are refused in one sentence by every command', async () => {
    for (const command of [['receive', '--capture'], ['inspect']]) {
      expect(await refused(...command, '/dev/zero')).toContain(
        '/dev/zero is not a packet capture: it is nothing but zero',
      )
      expect(await refused(...command, '/dev/null')).toContain('/dev/null is not a packet capture: it is empty')
      expect(await refused(...command, folder.path)).toContain('is a folder, not a capture')
      expect(await refused(...command, '/dev/ptmx')).toContain('/dev/ptmx is a terminal, not a capture')
    }
    expect(await refused('receive', 'pipe:/dev/zero')).toContain('nothing but zero')
    expect(await refused('gateway', '--capture', '/dev/zero', '--listen', '127.0.0.1:0')).toContain('nothing but zero')
  })

  it.skipIf(process.platform === 'win32')('are read as a stream where they are named pipes', async () => {
    const pipe = folder.at('pipe')
    execFileSync('mkfifo', [pipe])
    const program = new RunningProgram(['inspect', '--json', pipe])
    writeFileSync(pipe, pcap(FRAMES))
    const { status, stdout } = await program.ended
    expect([status, JSON.parse(stdout).totals.udp]).toEqual([0, 4])
  })

  it('end where nothing that follows can be read', async () => {
    const program = new RunningProgram(['inspect', '-'])
    const junk = new Uint8Array(1 << 20).fill(0xff)
    program.child.stdin.write(pcap(FRAMES))
    const more = (): void => {
      while (program.child.stdin.writable && program.child.stdin.write(junk));
    }
    program.child.stdin.on('drain', more)
    more()
    const { status, stdout, stderr } = await program.ended
    expect(stderr).toContain('and no good packet follows in')
    expect([status, stdout.includes('a.bin') || stdout.includes('4 UDP datagrams')]).toEqual([0, true])
  })
})
