import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspect, routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
const inputs = ['one', 'two', 'three'].map((name) => folder.at(name))
beforeAll(() => {
  for (const input of inputs) {
    mkdirSync(input)
    writeFileSync(join(input, 'a.txt'), 'a file')
  }
})
afterAll(() => folder.remove())

/** The services of the SLT that a broadcast to atsc:// has. */
async function listed(name: string, named: readonly string[], options: readonly string[] = []) {
  const file = folder.at(`${name}.pcapng`)
  const sent = await routescope(['send', ...named, 'atsc://', '--capture-out', file, ...options])
  expect(sent.status, sent.stderr).toBe(0)
  const { lls, services } = await inspect(file)
  const slt = lls.find((table) => table.name === 'SLT')?.values as unknown as { services: Record<string, unknown>[] }
  return { slt: slt.services, services }
}

describe('the services of send to atsc://', () => {
  it('are listed as their properties say, each with its own', async () => {
    const [one = '', two = '', three = ''] = inputs
    const { slt, services } = await listed('own', [
      `${one}:#ServiceID=11:#ATSC3MajorChannel=9:#ATSC3MinorChannel=4:#ATSC3ShortServiceName=Première+`,
      `${two}:#ServiceName=Second:#ATSC3ServiceCat=4:#ATSC3hidden=true:#ATSC3hideInGuide=yes:#ATSC3configuration=Broadband`,
      three,
    ])
    expect(
      slt.map(({ serviceId, majorChannelNo, minorChannelNo }) => [serviceId, majorChannelNo, minorChannelNo]),
    ).toEqual([
      [11, 9, 4],
      [1, 2, 2],
      [2, 2, 3],
    ])
    expect(slt.map(({ shortServiceName }) => shortServiceName)).toEqual(['Premièr', 'Second', 'Svc 2'])
    expect(slt.map(({ serviceCategory, hidden, hideInGuide }) => [serviceCategory, hidden, hideInGuide])).toEqual([
      [3, false, false],
      [4, true, true],
      [3, false, false],
    ])
    expect(slt.map((each) => [each.configuration, each.broadbandAccessRequired])).toEqual([
      ['Broadcast', false],
      ['Broadband', true],
      ['Broadcast', false],
    ])
    expect(services.map(({ id, major, minor, category }) => [id, major, minor, category])).toEqual([
      [11, 9, 4, 3],
      [1, 2, 2, 4],
      [2, 2, 3, 3],
    ])
  })

  it('of plain files are applications: nobody misses a manifest', async () => {
    const files = folder.at('plain')
    mkdirSync(files, { recursive: true })
    writeFileSync(join(files, 'a.txt'), 'a')
    const file = folder.at('plain.pcap')
    await routescope(['send', files, 'atsc://239.255.90.9:5004', '--loop', '--duration', '8', '--capture-out', file])
    const { services, alarms } = await inspect(file)
    expect(services.map(({ category }) => category)).toEqual([3])
    expect(alarms.filter(({ severity }) => severity !== 'info')).toEqual([])
  })

  it('are all listed as the options say', async () => {
    const options = ['--major-channel', '7', '--minor-channel', '5', '--category', '2', '--hidden', '--hide-in-guide']
    const { slt } = await listed('all', inputs.slice(0, 1), [...options, '--short-name', 'Radio'])
    expect(slt).toMatchObject([
      {
        ...{ majorChannelNo: 7, minorChannelNo: 5, serviceCategory: 2, hidden: true, hideInGuide: true },
        shortServiceName: 'Radio',
      },
    ])
  })

  it.each([
    [
      'of no property',
      ':#ATSC3Major=3',
      /"ATSC3Major" is no property of an input; known are ServiceID, ServiceName, ATSC3/,
    ],
    [
      'of a wrong value',
      ':#ATSC3MajorChannel=x',
      /The property ATSC3MajorChannel of .* is "x"; it must be a whole number/,
    ],
    ['of a channel that there is not', ':#ATSC3MinorChannel=1000', /from 1 to 999/],
  ])('are refused for the name %s', async (_, property, message) => {
    const { status, stderr } = await routescope([
      'send',
      `${inputs[0]}${property}`,
      'atsc://',
      '--capture-out',
      folder.at('no'),
    ])
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(status).toBe(2)
  })
})

describe('the repair servers of an input to mabr://', () => {
  const repairServers = (servers: string, ...options: readonly string[]) => {
    const input = `${inputs[0]}:#MABRBaseURLs=${servers}`
    return routescope(['send', input, 'mabr://239.255.15.1:6000', '--mtu', '9000', '--capture-out', ...options])
  }

  it('are in the configuration with their weights, beside those of the broadcast', async () => {
    const file = folder.at('repair.pcapng')
    const { stderr, status } = await repairServers(
      '3;http://192.0.2.7/x/,-1;http://192.0.2.8/',
      file,
      '--repair-base',
      'http://a/',
    )
    expect(status, stderr).toBe(0)
    const [, parameters = ''] =
      /<UnicastRepairParameters[^>]*>(.*?)<\/Unicast/s.exec(readFileSync(file, 'latin1')) ?? []
    expect([...parameters.matchAll(/relativeWeight="(\d+)"[^>]*>([^<]*)/g)].map(([, ...each]) => each)).toEqual([
      ['1', 'http://a/'],
      ['3', 'http://192.0.2.7/x/'],
    ])
  })

  it('that are none are refused', async () => {
    const { stderr, status } = await repairServers('ftp://a/', folder.at('none.pcapng'))
    expect(stderr).toMatch(/^routescope: The repair servers of .* are "ftp:\/\/a\/"\. Write \[WEIGHT;\]URL .*\n$/)
    expect(status).toBe(2)
  })
})
