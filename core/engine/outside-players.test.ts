import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openOutside, outsidePlayers } from './outside-players.ts'

const URL = 'http://127.0.0.1:18490/service1/a b.mpd'

describe.skipIf(process.platform === 'win32')('another player', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'routescope-players-test-'))
    vi.stubEnv('PATH', `relative:${folder}`)
    await writeFile(
      join(folder, 'mpv'),
      `#!/bin/sh\nprintf '%s' "$*" > '${folder}/asked.tmp'\n/bin/mv '${folder}/asked.tmp' '${folder}/asked'\n`,
      { mode: 0o755 },
    )
    await writeFile(join(folder, 'vlc'), 'no program', { mode: 0o644 })
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true, force: true })
  })

  it('is offered where it is installed, and gets the address', async () => {
    expect(await outsidePlayers()).toEqual(['mpv'])
    await openOutside('mpv', URL)
    await expect.poll(() => readFile(join(folder, 'asked'), 'utf8').catch(() => null)).toBe(URL)
  })

  it.each(['vlc', 'sh', '../mpv', `${'x'.repeat(500)}`])('%s is no player that can be started', async (name) => {
    await expect(openOutside(name, URL)).rejects.toMatchObject({ error: { code: 'program-missing' } })
  })
})
