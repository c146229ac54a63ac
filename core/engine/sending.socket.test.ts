import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Choices } from '../contract/choices.ts'
import type { SendInput, SendRequest } from '../contract/send-request.ts'
import { freePort } from '../testing/free-port.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { Engine } from './engine.ts'

/** Against hanging only. */
const LONG = { timeout: 60_000 }
const folder = new TestFolder()
let engine: Engine
beforeEach(() => {
  engine = new Engine({ tempDir: folder.at('tmp'), defaultDumpDir: folder.at('d'), demoDir: DEMO_FOLDER, version: '0' })
})
afterEach(() => engine.close())
afterAll(() => folder.remove())

const inputs = (input: string, own: Choices = {}): SendInput[] => [{ input, own }]
const twice = (): SendInput[] => [...inputs('demo:', { ownServiceId: 7 }), ...inputs('demo:', { ownServiceId: 7 })]

const request = async (change: Partial<SendRequest> = {}): Promise<SendRequest> => ({
  inputs: inputs('demo:'),
  destination: `route://239.255.41.2:${await freePort()}`,
  choices: { outInterface: '127.0.0.1' },
  receiveBack: false,
  ...change,
})

describe('before sending', () => {
  it('tells the services, channels and planned rates, and sends nothing', async () => {
    const asked = await request({
      inputs: [inputs('demo:'), inputs(join(DEMO_FOLDER, 'master.m3u8'))].flat(),
      destination: 'atsc://',
    })
    const { services, notes } = await engine.checkSending(asked)
    expect(services.map(({ id, content, durationUs, repeats }) => ({ id, content, durationUs, repeats }))).toEqual([
      { id: 1, content: 'dash', durationUs: 24_000_000, repeats: false },
      { id: 2, content: 'hls', durationUs: 24_000_000, repeats: false },
    ])
    for (const { channels } of services) {
      expect(channels.map(({ tsi, contentType }) => [tsi, contentType])).toEqual([
        [10, 'video'],
        [20, 'audio'],
      ])
      expect(channels.every(({ plannedBps, packets }) => Number(plannedBps) > 10_000 && packets === 0)).toBe(true)
    }
    expect(notes.map(({ level }) => level)).toEqual(['warning'])
    expect(notes[0]?.message).toMatch(/no MPD, as this one of HLS/)
    expect(engine.sessions()).toEqual([])
  })

  it('tells what of a folder is not sent', async () => {
    mkdirSync(folder.at('empty-files'))
    writeFileSync(folder.at('empty-files', 'a.bin'), 'a')
    writeFileSync(folder.at('empty-files', 'none.bin'), '')
    const { services, notes } = await engine.checkSending(await request({ inputs: inputs(folder.at('empty-files')) }))
    expect(services[0]).toMatchObject({ content: 'files', channels: [{ tsi: 1, representation: null }] })
    expect(notes.map(({ message }) => message).join()).toMatch(/empty ones: "none\.bin"/)
  })

  it.each([
    [{ inputs: inputs('/nowhere/at/all.mpd') }, 'file-not-found'],
    [{ inputs: inputs('demo:', { majorChannel: 0 }) }, 'bad-spec'],
    [{ inputs: twice(), destination: 'mabr://239.255.41.2:6000' }, 'bad-spec'],
    [{ destination: 'route://239.255.41.2' }, 'bad-url'],
    [{ choices: { mtu: -3 } }, 'bad-spec'],
  ])('refuses %j as sending does', async (change, code) => {
    const asked = await request(change)
    await expect(engine.checkSending(asked)).rejects.toMatchObject({ error: { code } })
    await expect(engine.send(asked)).rejects.toMatchObject({ error: { code } })
  })
})

describe('a session that sends', () => {
  it('counts per channel, and receives back all of what it sends, up to its end when it is stopped', async () => {
    const session = await engine.send(await request({ receiveBack: true }))
    const whole = new Promise<void>((resolve) => session.onFile(({ name }) => /-2\.m4s$/.test(name) && resolve()))
    await whole
    await session.stop()
    const [sent] = session.all('broadcast')
    const channels = sent?.services[0]?.channels ?? []
    expect(channels).toHaveLength(2)
    for (const { packets, bytes, objects } of channels) {
      expect(packets).toBeGreaterThan(1)
      expect(bytes).toBeGreaterThan(packets)
      expect(objects).toBeGreaterThan(0)
    }
    const media = channels.reduce((sum, { packets }) => sum + packets, 0)
    expect(media).toBeLessThan(sent?.packets ?? 0)
    const back = session.all('selfLoop')[0]
    expect(back?.channels.map(({ tsi }) => tsi)).toEqual([0, 10, 20])
    const out = back?.objects.filter(({ outUs }) => outUs !== null) ?? []
    expect(out.filter(({ state }) => state !== 'equal' && state !== 'late')).toEqual([])
    expect(out.filter(({ name }) => /-\d\.m4s$/.test(name ?? '')).length).toBeGreaterThan(2)
    expect(back?.strange).toBe(0)
    expect(session.problems()).toEqual([])
  })

  it('loses packets from when its loss model is turned up until it is turned off, and matches all the rest', async () => {
    const session = await engine.send(await request({ receiveBack: true }))
    const loop = () => session.all('selfLoop')[0]
    const one = (name: RegExp) =>
      new Promise<void>((resolve) => session.onFile((file) => name.test(file.name) && resolve()))
    await one(/-1\.m4s$/)
    session.setLoss('100x0')
    const wentOut = () => {
      const [sent] = session.all('broadcast')
      return [sent, ...(sent?.services[0]?.channels ?? [])].map((each) => [each?.packets, each?.bytes])
    }
    const before = wentOut()
    await vi.waitFor(() => expect(session.all('broadcast')[0]).toMatchObject({ loss: '100x0' }))
    await vi.waitFor(() => expect(session.all('broadcast')[0]?.keptBack).toBeGreaterThan(20), LONG)
    // What is kept back counts nowhere as sent.
    expect(before).toHaveLength(3)
    expect(wentOut()).toEqual(before)
    session.setLoss('0x100')
    await one(/\.m4s$/)
    await session.stop()
    const { equal, late, incomplete, lost, differs, coming } = loop()?.counts ?? {}
    expect(Number(equal) + Number(late)).toBeGreaterThan(2)
    expect(Number(incomplete) + Number(lost)).toBeGreaterThan(0)
    expect([differs, coming]).toEqual([0, 0])
    // The session knows who lost them.
    const losses = session
      .all('alarms')
      .flat()
      .filter(({ cause }) => cause !== null)
    expect(losses.map(({ cause }) => cause)).not.toContain('network')
    expect(losses.map(({ evidence }) => evidence).join()).toMatch(
      /the loss model of this session kept \d+ of its packets back/,
    )
    expect(() => session.setLoss('many')).toThrow(/no two percentages/)
  })
})
