import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CaptureProgram } from '../capture/capture-program.ts'
import { MULTICAST_FILTER } from '../capture/capture-tools.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastOf, DEMO_FOLDER, demoDash } from '../testing/make-fixtures.ts'
import { TestFolder, treeOf } from '../testing/program.ts'
import { Engine } from './engine.ts'

const folder = new TestFolder()
const loopback =
  Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some(({ internal }) => internal))?.[0] ?? 'lo'

/** Why nothing can be captured on this computer; null where it can. */
async function refusal(): Promise<string | null> {
  try {
    const program = await CaptureProgram.start(loopback, MULTICAST_FILTER)
    const ended = (async () => {
      for await (const _ of program.chunks) program.close()
    })()
    await program.begun
    program.close()
    await ended
    return null
  } catch (thrown) {
    return (thrown as Error).message
  }
}

const why = await refusal()
const skipped = why === null ? '' : ` (skipped: ${why})`
/** Used by this test only: others send on loopback too. */
const GROUP = '239.255.78.9'
const PORT = 20_000 + (process.pid % 20_000)
let engine: Engine
let socket: Socket
let sent: Datagram[]

beforeAll(async () => {
  sent = await broadcastOf(await demoDash(), { address: GROUP, port: PORT })
})
beforeEach(async () => {
  engine = new Engine({
    tempDir: folder.at('tmp'),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
  socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  socket.setMulticastInterface('127.0.0.1')
  socket.setMulticastTTL(0)
})
afterEach(async () => {
  socket.close()
  await engine.close()
})
afterAll(() => folder.remove())

/** Sends the demo once. */
async function send(): Promise<void> {
  for (const [index, { bytes }] of sent.entries()) {
    await new Promise((resolve) => socket.send(bytes, PORT, GROUP, resolve))
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

describe.skipIf(why !== null)(`everything on an interface${skipped}`, () => {
  it('is received without joining, recorded, and its program ends with the session', async () => {
    const out = folder.at('out')
    const record = folder.at('all.pcapng')
    const session = await engine.start({
      format: 'routescope-session',
      version: 2,
      parts: [
        { id: 'source', kind: 'interface', interface: loopback, url: `route://${GROUP}:${PORT}` },
        { id: 'folder', kind: 'folder', dir: out },
        { id: 'recorder', kind: 'recorder', file: record },
      ],
    })
    // Packets sent before the program listens are lost.
    const probe = setInterval(() => socket.send(Buffer.from([0]), PORT, GROUP), 50)
    await vi.waitFor(() => expect(session.snapshot().totals.packets).toBeGreaterThan(0), {
      timeout: 20_000,
      interval: 50,
    })
    clearInterval(probe)
    await send()
    const names = treeOf(DEMO_FOLDER).filter(({ path }) => /\.(mpd|mp4|m4s)$/.test(path))
    await vi.waitFor(() => expect(session.summary().files).toBeGreaterThanOrEqual(names.length), {
      timeout: 20_000,
      interval: 50,
    })
    expect(session.snapshot().source).toMatchObject({ live: true, label: `interface ${loopback}`, sockets: [] })
    await session.stop()
    expect(treeOf(out).map(({ path, sha256 }) => [path, sha256])).toEqual(
      names.map(({ path, sha256 }) => [`service1/${path}`, sha256]),
    )
    expect(session.snapshot()).toMatchObject({ captureDrops: null, problems: [] })
    expect(session.contents.report().source).toMatchObject({ kind: 'interface', name: `interface ${loopback}` })
  })

  it('reports a wrong interface or filter', async () => {
    const failed = async (fields: Record<string, string>) => {
      const session = await engine.start({
        format: 'routescope-session',
        version: 2,
        parts: [{ id: 'source', kind: 'interface', interface: loopback, ...fields }],
      })
      await session.done
      return `${session.failure()?.code}: ${session.failure()?.message}`
    }
    expect(await failed({ interface: 'nonesuch0' })).toBe(
      'interface-gone: There is no network interface "nonesuch0" to capture on.',
    )
    expect(await failed({ filter: 'udp and and' })).toMatch(
      /^bad-spec: \w+ does not take the capture filter: .*syntax error/,
    )
  })
})
