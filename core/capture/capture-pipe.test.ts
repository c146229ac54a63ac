import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { TestFolder } from '../testing/program.ts'
import { openCapturePipe } from './capture-pipe.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())
const posix = process.platform !== 'win32'

const makePipe = (path: string) => spawnSync('sh', ['-c', 'mkfifo "$0"', path])

async function allOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of chunks) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

describe.skipIf(!posix)(`a named pipe${posix ? '' : ' (skipped: no named pipes here)'}`, () => {
  it('is read from its writer, which may open it later, to its end', async () => {
    const path = folder.at('fifo')
    makePipe(path)
    const connection = await openCapturePipe(path)
    expect(connection).toMatchObject({ ends: true, about: null })
    const text = allOf(connection.chunks)
    const writer = await open(path, 'w')
    await writer.write('one ')
    await writer.write('two')
    await writer.close()
    expect(await text).toBe('one two')
  })

  it('can be closed while it has no writer', async () => {
    const path = folder.at('silent')
    makePipe(path)
    const connection = await openCapturePipe(path)
    const text = allOf(connection.chunks)
    connection.close()
    expect(await text).toBe('')
  })

  it('is read from another program', async () => {
    const path = folder.at('program')
    makePipe(path)
    const connection = await openCapturePipe(path)
    spawn('sh', ['-c', `for i in 1 2 3; do echo $i; done > ${path}`])
    expect(await allOf(connection.chunks)).toBe('1\n2\n3\n')
  })
})

it('reads a file too, and reports a missing one', async () => {
  writeFileSync(folder.at('plain'), 'plain')
  expect(await allOf((await openCapturePipe(folder.at('plain'))).chunks)).toBe('plain')
  await expect(openCapturePipe(folder.at('none'))).rejects.toMatchObject({ error: { code: 'file-not-found' } })
})
