import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { ObjectStore } from '../files/object-store.ts'
import { readSpilled } from '../files/spill-folder.ts'
import { ObjectFanOut } from '../flow/tee.ts'
import { seeded } from '../testing/seeded.ts'
import { content, TestSession } from '../testing/test-session.ts'

const SERVICE = asServiceId(1)
const SEGMENT_BYTES = 100_000
const MEMORY_BYTES = 300_000
const STSID =
  'Content-Type: multipart/related; type="application/route-s-tsid+xml"; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS dIpAddr="239.255.1.1" dPort="5000"><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="v_$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>\r\n--b--\n'

let dir: string
const stores: ObjectStore[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reused-memory-'))
})
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  await rm(dir, { recursive: true, force: true })
})

function storeOf(memoryBytes = MEMORY_BYTES): ObjectStore {
  const store = new ObjectStore({ memoryBytes, maxSegments: 0, spillDir: join(dir, `spill${stores.length}`) })
  stores.push(store)
  return store
}

function sessionOf(store: ObjectStore | ObjectFanOut, keepRepeats = false): TestSession {
  const target = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
  const sink = {
    begun: store.begun.bind(store),
    whole: store.whole.bind(store),
    lost: store.lost.bind(store),
  }
  const session = new TestSession(target, { keepRepeats }, {}, sink)
  session.sendObject({ tsi: 0, toi: 0x8002_0001, codepoint: 3 }, new Uint8Array(gzipSync(STSID)))
  return session
}

const lengthOf = (toi: number): number => SEGMENT_BYTES - (toi % 5) * 1000
const segmentOf = (toi: number): Uint8Array => content(lengthOf(toi), toi)
const same = (bytes: Uint8Array, expected: Uint8Array): boolean => Buffer.compare(bytes, expected) === 0

/** Sends a segment, and waits until what exceeds memory is on the disk. */
async function arrive(session: TestSession, toi: number, during: () => void = () => undefined): Promise<void> {
  const bytes = segmentOf(toi)
  const half = bytes.length >> 1
  session.send({ tsi: 10, toi, length: bytes.length, offset: 0, payload: bytes.subarray(0, half) })
  during()
  session.send({ tsi: 10, toi, length: bytes.length, offset: half, payload: bytes.subarray(half) })
  for (const store of stores)
    while (store.memoryBytes > MEMORY_BYTES && store !== stores[1])
      await new Promise((resolve) => setImmediate(resolve))
}

/** All files of a store are what was sent. */
async function expectFiles(store: ObjectStore, count: number): Promise<void> {
  for (let toi = 1; toi <= count; toi++) {
    const found = store.find(SERVICE, `v_${toi}.m4s`)
    const stored = found.state === 'ready' ? store.bytesOf(found.file) : null
    const bytes = stored === null ? null : 'bytes' in stored ? stored.bytes : await readSpilled(stored.path)
    expect(bytes !== null && same(bytes, segmentOf(toi)), `segment ${toi}`).toBe(true)
  }
}

describe('memory of media that a store keeps', () => {
  it('serves the next objects once it is on the disk and nobody has read it', async () => {
    const store = storeOf()
    const session = sessionOf(store)
    for (let toi = 1; toi <= 40; toi++) await arrive(session, toi)
    const { allocated, reused } = session.receiver.buffers
    // The signalling, and as many as fit into memory.
    expect(allocated).toBeLessThanOrEqual(8)
    expect(reused).toBeGreaterThanOrEqual(34)
    await expectFiles(store, 40)
  })

  it('is never used again where a reader has a view of it, at any time of its life', async () => {
    const store = storeOf()
    const session = sessionOf(store)
    const random = seeded(3)
    const views: { bytes: Uint8Array; expected: Uint8Array }[] = []
    const view = (toi: number, bytes: Uint8Array | null): void => {
      if (bytes !== null && bytes.length > 0) views.push({ bytes, expected: segmentOf(toi).subarray(0, bytes.length) })
    }
    for (let toi = 1; toi <= 60; toi++) {
      const name = `v_${toi}.m4s`
      const when = Math.floor(random() * 6)
      await arrive(session, toi, () => {
        const arriving = when === 0 ? store.find(SERVICE, name) : null
        if (arriving?.state === 'receiving') view(toi, arriving.object.lease(0, arriving.object.prefixBytes()).bytes)
        if (when === 1) view(toi, store.objectBytes(session.begun.at(-1)?.index ?? 1 + toi))
      })
      const found = store.find(SERVICE, name)
      const stored = found.state === 'ready' && when === 2 ? store.bytesOf(found.file) : null
      if (stored !== null && 'bytes' in stored) view(toi, stored.bytes)
      if (found.state === 'ready' && when === 3) view(toi, store.read(found.file))
    }
    expect(views.length).toBeGreaterThan(20)
    expect(views.every(({ bytes, expected }) => same(bytes, expected))).toBe(true)
    await expectFiles(store, 60)
  })

  it('is kept for repeats, which are delivered without another assembly', async () => {
    const store = storeOf()
    const session = sessionOf(store, true)
    for (let toi = 1; toi <= 20; toi++) await arrive(session, toi)
    expect(session.receiver.buffers.reused).toBe(0)
    for (let toi = 1; toi <= 20; toi++) session.sendObject({ tsi: 10, toi }, segmentOf(toi), 10_000)
    await expectFiles(store, 20)
  })

  it('is not used again while another store has it', async () => {
    const [first, second] = [storeOf(), storeOf(1 << 30)]
    const session = sessionOf(new ObjectFanOut([first, second]))
    for (let toi = 1; toi <= 30; toi++) await arrive(session, toi)
    expect(session.receiver.buffers.reused).toBe(0)
    await expectFiles(first, 30)
    await expectFiles(second, 30)
  })
})
