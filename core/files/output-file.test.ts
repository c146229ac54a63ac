import { execFileSync } from 'node:child_process'
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MediaFileWriter } from './media-file.ts'
import { OutputFile } from './output-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routescope-output-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const inUse = expect.objectContaining({ error: expect.objectContaining({ code: 'file-in-use' }) })

describe('OutputFile', () => {
  it('empties a file, for one writer at a time, whatever its name', async () => {
    const path = join(folder, 'x')
    writeFileSync(path, 'before')
    linkSync(path, join(folder, 'same'))
    const first = await OutputFile.open(path)
    expect(readFileSync(path, 'utf8')).toBe('before')
    await first.empty()
    await first.handle.write(Buffer.from('first'))
    await expect(OutputFile.open(path)).rejects.toEqual(inUse)
    await expect(OutputFile.open(join(folder, 'same'))).rejects.toEqual(inUse)
    expect(readFileSync(path, 'utf8')).toBe('first')
    await first.close()
    const second = await OutputFile.open(path)
    await second.empty()
    expect(readFileSync(path, 'utf8')).toBe('')
    await second.close()
  })

  it('leaves everything as it was when it is abandoned before the first write', async () => {
    const path = join(folder, 'x')
    writeFileSync(path, 'before')
    for (const name of ['x', 'new']) await (await OutputFile.open(join(folder, name))).abandon()
    expect(readdirSync(folder)).toEqual(['x'])
    expect(readFileSync(path, 'utf8')).toBe('before')
    symlinkSync('nothing', join(folder, 'dangling'))
    const through = await OutputFile.open(join(folder, 'dangling'))
    await through.empty()
    await through.close()
    expect(readdirSync(folder).sort()).toEqual(['dangling', 'nothing', 'x'])
  })

  it.skipIf(process.platform === 'win32')('does not wait for the reader of a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await expect(OutputFile.open(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'ENXIO' })
  })
})

describe('MediaFileWriter', () => {
  it('keeps what it is given as it was, in order, and writes it without being closed', async () => {
    const path = join(folder, 'x')
    const file = await MediaFileWriter.open(path)
    const wanted: number[] = []
    const memory = new Uint8Array(700_000)
    for (const [round, count] of [3, 700_000, 1, 699_999, 350_000].entries()) {
      memory.fill(round)
      file.write(memory, 0, count)
      for (let at = 0; at < count; at++) wanted.push(round)
    }
    expect(file.bytes).toBe(wanted.length)
    await expect.poll(() => file.waitingBytes).toBe(0)
    expect(readFileSync(path).length).toBe(wanted.length)
    memory.fill(9)
    file.write(memory, 10, 20)
    await file.close()
    const written = readFileSync(path)
    expect(Buffer.compare(written, Buffer.from([...wanted, ...new Array<number>(10).fill(9)]))).toBe(0)
  })
})
