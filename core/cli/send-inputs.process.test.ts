import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { inspect, routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
beforeAll(() => {
  mkdirSync(folder.at('two'))
  for (const name of ['one.bin', 'two.bin', 'two/a.bin', 'two/b.bin'])
    writeFileSync(folder.at(...name.split('/')), new Uint8Array(20_000).fill(name.length))
})
afterAll(() => folder.remove())

/** Sends into a capture. @param inputs with their properties */
async function sent(inputs: readonly string[], url: string, ...options: readonly string[]) {
  const file = folder.at(`${inputs.length}-${Math.random()}.pcapng`)
  const { status, stderr } = await routescope(['send', ...inputs, url, '--capture-out', file, ...options])
  return { status, stderr, file }
}

describe('what an input has of its own', () => {
  it('groups and ports of its media (groupAddress, groupPort), which receivers find by the signalling', async () => {
    const { status, stderr, file } = await sent(
      [`${folder.at('one.bin')}:#MCASTIP=239.255.13.9:#MCASTPort=7001`, folder.at('two.bin')],
      'atsc://239.255.13.8:6000',
    )
    expect(stderr).toMatch(/^Sent \d+ packets, 2 objects/m)
    expect(status).toBe(0)
    const { services } = await inspect(file)
    expect(services.map(({ destination }) => destination)).toEqual(['239.255.13.9:7001', '239.255.13.8:6001'])
    for (const { sessions } of services)
      expect(
        sessions.flatMap(({ channels }) => channels).filter(({ tsi, objects }) => tsi === 1 && objects[0]?.complete),
      ).toHaveLength(1)
  })

  it('no group and port that another has', async () => {
    const { status, stderr } = await sent(
      [`${folder.at('one.bin')}:#MCASTPort=6001`, folder.at('two.bin')],
      'atsc://239.255.13.8:6000',
    )
    expect(stderr).toMatch(/^routescope: Service 2 would be sent to 239\.255\.13\.8:6001, which is taken\./)
    expect(status).toBe(2)
  })

  it('a name of its file, with the type of that name, and times of its turns', async () => {
    const { file } = await sent(
      [`${folder.at('one.bin')}:#MCASTName=guide/\u00fcbersicht.html`],
      'route://239.255.13.8:6000',
      ...['--object-name', 'other.bin', '--repeat-every', '0.5', '--upload-over', '0.1', '--duration', '2'],
    )
    const { services } = await inspect(file)
    const objects =
      services[0]?.sessions.flatMap(({ channels }) => channels).find(({ tsi }) => tsi === 1)?.objects ?? []
    expect(objects.map(({ name, contentType, repeats }) => [name, contentType, repeats])).toEqual([
      ['guide/\u00fcbersicht.html', 'text/html', expect.any(Number)],
    ])
    expect(objects[0]?.repeats).toBeGreaterThan(2)
  })

  it('nothing that it cannot have: that is told', async () => {
    const manifest = join(DEMO_FOLDER, 'manifest.mpd')
    const media = await sent([`${manifest}:#MCASTUpload=1`], 'route://239.255.13.8:6000')
    expect(media.stderr).toMatch(
      /"Send files over" \(MCASTUpload\) changes nothing of .*manifest\.mpd: it is for plain files\./,
    )
    const two = await sent([`${folder.at('two')}:#MCASTName=one`], 'route://239.255.13.8:6000')
    expect(two.stderr).toMatch(/"Name of the file" \(MCASTName\) changes nothing of .*two: it is for one plain file\./)
  })
})
