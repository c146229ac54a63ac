import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withFolderLock } from './folder-lock.mjs'

/** Larger than any process id of Linux. */
const DEAD_PID = 2 ** 30

describe('withFolderLock', () => {
  let folder: string
  let lock: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'))
    lock = join(folder, 'lock')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('runs one at a time and returns results', async () => {
    let inside = 0
    const work = async () => {
      inside += 1
      expect(inside).toBe(1)
      await new Promise((done) => setImmediate(done))
      inside -= 1
      return 'done'
    }
    const all = [1, 2, 3].map(() => withFolderLock(lock, 60_000, work))
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done'])
    expect(existsSync(lock)).toBe(false)
  })

  test('is free again after a failure', async () => {
    await expect(withFolderLock(lock, 0, () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk')
    expect(existsSync(lock)).toBe(false)
  })

  test('takes over from an owner that ended', async () => {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(DEAD_PID))
    expect(await withFolderLock(lock, 60_000, async () => 7)).toBe(7)
  })

  test('takes over from an owner that crashed before it wrote its id', async () => {
    mkdirSync(lock)
    utimesSync(lock, new Date(0), new Date(0))
    expect(await withFolderLock(lock, 60_000, async () => 7)).toBe(7)
  })

  test('stops waiting for a live owner and names the lock', async () => {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(process.pid))
    await expect(withFolderLock(lock, 0, async () => 7)).rejects.toThrow(lock)
    expect(existsSync(lock)).toBe(true)
  })
})
