import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { GrowingPresentation } from '../testing/live-presentation.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { HAS_OWN_NETWORKS, OwnNetwork } from '../testing/own-network.ts'
import { SHAPES, type Shape, type ShapeName, writeShape } from '../testing/presentation-shapes.ts'
import {
  inspect,
  RunningProgram,
  routescope,
  serviceTreeOf,
  sha256,
  TestFolder,
  type TreeEntry,
  treeOf,
} from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const ON = ['--interface', '127.0.0.1']

function made(shape: ShapeName, at: string): Shape {
  mkdirSync(at, { recursive: true })
  return writeShape(shape, at)
}

/** Files of a service as a dump has them. */
function entries(service: number, files: Iterable<readonly [string, Uint8Array]>): TreeEntry[] {
  const all = [...files].map(([path, bytes]) => ({
    path: `service${service}/${path}`,
    size: bytes.length,
    sha256: sha256(bytes),
  }))
  return all.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The line of a file that has arrived. */
const ending = (path: string): RegExp => new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"`)

type Transfer = { readonly sent: TreeEntry[]; readonly received: TreeEntry[] }

/** Sends a presentation to a receiver that is a process of its own, through the sockets of this machine. */
async function through(name: ShapeName): Promise<Transfer> {
  const shape = made(name, folder.at('route', name))
  const out = folder.at(`${name} out`)
  const url = `route://239.255.14.33:${await freePort()}`
  const receiver = new RunningProgram([
    ...['receive', url, ...ON, '--out', out, '--log', 'socket@info', '--json', '--timeout', '120'],
  ])
  await receiver.printed('stderr', /Joined/)
  const { status, stderr } = await new RunningProgram(['send', shape.input, url, ...ON, '--ttl', '0']).ended
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/Sent \d+ packets, \d+ objects\.\n$/) })
  for (const path of shape.files.keys()) await receiver.printed('stdout', ending(path))
  await receiver.interrupt()
  return { sent: entries(1, shape.files), received: treeOf(out) }
}

/** A folder to which another program writes a low-latency presentation of three segments. */
class WrittenLive {
  readonly manifest: string
  readonly #at: string
  readonly #presentation = new GrowingPresentation('number', { segmentMs: 500 })

  constructor(at: string) {
    mkdirSync(at, { recursive: true })
    this.#at = at
    this.manifest = join(at, 'live.mpd')
    this.#presentation.textOf = (text) =>
      text.replaceAll(
        '<SegmentTemplate',
        '<SegmentTemplate availabilityTimeOffset="0.4" availabilityTimeComplete="false"',
      )
    for (const [name, bytes] of this.#presentation.files) writeFileSync(join(at, name), bytes)
    this.#publish()
  }

  get media(): ReadonlyMap<string, Uint8Array> {
    return this.#presentation.files
  }

  /** Writes the other segments, each in two parts, and ends. */
  goOn(): void {
    for (let count = 0; count < 2; count++) {
      this.#presentation.grow()
      for (const part of [0, 1]) {
        for (const name of this.#presentation.newest) {
          const bytes = this.media.get(name) ?? new Uint8Array()
          const half = Math.ceil(bytes.length / 2)
          appendFileSync(join(this.#at, name), bytes.subarray(part * half, (part + 1) * half))
        }
        this.#publish()
      }
    }
    this.#presentation.end()
    this.#publish()
  }

  #publish(): void {
    writeFileSync(`${this.manifest}.tmp`, this.#presentation.manifest)
    renameSync(`${this.manifest}.tmp`, this.manifest)
  }
}

const GROUP = '239.255.14.34'
const PORT = 6000
const LLS = 'route://224.0.23.60:4937'

describe('what is sent through the sockets of this machine arrives byte for byte', () => {
  it.concurrent('to route://, one presentation each', async () => {
    // At once: each takes as long as it plays.
    for (const { sent, received } of await Promise.all(SHAPES.map(through))) expect(received).toEqual(sent)
  })

  // At once as well, each in a network of its own. The receiver's sockets are open before the first packet: what signalling leads to
  // would be joined as fast as the machine can.
  it.skipIf(!HAS_OWN_NETWORKS).concurrent.each([
    ['atsc', []],
    ['atsc', ['--korean']],
    ['mabr', []],
    ['mabr', ['--transport', 'route']],
  ] as const)(
    'to %s:// %j, every shape and a low-latency one as a service (where networks can be made)',
    async (scheme, options) => {
      const name = [scheme, ...options].join(' ')
      const shapes = SHAPES.map((shape) => made(shape, folder.at(name, shape)))
      const live = new WrittenLive(folder.at(name, 'live'))
      const air = folder.at(`${name}.pcapng`)
      const network = await OwnNetwork.open()
      const ports = Array.from({ length: shapes.length + 2 }, (_, at) => PORT + at)
      const groups = [...ports.map((port) => `route://${GROUP}:${port}`), ...(scheme === 'atsc' ? [LLS] : [])]
      const recorder = new RunningProgram(
        ['record', ...groups, ...ON, '--capture-out', air, '--log', 'socket@info', '--timeout', '0'],
        network,
      )
      for (const group of groups)
        await recorder.printed('stderr', new RegExp(`Joined ${group.slice('route://'.length)}\n`))
      const inputs = [...shapes.map(({ input }) => input), live.manifest]
      const sender = new RunningProgram(
        ['send', ...inputs, `${scheme}://${GROUP}:${PORT}`, ...ON, ...options, '--log', 'send@info'],
        network,
      )
      await sender.printed('stderr', /Sending /)
      live.goOn()
      const { status, stderr } = await sender.ended
      const recorded = await recorder.interrupt()
      await network.close()
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/Sent \d+ packets/) })
      const out = folder.at(`${name} out`)
      const receive = await routescope(['receive', '--capture', air, '--services', 'all', '--out', out])
      expect(receive, recorded.stderr.slice(-300) + receive.stderr).toMatchObject({ status: 0 })
      const expected = shapes.flatMap(({ files }, at) => entries(at + 1, files))
      const received = serviceTreeOf(out).filter(({ path }) => !path.endsWith('/live.mpd'))
      expect(received).toEqual(
        [...expected, ...entries(shapes.length + 1, live.media)].sort((a, b) => (a.path < b.path ? -1 : 1)),
      )
    },
  )
})

it.skipIf(!HAS_OWN_NETWORKS)(
  'an interface that goes away is named, and its receivers get what is sent once it is back (where networks can be made)',
  async () => {
    const network = await OwnNetwork.open()
    const link = 'ip link add lan type veth peer name far && ip addr add 10.0.0.1/24 dev lan'
    network.run(`${link} && ip link set far up && ip link set lan up`)
    const to = [`route://${GROUP}:${PORT}`, '--interface', 'lan']
    const out = folder.at('lan out')
    const receiver = new RunningProgram(
      ['receive', ...to, '--out', out, '--timeout', '0', '--json', '--log', 'socket@info'],
      network,
    )
    await receiver.printed('stderr', /Joined/)
    const whole = folder.at('lan.pcapng')
    const sender = new RunningProgram(
      [
        'send',
        join(DEMO_FOLDER, 'manifest.mpd'),
        ...to,
        '--ttl',
        '0',
        '--loop',
        '0',
        '--pace',
        'real',
        '--capture-out',
        whole,
      ],
      network,
    )
    await receiver.printed('stdout', ending('video-1.m4s'))
    network.run('ip link set lan down')
    await sender.printed('stderr', /Packets cannot be sent on lan: there is no way to the destination\./)
    network.run('ip link set lan up')
    // At the first failure the second segment was on its way at the latest: the fourth begins after the interface is back.
    await receiver.printed('stdout', /video-(?:[4-9]|\d\d)\.m4s"/)
    await receiver.interrupt()
    const { stderr } = await sender.interrupt()
    await network.close()
    expect(stderr.match(/cannot be sent/g)).toHaveLength(1)
    // The capture of the same broadcast has everything.
    const { totals } = await inspect(whole)
    expect(Object.values(totals.losses).map(({ objects }) => objects)).toEqual([0, 0, 0, 0, 0])
  },
)
