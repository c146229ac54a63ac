import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode, encode } from '@msgpack/msgpack'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { WireReply, WireRequest } from '../contract/engine-api.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { HeldPipe } from '../testing/held-pipe.ts'
import { routeFixture } from '../testing/make-fixtures.ts'
import { RunningProgram, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** Against hanging only: machines may be slow. */
const HANG_LIMIT = { timeout: 30_000 }

describe.skipIf(process.platform === 'win32')('the server of the interface (where there are named pipes)', () => {
  it('ends after the dump that it is writing, and says so', async () => {
    const capture = folder.at('demo.pcap')
    writeFileSync(capture, pcapOf(await routeFixture()))
    // The dump ends when the pipe is read, not before.
    const dir = folder.at('dump')
    mkdirSync(dir)
    const report = new HeldPipe(join(dir, 'report.json'))
    const program = new RunningProgram(['open', capture, '--no-window'])
    const [, address = ''] = await program.printed('stdout', /(http:\S+)/)
    const { host, search } = new URL(address)
    const socket = new WebSocket(`ws://${host}/engine${search}`)
    await new Promise((resolve) => socket.once('open', resolve))
    const listed = new Promise<WireReply>((resolve) =>
      socket.on('message', (bytes) => {
        const message = decode(bytes as Buffer) as WireReply
        if (message.id === 1) resolve(message)
      }),
    )
    socket.send(encode({ id: 1, command: 'listSessions', args: [] } satisfies WireRequest))
    const reply = await listed
    const [session] = reply.ok ? (reply.value as readonly { readonly sessionId: string }[]) : []
    if (session === undefined) throw new Error('the server has no session')
    socket.send(encode({ id: 2, command: 'dumpSession', args: [session.sessionId, dir] } satisfies WireRequest))
    await vi.waitFor(() => expect(existsSync(join(dir, 'service1'))).toBe(true), HANG_LIMIT)
    program.child.kill('SIGINT')
    await program.printed('stderr', /Writing the dump to \S+dump before the end/)
    await vi.waitFor(() => expect(report.json()).toHaveProperty('services'), HANG_LIMIT)
    expect((await program.ended).status).toBe(130)
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([])
    socket.terminate()
    report.close()
  })
})
