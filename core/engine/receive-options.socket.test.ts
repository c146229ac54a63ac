import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Choices } from '../contract/choices.ts'
import type { PartSpec } from '../contract/session-spec.ts'
import { MulticastSender } from '../socket/multicast-sender.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { freePort } from '../testing/free-port.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { capturePart, livePart, partsFor, sessionOf } from '../testing/session-of.ts'
import { testPacket } from '../testing/test-session.ts'
import { Engine } from './engine.ts'
import type { Session } from './session.ts'

const LOOPBACK = '127.0.0.1'
const GROUP = '239.255.82.91'
const OTHER_GROUP = '239.255.82.92'
const folder = new TestFolder()
let engine: Engine
const closing: (() => Promise<void>)[] = []

beforeEach(() => {
  engine = new Engine({
    tempDir: folder.at('tmp'),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
})
afterEach(async () => {
  await engine.close()
  for (const close of closing.splice(0)) await close()
})
afterAll(() => folder.remove())

async function sender(): Promise<MulticastSender> {
  const made = await MulticastSender.open({ interface: LOOPBACK, ttl: 0 })
  closing.push(() => made.close())
  return made
}

/** A source with its chosen options, and the parts for the other choices. */
function live(id: string, url: string, choices: Choices): PartSpec[] {
  const on: Choices = { interfaces: [LOOPBACK], ...choices }
  return [livePart(id, url, on), ...partsFor(on)]
}

function start(...parts: readonly (readonly PartSpec[])[]): Promise<Session> {
  return engine.start(sessionOf(parts.flat()))
}

/**
 * Repeats sending until the condition is true: the first datagrams may arrive before the socket reads. Between two looks the session
 * has some time to itself, for joining hundreds of groups takes it many turns.
 */
async function until(session: Session, send: () => void, reached: () => boolean): Promise<void> {
  while (!reached()) {
    send()
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (session.snapshot().phase !== 'running') throw new Error(`the session is ${session.snapshot().phase}`)
  }
}

const object = (toi: number): Uint8Array =>
  testPacket({ tsi: 10, toi, length: 3, offset: 0, closeObject: true, payload: Uint8Array.of(1, 2, 3) })

describe('--timeout', () => {
  it('ends a session that receives nothing, and names what was joined', async () => {
    const port = await freePort()
    const session = await start(live('a', `route://${GROUP}:${port}`, { timeoutS: 0.2 }))
    await session.done
    expect(session.failure()).toMatchObject({
      code: 'nothing-received',
      message: expect.stringContaining(`${GROUP}:${port} on 127.0.0.1`),
    })
  })

  it('ends a session that fell silent, and that is no failure', async () => {
    const port = await freePort()
    const session = await start(live('a', `route://${GROUP}:${port}`, { timeoutS: 1 }))
    const sending = await sender()
    await until(
      session,
      () => sending.send(GROUP, port, object(1)),
      () => session.summary().objects > 0,
    )
    await session.done
    expect(session.failure()).toBeNull()
    expect(session.snapshot().phase).toBe('finished')
  })

  it('is a tune-in failure where only the list of services arrives', async () => {
    const port = await freePort()
    const session = await start(live('a', 'atsc://', { timeoutS: 1, services: [7] }))
    const sending = await sender()
    const xml = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="1"><Service serviceId="7" shortServiceName="Seven"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="${OTHER_GROUP}" slsDestinationUdpPort="${port}"/></Service></SLT>`
    const slt = Uint8Array.from([1, 0, 0, 1, ...gzipSync(xml)])
    const repeat = setInterval(() => sending.send('224.0.23.60', 4937, slt), 50)
    await session.done
    clearInterval(repeat)
    expect(session.failure()).toMatchObject({
      code: 'nothing-received',
      message: `atsc:// lists its services, but nothing arrived from 7 "Seven" on ${OTHER_GROUP}:${port}.`,
    })
  })

  it('ends a scan when no new service has been listed for that time', async () => {
    const session = await start(live('a', 'atsc://', { timeoutS: 1, services: 'scan' }))
    const sending = await sender()
    const xml = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="1"><Service serviceId="7"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="${OTHER_GROUP}" slsDestinationUdpPort="6000"/></Service></SLT>`
    const slt = Uint8Array.from([1, 0, 0, 1, ...gzipSync(xml)])
    const repeat = setInterval(() => sending.send('224.0.23.60', 4937, slt), 50)
    await session.done
    clearInterval(repeat)
    expect(session.failure()).toBeNull()
    expect(session.snapshot().services).toEqual([expect.objectContaining({ id: 7, state: 'not-joined' })])
    expect(session.snapshot().source.sockets.map(({ destination }) => destination)).toEqual(['224.0.23.60:4937'])
  })
})

describe('a hostile list of services', () => {
  it('joins groups only, no more than the bound, and tells what it left out', async () => {
    const port = await freePort()
    const session = await start(live('a', 'atsc://', { services: 'all' }))
    const sending = await sender()
    const service = (id: number, address: string, on: number): string =>
      `<Service serviceId="${id}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="${address}" slsDestinationUdpPort="${on}"/></Service>`
    const hostile = ['tracker.example', '127.0.0.1', '255.255.255.255', '224.0.0.1', '10.0.0.1'].map((address, at) =>
      service(at + 1, address, port),
    )
    const groups = Array.from({ length: 300 }, (_, at) =>
      service(100 + at, `239.255.${77 + (at >> 8)}.${at & 255}`, port),
    )
    const xml = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="78">${hostile.join('')}${groups.join('')}</SLT>`
    const slt = Uint8Array.from([1, 0, 0, 1, ...gzipSync(xml)])
    const joined = (): string[] => session.snapshot().source.sockets.map(({ destination }) => destination)
    await until(
      session,
      () => sending.send('224.0.23.60', 4937, slt),
      () => joined().length >= 256,
    )
    expect(joined()).toHaveLength(256)
    expect(joined().filter((destination) => !/^(?:239\.255\.|224\.0\.23\.60:)/.test(destination))).toEqual([])
    const { alarms } = session.snapshot()
    expect(alarms.filter(({ rule }) => rule === 'SIG-ADDRESS')).toHaveLength(hostile.length)
    expect(alarms.filter(({ rule }) => rule === 'LIMIT-SESSIONS')).toHaveLength(1)
    await session.stop()
  })
})

describe('--keep-alive', () => {
  it('waits for a service that fell silent, but not for one that never arrived', async () => {
    const port = await freePort()
    const choices = { timeoutS: 0.8, keepAlive: true }
    const never = await start(live('a', `route://${OTHER_GROUP}:${port}`, choices))
    const session = await start(live('a', `route://${GROUP}:${port}`, choices))
    const sending = await sender()
    await until(
      session,
      () => sending.send(GROUP, port, object(1)),
      () => session.summary().objects > 0,
    )
    await never.done
    expect(never.failure()).toMatchObject({ code: 'nothing-received' })
    // A second session with the same timeout starts and ends meanwhile: the kept one had the time to end.
    const measure = await start(live('a', `route://${OTHER_GROUP}:${port}`, { timeoutS: 1.6 }))
    await measure.done
    expect(session.snapshot().phase).toBe('running')
    await until(
      session,
      () => sending.send(GROUP, port, object(2)),
      () => session.summary().objects > 1,
    )
    await session.stop()
    expect(session.failure()).toBeNull()
  })
})

describe('--interface and --buffer', () => {
  it('are applied to each socket, and the granted size is shown', async () => {
    const port = await freePort()
    const choices = { interfaces: [LOOPBACK], bufferBytes: 8192 }
    const session = await start(live('a', `route://${GROUP}:${port}`, choices))
    expect(session.snapshot().source.sockets).toEqual([
      expect.objectContaining({
        destination: `${GROUP}:${port}`,
        interface: expect.stringContaining(LOOPBACK),
        askedBufferBytes: 8192,
        grantedBufferBytes: expect.any(Number),
        reading: expect.stringMatching(/^(?:in batches, with the kernel's arrival times|one by one \(.+\))$/),
      }),
    ])
    const granted = session.snapshot().source.sockets[0]?.grantedBufferBytes ?? 0
    expect(granted).toBeLessThan(65_536)
  })

  it('an interface that is not there is refused before anything starts', async () => {
    const start1 = start(live('a', `route://${GROUP}:6000`, { interfaces: [LOOPBACK, '203.0.113.9'] }))
    await expect(start1).rejects.toMatchObject({ error: { code: 'address-not-local' } })
  })
})

describe('several sources at once', () => {
  it('are one session: services in order, one report, one folder', async () => {
    const port = await freePort()
    const sources = [live('a', `route://${GROUP}:${port}`, {}), live('b', `route://${OTHER_GROUP}:${port}`, {})]
    const session = await start(...sources, partsFor({ out: folder.at('two') }))
    const sending = await sender()
    await until(
      session,
      () => {
        sending.send(GROUP, port, object(1))
        sending.send(OTHER_GROUP, port, object(1))
      },
      () => session.summary().objects > 1,
    )
    await session.stop()
    const report = session.contents.report()
    expect(report.source).toMatchObject({
      kind: 'multicast',
      name: `route://${GROUP}:${port} route://${OTHER_GROUP}:${port}`,
    })
    expect(report.services.map(({ id, destination }) => [id, destination])).toEqual([
      [1, `${GROUP}:${port}`],
      [2, `${OTHER_GROUP}:${port}`],
    ])
  })

  it('a capture plays in real time beside a multicast', async () => {
    const port = await freePort()
    const short = (await routeFixture()).slice(0, 40)
    const from = short[0]?.timeUs ?? 0
    writeFileSync(folder.at('short.pcap'), pcapOf(short.map((one, at) => ({ ...one, timeUs: from + at * 1000 }))))
    const session = await start(live('live', `route://${GROUP}:${port}`, { timeoutS: 1 }), [
      capturePart('capture', [folder.at('short.pcap')], { pace: 'real' }),
    ])
    const sending = await sender()
    await until(
      session,
      () => sending.send(GROUP, port, object(1)),
      () => session.contents.report().flows.length > 1,
    )
    await session.done
    expect(session.failure()).toBeNull()
    expect(session.contents.report().services.map(({ destination }) => destination)).toEqual([
      `${GROUP}:${port}`,
      '239.255.1.1:6000',
    ])
  })
})
