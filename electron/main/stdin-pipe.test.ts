import { createReadStream, existsSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { StdinPipe } from './stdin-pipe.ts'

describe.skipIf(process.platform === 'win32')('standard input as a named pipe (where there are named pipes)', () => {
  it('gives the reader all bytes, and is gone afterwards', async () => {
    const pipe = StdinPipe.create()
    expect(pipe).not.toBeNull()
    if (pipe === null) return
    expect(statSync(pipe.path).isFIFO()).toBe(true)
    const pieces = [Buffer.alloc(100_000, 1), Buffer.alloc(50_000, 2)]
    const relayed = pipe.relay(Readable.from(pieces))
    const read: Buffer[] = []
    for await (const piece of createReadStream(pipe.path)) read.push(piece as Buffer)
    await relayed
    expect(Buffer.compare(Buffer.concat(read), Buffer.concat(pieces))).toBe(0)
    expect(existsSync(pipe.path)).toBe(false)
  })

  it('ends where the reader closes it first', async () => {
    const pipe = StdinPipe.create()
    if (pipe === null) throw new Error('no pipe')
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(65_536))
      },
    })
    const relayed = pipe.relay(endless)
    const reader = createReadStream(pipe.path)
    await new Promise((resolve) => reader.once('data', resolve))
    reader.destroy()
    await relayed
    expect(existsSync(pipe.path)).toBe(false)
  })
})
