import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FileUse, refuseClashes } from './file-clashes.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routescope-clash-'))
  writeFileSync(join(folder, 'x'), 'x')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const use =
  (writes: boolean, shape: FileUse['shape'], name: string) =>
  (path: string): FileUse => ({ path: path.startsWith('/') ? path : `${folder}/${path}`, writes, shape, name })
const input = use(false, 'file', 'the input')
const output = use(true, 'file', '--report')
const series = use(true, 'series', '--capture-out')
const out = use(true, 'folder', '--out')

/** `clash` with a sentence, or `none`. */
async function judge(...uses: FileUse[]): Promise<string> {
  try {
    await refuseClashes(uses)
    return 'none'
  } catch (error) {
    return (error as Error).message.replaceAll(folder, '')
  }
}

describe('refuseClashes', () => {
  it('knows a file by any spelling, link and hard link', async () => {
    symlinkSync('x', join(folder, 'soft'))
    linkSync(join(folder, 'x'), join(folder, 'hard'))
    symlinkSync('.', join(folder, 'here'))
    const spellings = ['x', './x', `../${basename(folder)}/x`, 'soft', 'hard', 'here/x', 'here/here/soft']
    for (const one of spellings)
      for (const other of spellings)
        expect(await judge(input(one), output(other)), `${one} ${other}`).toMatch(/written at once/)
    const there = relative(process.cwd(), `${folder}/x`)
    expect(await judge({ ...input('x'), path: there }, output('x'))).toMatch(/written at once/)
    expect(await judge(input('x'), output('y'))).toBe('none')
  })

  it('names both', async () => {
    expect(await judge(input('x'), output('x'))).toBe(
      '--report /x would overwrite the input /x: one file cannot be read and written at once.',
    )
    expect(await judge(output('x'), use(true, 'file', '--capture-out')('x'))).toBe(
      '--report /x and --capture-out /x are one file, which only one of them can write.',
    )
  })

  it('compares files that do not exist yet by their folder and name', async () => {
    symlinkSync('new', join(folder, 'dangling'))
    symlinkSync('.', join(folder, 'here'))
    expect(await judge(output('new'), output('here/new'))).toMatch(/one file/)
    expect(await judge(output('new'), output('dangling'))).toMatch(/one file/)
    expect(await judge(output('a/b/new'), output('here/a/b/new'))).toMatch(/one file/)
    expect(await judge(input('new'), output('./new'))).toMatch(/written at once/)
    expect(await judge(output('a/new'), output('b/new'))).toBe('none')
  })

  it.skipIf(process.platform === 'win32')('lets several write to a device', async () => {
    expect(await judge(output('/dev/null'), series('/dev/null'), output('/dev/null'))).toBe('none')
  })

  it('knows the files of a series', async () => {
    writeFileSync(join(folder, 'r_00002.pcapng'), '')
    linkSync(join(folder, 'r_00002.pcapng'), join(folder, 'other'))
    for (const read of ['r_00001.pcapng', 'r_00002.pcapng', 'r_123456.pcapng', 'other'])
      expect(await judge(input(read), series('r.pcapng')), read).toMatch(/written at once/)
    for (const read of ['r.pcapng', 'r_1.pcapng', 'x_00001.pcapng', 'r_00001.pcap'])
      expect(await judge(input(read), series('r.pcapng')), read).toBe('none')
    expect(await judge(series('r.pcapng'), output('r_00007.pcapng'))).toMatch(/one file/)
    expect(await judge(series('r.pcapng'), series('./r.pcapng'))).toMatch(/one file/)
  })

  it('keeps received files away from what is read and written', async () => {
    mkdirSync(join(folder, 'in', 'deep'), { recursive: true })
    expect(await judge(input('in'), out('in'))).toMatch(/written at once/)
    expect(await judge(input('in'), out('in/deep/new'))).toMatch(/--out .* lies in the input .*, which is read/)
    expect(await judge(input('in'), output('in/new'))).toMatch(/lies in the input/)
    expect(await judge(out('dump'), input('dump/service1/a.pcap'))).toMatch(/lies in --out .*, where received files/)
    expect(await judge(out('dump'), output('dump/service12/r.json'))).toMatch(/lies in --out/)
    expect(await judge(out('dump'), out('./dump'))).toMatch(/one file/)
    expect(await judge(out('dump'), out('dump/service1'))).toMatch(/lies in/)
    // Beside the services there is room.
    expect(await judge(out('.'), input('x'), output('r.json'), series('c.pcapng'))).toBe('none')
    expect(await judge(out('dump'), input('in'), output('dump/r.json'), out('dump2'))).toBe('none')
  })

  it('makes nothing under a name that is not UTF-8', async () => {
    expect(await judge(output('x\ufffd'))).toMatch(/bytes of its name are not UTF-8/)
    writeFileSync(join(folder, 'y\ufffd'), '')
    expect(await judge(output('y\ufffd'))).toBe('none')
  })

  it('judges the own outputs only, not those of others', async () => {
    await expect(refuseClashes([input('x')], [output('x')])).resolves.toBeUndefined()
    await expect(refuseClashes([output('x')], [input('x')])).rejects.toThrow(/overwrite the input/)
    await expect(refuseClashes([output('y')], [output('y')])).rejects.toThrow(/one file/)
  })
})
