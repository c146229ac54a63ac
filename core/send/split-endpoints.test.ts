import { describe, expect, it } from 'vitest'
import { AppFailure } from '../failure/app-failure.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { LLS_PORT, LLS_TABLE, parseLlsTable } from '../protocol/lls/lls-table.ts'
import { parseSlt } from '../protocol/lls/slt.ts'
import { broadcastOf, demoDash, demoHls, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { SplitEndpoints, type SplitMode } from './split-endpoints.ts'

const TARGET = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const

describe('a split broadcast', () => {
  it.each<[SplitMode, string[]]>([
    ['off', ['239.255.1.1:6000 0', '239.255.1.1:6000 10', '239.255.1.1:6000 20']],
    ['type', ['239.255.1.1:6000 0', '239.255.1.1:6001 10', '239.255.1.1:6002 20']],
    ['all', ['239.255.1.1:6000 0', '239.255.1.1:6001 10', '239.255.1.1:6002 20']],
    ['mcast', ['239.255.1.1:6000 0', '239.255.1.2:6001 10', '239.255.1.3:6001 20']],
  ])('%s: each TSI at its endpoint, and received whole', async (split, endpoints) => {
    for (const content of [await demoDash(), await demoHls()]) {
      const sent = await broadcastOf(content, { split })
      const used = sent.map(({ address, port, bytes }) => `${address}:${port} ${parseLctHeader(bytes).header.tsi}`)
      expect([...new Set(used)].sort()).toEqual(endpoints)
      const { files, lost } = receiveAll(sent, TARGET)
      expect([...files.keys()].filter((path) => path.endsWith('.m4s'))).toHaveLength(24)
      expect(lost).toEqual([])
    }
  })

  it('counts tracks of one kind once by type', () => {
    const endpoints = new SplitEndpoints('type', '239.1.1.1', 7001)
    const kinds = ['video', 'audio', 'video', 'audio', 'text'].map((contentType) => ({ contentType }) as never)
    const ports = endpoints.of({ address: '239.1.1.1', port: 7000 }, kinds).map(({ port }) => port)
    expect(ports).toEqual([7001, 7002, 7001, 7002, 7003])
  })

  it.each<[SplitMode, string, number]>([
    ['all', '239.1.1.1', 65_536],
    ['mcast', '239.255.255.255', 7000],
    ['mcast', 'ff15::1', 7000],
  ])('%s is refused where nothing follows %s, port %i', (mode, address, firstPort) => {
    const endpoints = new SplitEndpoints(mode, address, firstPort)
    const one = [{ contentType: 'video' } as never]
    expect(() => endpoints.of({ address, port: 1 }, one)).toThrow(AppFailure)
  })
})

it('signalling as text has no gzip bit and no gzip', async () => {
  const sent = await broadcastOf(await demoDash(), { plainSls: true, mtu: 9000 })
  const { header, headerBytes } = parseLctHeader(sent[0]?.bytes as Uint8Array)
  expect([header.tsi, Math.floor(header.toi / 2 ** 31)]).toEqual([0, 0])
  expect(Buffer.from(sent[0]?.bytes as Uint8Array).toString('latin1', headerBytes + 4)).toMatch(
    /^Content-Type: multipart/,
  )
  expect(receiveAll(sent, TARGET).files.has('service1/video-12.m4s')).toBe(true)
})

it('the SLT has the broadcast stream id', async () => {
  const sent = await broadcastOf(await demoDash(), { scheme: 'atsc', bsid: 4321 })
  const tables = sent.filter(({ port }) => port === LLS_PORT).map(({ bytes }) => parseLlsTable(bytes))
  const slt = tables.find(({ tableId }) => tableId === LLS_TABLE.slt)
  expect(parseSlt(slt?.body as Uint8Array).bsids).toEqual([4321])
})
