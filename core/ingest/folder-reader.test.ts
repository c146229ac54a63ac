import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FolderDoor } from '../files/door.ts'
import { folderReader } from './folder-reader.ts'

const SIZE = 100_000

describe('files of a folder', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder-reader-'))
    for (const [name, value] of [
      ['a', 1],
      ['b', 2],
    ] as const)
      await writeFile(join(folder, name), new Uint8Array(SIZE).fill(value))
    await writeFile(join(folder, 'short'), new Uint8Array(SIZE - 1000).fill(3))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('are read into the memory of those that are not needed any more', async () => {
    const reader = folderReader(await FolderDoor.open(folder))
    const first = await reader.read('a', SIZE)
    const second = await reader.read('b', SIZE)
    expect(isAll(first, SIZE, 1)).toBe(true)
    expect(isAll(second, SIZE, 2)).toBe(true)
    reader.reuse?.(first)
    const third = await reader.read('short', SIZE - 1000)
    expect(third.buffer).toBe(first.buffer)
    expect(isAll(third, SIZE - 1000, 3)).toBe(true)
    expect(isAll(second, SIZE, 2)).toBe(true)
  })

  it('leave their memory to the next where they cannot be read', async () => {
    const reader = folderReader(await FolderDoor.open(folder))
    reader.reuse?.(await reader.read('a', SIZE))
    await expect(reader.read('short', SIZE)).rejects.toMatchObject({ error: { code: 'input-unusable' } })
    expect(isAll(await reader.read('b', SIZE), SIZE, 2)).toBe(true)
  })
})

/** Whether a file has so many bytes of one value. */
function isAll(bytes: Uint8Array, sizeBytes: number, value: number): boolean {
  return bytes.length === sizeBytes && bytes.every((each) => each === value)
}
