import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppError } from '../contract/app-error.ts'
import { defined } from '../contract/defined.ts'
import { asServiceId } from '../contract/ids.ts'
import { receivedFile } from '../testing/test-objects.ts'
import { type DiskPort, type DiskReply, type DiskSetup, diskLoop } from './disk-loop.ts'
import type { DiskThread, FileWriterOptions } from './file-writer.ts'
import { FolderSink } from './folder-sink.ts'

let dir: string
let problems: AppError[]

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'folder-sink-'))
  problems = []
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function sinkFor(
  options: { maxSegments?: number; startDisk?: FileWriterOptions['startDisk']; at?: string } = {},
): Promise<FolderSink> {
  const sink = new FolderSink({
    dir: options.at ?? join(dir, 'out'),
    maxSegments: options.maxSegments ?? 0,
    onProblem: (error) => void problems.push(error),
    ...defined({ startDisk: options.startDisk }),
  })
  await sink.open()
  return sink
}

/** Runs the disk loop in this thread, with calls that can fail. */
function diskHere(setup: DiskSetup, calls: typeof fs): DiskThread {
  const here: EventEmitter = new EventEmitter()
  const there: EventEmitter = new EventEmitter()
  const port: DiskPort = {
    on: (event, listener) => there.on(event, listener),
    postMessage: (reply: DiskReply) => void setImmediate(() => here.emit('message', reply)),
  }
  diskLoop(port, calls, setup)
  return {
    on: (event: string, listener: (...values: never[]) => void) => here.on(event, listener as () => void),
    postMessage: (jobs) => void setImmediate(() => there.emit('message', jobs)),
    ref: () => {},
    unref: () => {},
    terminate: () => {},
  }
}

const everything = async (): Promise<string[]> => {
  const found = await readdir(join(dir, 'out'), { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(join(dir, 'out').length + 1))
    .sort()
}
const content = (path: string): Promise<string> => readFile(join(dir, 'out', path), 'utf8')

describe('FolderSink', () => {
  test('a long file is written without a copy, and its memory is freed afterwards', async () => {
    const sink = await sinkFor()
    const shared = new Uint8Array(new SharedArrayBuffer(2 << 20)).fill(7)
    let held = 0
    const lease = (bytes: Uint8Array) => ({ bytes, keep: () => void held++, release: () => void held-- })
    sink.whole(receivedFile('long.m4s', '', { lease: lease(shared) }))
    sink.whole(receivedFile('short.m4s', '', { lease: lease(shared.subarray(0, 1000)) }))
    expect(held).toBe(1)
    await sink.close()
    expect(held).toBe(0)
    expect((await readFile(join(dir, 'out', 'service1', 'long.m4s'))).equals(Buffer.from(shared))).toBe(true)
    expect(await readFile(join(dir, 'out', 'service1', 'short.m4s'))).toHaveLength(1000)
  })

  test('memory of a file that could not be written is freed too', async () => {
    const writeSync = () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    }
    const sink = await sinkFor({ startDisk: (setup) => diskHere(setup, { ...fs, writeSync }) })
    let held = 0
    const bytes = new Uint8Array(new SharedArrayBuffer(2 << 20))
    sink.whole(receivedFile('long.m4s', '', { lease: { bytes, keep: () => void held++, release: () => void held-- } }))
    await sink.close()
    expect(held).toBe(0)
    expect(problems.map((problem) => problem.code)).toEqual(['disk-full'])
  })

  test('writes files by service and name, the newest content of a name wins', async () => {
    const sink = await sinkFor()
    for (let turn = 1; turn <= 20; turn++)
      sink.whole(receivedFile('manifest.mpd', `version ${turn}`, { kind: 'manifest' }))
    sink.whole(receivedFile('video/1.m4s', 'one'))
    sink.whole(receivedFile('video/1.m4s', 'other', { serviceId: asServiceId(7) }))
    sink.whole(receivedFile('empty', '', { kind: 'file' }))
    expect(await sink.close()).toEqual({ files: 4, bytes: 10 + 3 + 5 })
    expect(await everything()).toEqual([
      'service1/empty',
      'service1/manifest.mpd',
      'service1/video/1.m4s',
      'service7/video/1.m4s',
    ])
    expect(await content('service1/manifest.mpd')).toBe('version 20')
    expect(await content('service7/video/1.m4s')).toBe('other')
  })

  test('copies bytes before it returns, so that buffers can be reused', async () => {
    const sink = await sinkFor()
    const buffer = new Uint8Array(100_000)
    for (let value = 0; value < 50; value++) sink.whole(receivedFile(`${value}.m4s`, buffer.fill(value)))
    await sink.close()
    for (let value = 0; value < 50; value++)
      expect((await readFile(join(dir, 'out/service1', `${value}.m4s`))).equals(Buffer.alloc(100_000, value))).toBe(
        true,
      )
  })

  test('keeps the newest segments of each representation; manifests and init segments stay', async () => {
    const sink = await sinkFor({ maxSegments: 2 })
    sink.whole(receivedFile('init.mp4', 'i', { kind: 'init' }))
    for (let number = 1; number <= 5; number++) {
      sink.whole(receivedFile(`v${number}`, 'v', { representation: 'v' }))
      sink.whole(receivedFile(`a${number}`, 'a', { representation: 'a' }))
    }
    expect(await sink.close()).toEqual({ files: 5, bytes: 5 })
    expect(await everything()).toEqual([
      'service1/a4',
      'service1/a5',
      'service1/init.mp4',
      'service1/v4',
      'service1/v5',
    ])
  })

  test('an incomplete file is named so, until it arrives whole', async () => {
    const sink = await sinkFor()
    sink.whole(receivedFile('1.m4s', 'half', { complete: false, missing: [[4, 8]] }))
    sink.whole(receivedFile('2.m4s', 'half', { complete: false, missing: [[4, 8]] }))
    sink.whole(receivedFile('2.m4s', 'complete'))
    expect(await sink.close()).toEqual({ files: 2, bytes: 12 })
    expect(await everything()).toEqual(['service1/1.m4s.partial', 'service1/2.m4s'])
  })

  test('hostile names stay inside, each with its own content', async () => {
    const names = [
      '../../x',
      '/etc/x',
      'C:\\x',
      'a\0b',
      'x'.repeat(5000),
      'Case',
      'case',
      '..',
      'a',
      'a/b',
      '.routescope-1-1',
      '',
      'd/'.repeat(600),
    ]
    const sink = await sinkFor()
    for (const name of names) sink.whole(receivedFile(name, name))
    expect((await sink.close()).files).toBe(names.length)
    const found = await everything()
    expect(found).toHaveLength(names.length)
    for (const path of found) expect(path.startsWith('service1/')).toBe(true)
    expect(new Set(await Promise.all(found.map(content)))).toEqual(new Set(names))
    expect(await readdir(dir)).toEqual(['out'])
    expect(problems).toEqual([])
  })

  test('a link inside the folder is not followed', async () => {
    await mkdir(join(dir, 'out/service1'), { recursive: true })
    await mkdir(join(dir, 'outside'))
    await symlink(join(dir, 'outside'), join(dir, 'out/service1/video'))
    await writeFile(join(dir, 'outside/target'), 'untouched')
    await symlink(join(dir, 'outside/target'), join(dir, 'out/service1/leaf'))
    const sink = await sinkFor()
    sink.whole(receivedFile('video/1.m4s', 'x'))
    sink.whole(receivedFile('leaf', 'x'))
    sink.whole(receivedFile('good.m4s', 'good'))
    await sink.close()
    expect(await readdir(join(dir, 'outside'))).toEqual(['target'])
    expect(await readFile(join(dir, 'outside/target'), 'utf8')).toBe('untouched')
    expect(await content('service1/good.m4s')).toBe('good')
    expect(problems).toMatchObject([{ code: 'folder-not-writable', message: expect.stringContaining('video') }])
  })

  test.skipIf(process.platform !== 'linux')(
    'a folder exchanged for a link after the first file is not followed',
    async () => {
      await mkdir(join(dir, 'outside'))
      const sink = await sinkFor({ startDisk: (setup) => diskHere(setup, { ...fs, openSync }) })
      let opened = 0
      function openSync(...args: Parameters<typeof fs.openSync>): number {
        if (++opened === 2) {
          fs.rmSync(join(dir, 'out/service1'), { recursive: true })
          fs.symlinkSync(join(dir, 'outside'), join(dir, 'out/service1'))
        }
        return fs.openSync(...args)
      }
      sink.whole(receivedFile('first', 'x'))
      sink.whole(receivedFile('second', 'x'))
      await sink.close()
      expect(await readdir(join(dir, 'outside'))).toEqual([])
      expect(sink.written).toBe(1)
      expect(problems).toMatchObject([{ message: expect.stringContaining('a file or a link, not a folder') }])
    },
  )

  test('reports each failure with its reason, a few one by one and the others as a number, and counts what was written', async () => {
    const reasons = ['EFBIG', 'ELOOP', 'EISDIR', 'ENAMETOOLONG', 'EACCES', 'EINVAL', 'EMLINK', 'EWHATEVER']
    const renameSync = (_from: fs.PathLike, to: fs.PathLike): void => {
      const code = /fails-([A-Z]+)/.exec(String(to))?.[1]
      if (code !== undefined) throw Object.assign(new Error(code), { code })
      fs.renameSync(_from, to)
    }
    const sink = await sinkFor({ startDisk: (setup) => diskHere(setup, { ...fs, renameSync }) })
    for (const reason of reasons) sink.whole(receivedFile(`fails-${reason}`, 'x'))
    for (let more = 1; more <= 12; more++) sink.whole(receivedFile(`fails-EACCES-${more}`, 'x'))
    sink.whole(receivedFile('good', 'x'))
    expect(await sink.close()).toEqual({ files: 1, bytes: 1 })
    expect(sink.written).toBe(1)
    expect(problems.map(({ message }) => message.replace(/^.*fails-/, ''))).toEqual([
      'EFBIG cannot be written: the file is larger than the disk, or the limit of this user, allows.',
      'ELOOP cannot be written: a link in the path goes round in circles.',
      'EISDIR cannot be written: a folder of that name is in the way.',
      'ENAMETOOLONG cannot be written: the name is too long for the disk.',
      'EACCES cannot be written: permission is denied.',
      'EINVAL cannot be written: the disk does not allow such a name.',
      'EMLINK cannot be written: the folder has too many entries.',
      'EWHATEVER cannot be written: the system reports EWHATEVER.',
      expect.stringMatching(/^12 more files cannot be written to .*out\.$/),
    ])
  })

  test('a folder that cannot be made is refused with its path', async () => {
    await writeFile(join(dir, 'file'), '')
    await expect(sinkFor({ at: join(dir, 'file/out') })).rejects.toMatchObject({
      error: { code: 'folder-not-writable', message: expect.stringContaining(join(dir, 'file/out')) },
    })
  })

  test('a full disk is reported once; written files stay and no temporary is left', async () => {
    let left = 300_000
    const writeSync = ((handle: number, bytes: Uint8Array, at: number, length: number) => {
      left -= length
      if (left >= 0) return fs.writeSync(handle, bytes, at, length)
      fs.writeSync(handle, bytes, at, length >> 1)
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    }) as typeof fs.writeSync
    const sink = await sinkFor({ startDisk: (setup) => diskHere(setup, { ...fs, writeSync }) })
    for (let number = 1; number <= 20; number++) sink.whole(receivedFile(`${number}.m4s`, new Uint8Array(50_000)))
    const { files, bytes } = await sink.close()
    expect({ files, bytes }).toEqual({ files: 6, bytes: 300_000 })
    expect(await everything()).toHaveLength(6)
    expect(problems).toMatchObject([{ code: 'disk-full', cause: expect.stringContaining('ENOSPC') }])
  })

  test('asks a fast source to wait while much is queued', async () => {
    const sink = await sinkFor()
    const big = new Uint8Array(8 * 1024 * 1024)
    expect(sink.busy()).toBeNull()
    for (let number = 0; number < 9; number++) sink.whole(receivedFile(`${number}`, big))
    const wait = sink.busy()
    expect(wait).not.toBeNull()
    await wait
    expect(sink.busy()).toBeNull()
    expect((await sink.close()).files).toBe(9)
  })
})
