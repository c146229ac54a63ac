import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { ArrivingObject, receivedFile } from '../testing/test-objects.ts'
import { FolderSink } from './folder-sink.ts'
import { ObjectStore } from './object-store.ts'

let dir: string
let store: ObjectStore

const storeWith = (options: { memoryBytes?: number; maxSegments?: number } = {}): ObjectStore =>
  new ObjectStore({
    memoryBytes: options.memoryBytes ?? 1 << 20,
    maxSegments: options.maxSegments ?? 0,
    spillDir: join(dir, 'spill'),
  })

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'object-store-'))
  store = storeWith()
})
afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

function text(name: string, serviceId = 1): string | null {
  const found = store.find(asServiceId(serviceId), name)
  const bytes = found.state === 'ready' ? store.read(found.file) : null
  return bytes === null ? null : Buffer.from(bytes).toString()
}

/** Settles when spilling has reduced memory. */
async function settled(limit: number): Promise<void> {
  while (store.memoryBytes > limit) await new Promise((resolve) => setImmediate(resolve))
}

describe('ObjectStore', () => {
  test('an object is found by name from its first bytes to its end', () => {
    const object = new ArrivingObject(3, 's1.m4s', 8)
    object.push('abcd')
    store.begun(object)
    expect(store.find(asServiceId(1), 's1.m4s')).toEqual({ state: 'receiving', object })
    expect(store.live(asServiceId(1))).toEqual([object])
    expect(Buffer.from(store.objectBytes(3) ?? []).toString()).toBe('abcd')
    object.push('efgh')
    object.end('complete')
    store.whole(receivedFile('s1.m4s', 'abcdefgh', { objectIndex: 3 }))
    expect(text('s1.m4s')).toBe('abcdefgh')
    expect(store.live(asServiceId(1))).toEqual([])
    expect(Buffer.from(store.objectBytes(3, 2, 4) ?? []).toString()).toBe('cd')
    expect(store.storedBytes(3)).toBe(8)
  })

  test('a lost object reports what is missing, and its received bytes can be read', () => {
    const object = new ArrivingObject(3, 's1.m4s', 8)
    object.push('abcd')
    store.begun(object)
    object.end('partial')
    store.lost(object)
    expect(store.find(asServiceId(1), 's1.m4s')).toMatchObject({
      state: 'lost',
      lost: { size: 8, received: 4, missing: [[4, 8]] },
    })
    expect(Buffer.from(store.objectBytes(3) ?? []).toString()).toBe('abcd')
    store.whole(receivedFile('s1.m4s', 'abcd\0\0\0\0', { objectIndex: 3, complete: false }))
    expect(store.storedBytes(3)).toBe(8)
  })

  test('has its files under its number in the SLT', () => {
    const kept = storeWith({ maxSegments: 1 })
    const media = { kind: 'media', representation: 'v' } as const
    kept.whole(receivedFile('m.mpd', 'one', { kind: 'manifest' }))
    kept.whole(receivedFile('s1.m4s', 'a', media))
    kept.renumbered(asServiceId(1), asServiceId(7))
    expect(kept.services()).toEqual([7])
    expect(kept.find(asServiceId(1), 'm.mpd').state).toBe('unknown')
    const found = kept.find(asServiceId(7), 'm.mpd')
    expect(found.state === 'ready' && kept.bytesOf(found.file)).toMatchObject({
      bytes: new TextEncoder().encode('one'),
    })
    kept.whole(receivedFile('s2.m4s', 'b', { ...media, serviceId: asServiceId(7) }))
    expect(kept.find(asServiceId(7), 's1.m4s').state).toBe('expired')
  })

  test('a patched file is served beside what arrived, which stays as it was', () => {
    const object = new ArrivingObject(3, 's1.m4s', 8)
    object.push('abcd')
    store.begun(object)
    object.end('partial')
    store.lost(object)
    store.whole(receivedFile('s1.m4s', 'abXXXXXX', { objectIndex: 3, complete: false, patched: 'strict' }))
    expect(text('s1.m4s')).toBe('abXXXXXX')
    expect(Buffer.from(store.objectBytes(3) ?? []).toString()).toBe('abcd')
    expect(Buffer.from(store.patchedBytes(3, 1, 4) ?? []).toString()).toBe('bXX')
    expect([store.patchedSize(3), store.storedBytes(3), store.patchedBytes(9)]).toEqual([8, 4, null])
  })

  test('a lost object that claims to be huge does not use that memory', () => {
    const object = new ArrivingObject(3, 's1.m4s', 2 ** 40)
    object.push('abcd')
    object.end('truncated')
    store.lost(object)
    expect(store.memoryBytes).toBe(4)
  })

  test('retention drops the oldest segments and remembers their names', () => {
    store = storeWith({ maxSegments: 2 })
    for (let number = 1; number <= 4; number++) store.whole(receivedFile(`${number}`, 'x', { objectIndex: number }))
    expect(['1', '2', '3', '4', '5'].map((name) => store.find(asServiceId(1), name).state)).toEqual([
      'expired',
      'expired',
      'ready',
      'ready',
      'unknown',
    ])
    expect(store.list(asServiceId(1)).map((file) => file.name)).toEqual(['3', '4'])
    expect(store.objectBytes(1)).toBeNull()
    expect(store.memoryBytes).toBe(2)
  })

  test('above its memory it spills the oldest, and reads them back', async () => {
    store = storeWith({ memoryBytes: 100_000 })
    for (let number = 0; number < 50; number++)
      store.whole(receivedFile(`${number}`, new Uint8Array(10_000).fill(number), { objectIndex: number }))
    await settled(100_000)
    expect((await readdir(join(dir, 'spill'))).length).toBeGreaterThanOrEqual(40)
    for (let number = 0; number < 50; number++)
      expect(store.objectBytes(number, 5, 10)).toEqual(new Uint8Array(5).fill(number))
    const first = store.find(asServiceId(1), '0')
    if (first.state !== 'ready') throw new Error(first.state)
    expect(store.bytesOf(first.file)).toEqual({ path: expect.stringContaining('spill') })
    await store.close()
    expect(await readdir(dir)).toEqual([])
  })

  test('a newer content replaces the older; earlier manifests can still be read', () => {
    store.whole(receivedFile('live.mpd', 'old', { kind: 'manifest', objectIndex: 1 }))
    store.whole(receivedFile('live.mpd', 'new', { kind: 'manifest', objectIndex: 2 }))
    expect(text('live.mpd')).toBe('new')
    expect(Buffer.from(store.objectBytes(1) ?? []).toString()).toBe('old')
  })

  test('parts of one package are files of their own and have no bytes by object', () => {
    store.whole(receivedFile('a', 'A', { objectIndex: 1, kind: 'manifest' }))
    store.whole(receivedFile('b', 'B', { objectIndex: 1, kind: 'file' }))
    expect([text('a'), text('b'), store.objectBytes(1)]).toEqual(['A', 'B', null])
  })

  test('calls watchers on every change', () => {
    let changes = 0
    const stop = store.watch(() => changes++)
    store.begun(new ArrivingObject(1, 'a'))
    store.whole(receivedFile('a', 'A'))
    store.finish()
    stop()
    store.whole(receivedFile('b', 'B'))
    expect(changes).toBe(3)
    expect(store.finished).toBe(true)
  })

  test('a dump is what a folder sink writes, spilled or not', async () => {
    const files = [
      receivedFile('manifest.mpd', 'v1', { kind: 'manifest' }),
      receivedFile('video/1.m4s', new Uint8Array(60_000).fill(1)),
      receivedFile('video/2.m4s', new Uint8Array(60_000).fill(2), { complete: false }),
      receivedFile('Video/1.m4s', 'differs by case', { serviceId: asServiceId(2) }),
      receivedFile('../../x', 'hostile'),
      receivedFile('A', 'upper'),
      receivedFile('a', 'lower'),
      receivedFile('manifest.mpd', 'v2', { kind: 'manifest' }),
    ]
    const sink = new FolderSink({ dir: join(dir, 'sink'), maxSegments: 0, onProblem: () => {} })
    await sink.open()
    store = storeWith({ memoryBytes: 70_000 })
    for (const file of files) {
      sink.whole(file)
      store.whole(file)
    }
    const expected = await sink.close()
    await settled(70_000)
    expect(await store.dump(join(dir, 'dump'))).toEqual({ dir: join(dir, 'dump'), ...expected })
    const paths = async (root: string) => (await readdir(join(dir, root), { recursive: true })).sort()
    expect(await paths('dump')).toEqual(await paths('sink'))
    expect((await readFile(join(dir, 'dump/service1/video/1.m4s'))).equals(Buffer.alloc(60_000, 1))).toBe(true)
  })
})
