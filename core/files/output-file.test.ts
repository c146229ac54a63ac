import { execFileSync } from 'node:child_process'
import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
    await first.handle.write(Buffer.from('first'))
    await expect(OutputFile.open(path)).rejects.toEqual(inUse)
    await expect(OutputFile.open(join(folder, 'same'))).rejects.toEqual(inUse)
    expect(readFileSync(path, 'utf8')).toBe('first')
    await first.close()
    const second = await OutputFile.open(path)
    expect(readFileSync(path, 'utf8')).toBe('')
    await second.close()
  })

  it.skipIf(process.platform === 'win32')('does not wait for the reader of a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await expect(OutputFile.open(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'ENXIO' })
  })
})
