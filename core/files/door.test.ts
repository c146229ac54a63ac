import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FolderDoor, type NotReadable, openRegular, readRegular } from './door.ts'

let top = ''
let root = ''
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'routescope-door-'))
  root = join(top, 'root')
  mkdirSync(join(root, 'sub'), { recursive: true })
  writeFileSync(join(top, 'secret'), 'secret')
  writeFileSync(join(root, 'plain'), 'plain')
  writeFileSync(join(root, 'sub', 'deep'), 'deep')
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const refusal = (why: NotReadable['why'], message = /./): unknown =>
  expect.objectContaining({ why, message: expect.stringMatching(message) })

async function read(path: string): Promise<string> {
  return text(await (await FolderDoor.open(root)).read(path, 100))
}

describe('FolderDoor', () => {
  it('reads files below the folder', async () => {
    expect(await read('plain')).toBe('plain')
    expect(await read('sub/deep')).toBe('deep')
  })

  it.each(['../secret', '/etc/passwd', 'sub/../../secret', 'x\0', 'a\\b', '.', ''])(
    'refuses the path %j',
    async (path) => {
      await expect(read(path)).rejects.toEqual(refusal('outside'))
    },
  )

  it('follows links that stay below the folder, and no others', async () => {
    symlinkSync('../root/plain', join(root, 'inside'))
    symlinkSync('sub', join(root, 'folder'))
    symlinkSync(join(top, 'secret'), join(root, 'out'))
    symlinkSync('..', join(root, 'up'))
    symlinkSync('loop', join(root, 'loop'))
    linkSync(join(root, 'plain'), join(root, 'hard'))
    expect(await Promise.all(['inside', 'folder/deep', 'hard'].map(read))).toEqual(['plain', 'deep', 'plain'])
    await expect(read('out')).rejects.toEqual(refusal('outside', /leads out/))
    await expect(read('up/secret')).rejects.toEqual(refusal('outside', /leads out/))
    await expect(read('loop')).rejects.toEqual(refusal('system', /circles/))
    const door = await FolderDoor.open(root)
    await expect(door.find('out')).rejects.toEqual(refusal('outside'))
    expect(await door.find('inside')).toMatchObject({ sizeBytes: 5 })
  })

  it('takes a folder that begins with the same letters for another one', async () => {
    mkdirSync(join(top, 'root-other'))
    writeFileSync(join(top, 'root-other', 'x'), 'x')
    symlinkSync('../root-other/x', join(root, 'near'))
    await expect(read('near')).rejects.toEqual(refusal('outside'))
  })

  it('reads neither folders nor missing nor longer files', async () => {
    await expect(read('sub')).rejects.toEqual(refusal('folder', /is a folder/))
    await expect(read('plain/x')).rejects.toEqual(refusal('missing'))
    await expect((await FolderDoor.open(root)).read('plain', 4)).rejects.toEqual(refusal('system', /more than 4/))
    await expect(FolderDoor.open(join(root, 'nowhere'))).rejects.toEqual(refusal('missing'))
  })

  it.skipIf(process.platform === 'win32')('never waits for a pipe, nor opens a device', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    await expect(read('pipe')).rejects.toEqual(refusal('kind', /named pipe/))
    await expect(openRegular(join(root, 'pipe'))).rejects.toEqual(refusal('kind', /named pipe/))
    await expect(readRegular('/dev/null', 100)).rejects.toEqual(refusal('kind', /device/))
  })

  it('lists what may be read, and says why the rest may not', async () => {
    symlinkSync('sub', join(root, 'folder'))
    symlinkSync(join(top, 'secret'), join(root, 'out'))
    symlinkSync('.', join(root, 'self'))
    symlinkSync('gone', join(root, 'dangling'))
    const door = await FolderDoor.open(root)
    const { real, entries } = await door.list('')
    expect(entries).toEqual([
      { kind: 'left-out', name: 'dangling', problem: 'is a link to nothing' },
      { kind: 'folder', path: 'folder' },
      { kind: 'left-out', name: 'out', problem: 'is a link that leads out of the folder' },
      { kind: 'file', path: 'plain' },
      { kind: 'left-out', name: 'self', problem: 'is a link to a folder around it' },
      { kind: 'folder', path: 'sub' },
    ])
    expect((await door.list('folder', [real])).entries).toEqual([{ kind: 'file', path: 'folder/deep' }])
  })

  it.skipIf(process.platform !== 'linux')('leaves out names that are not UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${root}/sub/x`), Buffer.from([0xff])]), '')
    const { entries } = await (await FolderDoor.open(root)).list('sub')
    expect(entries).toEqual([
      { kind: 'file', path: 'sub/deep' },
      { kind: 'left-out', name: 'sub/x\ufffd', problem: 'has a name that is not UTF-8' },
    ])
  })

  it('remembers what was read', async () => {
    const door = await FolderDoor.open(root)
    await door.find('plain')
    await door.read('sub/deep', 10)
    expect(door.used()).toEqual([join(door.root, 'plain'), join(door.root, 'sub/deep')])
  })
})
