import { statSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { inspect, RunningProgram, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** More than the signalling and the beginning of each object: the media is on its way. */
const SOME_BYTES = 50_000

/** Waits until a file below the folder has grown to some size. */
async function grown(file: string): Promise<void> {
  const isThere = (): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= SOME_BYTES
  const changes = watch(folder.path)
  if (isThere()) return
  for await (const _ of changes) if (isThere()) return
}

describe('send that is stopped by the user', () => {
  it.each([
    ['route', 'route://239.255.41.1:6010'],
    ['mabr', 'mabr://239.255.41.1:6020'],
  ])('over %s ends what is on its way and closes every session: receivers lose nothing', async (name, url) => {
    const file = folder.at(`${name}.pcapng`)
    const to = [url, '--interface', '127.0.0.1', '--pace', 'real', '--capture-out', file, '--log', 'send@info']
    const program = new RunningProgram(['send', join(DEMO_FOLDER, 'manifest.mpd'), ...to, '--loop'])
    await program.printed('stderr', /Sending /)
    await grown(file)
    const { status, stderr } = await program.interrupt()
    expect(stderr).toMatch(/\nSent \d+ packets, \d+ objects\.\n$/)
    expect(status).toBe(130)
    const { totals, alarms, services } = await inspect(file)
    expect(Object.values(totals.losses).map(({ objects }) => objects)).toEqual([0, 0, 0, 0, 0])
    const sent = services.flatMap(({ sessions }) => sessions.flatMap(({ channels }) => channels))
    expect(sent.length).toBeGreaterThan(1)
    const states = sent.flatMap(({ objects }) => objects.map(({ state }) => state))
    expect(new Set(states)).toEqual(new Set(['complete']))
    const ended = alarms.filter(({ rule }) => rule === 'SESSION-CLOSED')
    // Video, audio and the signalling or configuration.
    expect(ended.length).toBe(3)
  })
})
