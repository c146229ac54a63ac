import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Report } from '../contract/report.ts'
import type { Flow } from '../flow/datagrams.ts'
import { ObserverTee } from '../flow/tee.ts'
import type { Alarm } from '../inspect/rules/alarm.ts'
import { Judge } from '../inspect/rules/judge.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { content, type TestPacket, testFlow, testPacket } from '../testing/test-session.ts'
import { Receiver } from './receiver.ts'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)
const gzip = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes))
const LLS = testFlow(LLS_ADDRESS, LLS_PORT, 1)
const GOOD = testFlow('239.255.1.1', 5000, 2)
const BAD = testFlow('239.255.1.2', 5000, 3)
const STSID = text(
  '<S-TSID><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="v_$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>',
)
const LIMITS = { memoryBytes: 32 << 20, objectBytes: 8 << 20, unpackedBytes: 4 << 20 }

/** A good service with a segment now and then, and a flooding sender beside it. Stores little itself. */
class Flooded {
  readonly columns = new SessionColumns({ hash: false, maxRows: 50_000 })
  readonly services = new Set<number>()
  readonly receiver: Receiver
  channels = 0
  fragments = 0
  timeUs = 1_000_000_000_000_000
  readonly #segments: { name: string; bytes: Uint8Array }[] = []
  readonly #first = new Map<string, Alarm>()
  #sent = 0
  #frame = 0

  constructor() {
    const judge = new Judge((alarm) => void (this.#first.has(alarm.rule) || this.#first.set(alarm.rule, alarm)))
    const observer = new ObserverTee(this.columns, {
      channelSeen: () => void this.channels++,
      slsFragment: () => void this.fragments++,
      serviceChanged: (service) => void this.services.add(service.id),
      found: (finding) => judge.found(finding),
    })
    this.receiver = new Receiver(
      { targets: [{ kind: 'discover' }], receive: { ...DEFAULT_RECEIVE, services: 'all' }, limits: LIMITS },
      {
        holds: true,
        whole: ({ serviceId, lane, name, lease }) => {
          if (serviceId === 1 && lane === 'tsi10') this.#segments.push({ name, bytes: lease.bytes })
        },
      },
      observer,
    )
    const slt = `<SLT bsid="1"><Service serviceId="1" sltSvcSeqNum="0" serviceCategory="1"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="${GOOD.destinationAddress}" slsDestinationUdpPort="5000"/></Service></SLT>`
    this.datagram(Uint8Array.from([1, 0, 0, 1, ...gzip(text(slt))]), LLS)
    this.sendObject({ tsi: 0, toi: 0x8002_0001, codepoint: 3 }, STSID, GOOD)
  }

  /** One datagram, 1 ms after the last. */
  datagram(bytes: Uint8Array, flow: Flow, afterUs = 1000): void {
    this.timeUs += afterUs
    this.receiver.datagram(flow, bytes, 0, bytes.length, this.timeUs, ++this.#frame)
  }

  send(packet: TestPacket, flow: Flow): void {
    this.datagram(testPacket(packet), flow)
  }

  sendObject(packet: TestPacket, bytes: Uint8Array, flow: Flow): void {
    for (let offset = 0; offset < bytes.length; offset += 1400) {
      this.send({ length: bytes.length, ...packet, offset, payload: bytes.subarray(offset, offset + 1400) }, flow)
    }
  }

  segment(): void {
    const toi = ++this.#sent
    this.sendObject({ tsi: 10, toi }, content(3000, toi), GOOD)
  }

  raises(rule: string): boolean {
    return this.#first.has(rule)
  }

  report(): Report {
    const totals = { frames: 0, udp: 0, bytes: 0, fragmentsDropped: 0 }
    return this.columns.views.report({ kind: 'capture', name: 'flood', firstTime: null, lastTime: null }, totals)
  }

  /** The good service delivered every byte, and no memory is in use at the end. */
  untouched(): void {
    expect(this.#segments.map(({ name }) => name)).toEqual(
      Array.from({ length: this.#sent }, (_, at) => `v_${at + 1}.m4s`),
    )
    for (const [at, { bytes }] of this.#segments.entries()) {
      expect(Buffer.from(bytes).equals(content(3000, at + 1))).toBe(true)
    }
    expect(this.receiver.usedBytes).toBeLessThanOrEqual(LIMITS.memoryBytes)
    expect(this.#first.get('INTERNAL')).toBeUndefined()
    this.receiver.close(this.timeUs)
    expect(this.receiver.usedBytes).toBe(0)
  }

  /** The rule is in the report, with the frame of its first example; and the report stays short. */
  raised(rule: string): void {
    const first = this.#first.get(rule)
    expect(first, `${rule} among ${[...this.#first.keys()].join(' ')}`).toBeDefined()
    expect(first?.frame).toBeGreaterThan(0)
    const { alarms } = this.report()
    expect(alarms.some((alarm) => alarm.rule === rule && alarm.text.includes(`frame ${first?.frame}`))).toBe(true)
    expect(alarms.length).toBeLessThan(2000)
  }
}

/** Only against hanging: a million datagrams may take minutes on a busy machine. */
const LONG_RUN = { timeout: 900_000 }

describe('floods leave the rest of the session untouched', LONG_RUN, () => {
  it('a million TOIs that are opened and never closed', () => {
    const session = new Flooded()
    const packet = testPacket({ tsi: 20, toi: 0, length: 4000, payload: content(40) })
    const view = new DataView(packet.buffer)
    for (let toi = 1; toi <= 1_000_000; toi++) {
      view.setUint32(12, toi)
      session.datagram(packet, GOOD, 10)
      if (toi % 100_000 === 0) session.segment()
    }
    session.raised('LIMIT-OPEN')
    session.untouched()
  })

  it('a packet on each of a hundred thousand TSIs', () => {
    const session = new Flooded()
    for (let tsi = 100; tsi < 100_100; tsi++) {
      session.send({ tsi, toi: 1, length: 4000, payload: content(20) }, BAD)
      if (tsi % 10_000 === 0) session.segment()
    }
    session.raised('LIMIT-CHANNELS')
    session.untouched()
    expect(session.channels).toBeLessThan(1000)
  })

  it('lengths up to 2^48', () => {
    const session = new Flooded()
    for (let at = 0; at < 2000; at++) {
      // EXT_TOL with 48 bits.
      const packet = new Uint8Array(16 + 8 + 4 + 20)
      packet.set([0x12, 0xa0, 6, 8])
      const view = new DataView(packet.buffer)
      view.setUint32(8, 20)
      view.setUint32(12, at)
      packet.set([67, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 16)
      view.setUint32(24, at % 2 === 0 ? 0 : 0xffff_ff00)
      session.datagram(packet, at % 3 === 0 ? GOOD : BAD)
      if (at % 500 === 0) session.segment()
    }
    session.raised('LIMIT-OBJECT')
    session.untouched()
  })

  it('a gzip bomb as LLS, as SLS and as an object', () => {
    const session = new Flooded()
    const bomb = gzip(new Uint8Array(64 << 20))
    for (let round = 0; round < 5; round++) {
      session.datagram(Uint8Array.from([1, 1, 0, round, ...bomb.subarray(0, 60_000)]), LLS)
      session.sendObject({ tsi: 0, toi: 0x8002_0002 + round, codepoint: 3 }, bomb, GOOD)
      session.sendObject({ tsi: 30, toi: 0, codepoint: 8 }, bomb, BAD)
      session.segment()
    }
    session.raised('SLS-GZIP')
    session.untouched()
  })

  it('XML that expands or nests without end', () => {
    const session = new Flooded()
    const laughs = text(
      `<!DOCTYPE a [<!ENTITY a "ha">${Array.from({ length: 20 }, (_, at) => `<!ENTITY a${at} "${`&a${at - 1};`.repeat(10)}">`).join('')}]><S-TSID>&a19;</S-TSID>`,
    )
    const deep = text(`<S-TSID>${'<a>'.repeat(100_000)}`)
    const wide = text(`<S-TSID>${'<a/>'.repeat(600_000)}</S-TSID>`)
    const attributes = text(`<S-TSID ${Array.from({ length: 20_000 }, (_, at) => `a${at}="1"`).join(' ')}/>`)
    for (const [at, xml] of [laughs, deep, wide, attributes].entries()) {
      session.sendObject({ tsi: 0, toi: 0x8002_0010 + at, codepoint: 3 }, gzip(xml), GOOD)
      session.datagram(Uint8Array.from([1, 2, 0, at, ...gzip(xml).subarray(0, 60_000)]), LLS)
      session.segment()
    }
    session.untouched()
    expect(session.raises('STSID-XML')).toBe(true)
    expect(session.raises('LLS-XML')).toBe(true)
  })

  it('a package of a million parts, and a table of a million files', () => {
    const session = new Flooded()
    const part = '--b\r\nContent-Type: text/plain\r\nContent-Location: x\r\n\r\ny\r\n'
    const parts = text(`Content-Type: multipart/related; boundary="b"\r\n\r\n${part.repeat(60_000)}--b--\n`)
    const files = text(
      `<EFDT><FDTParameters>${Array.from({ length: 60_000 }, (_, at) => `<File TOI="${at + 1}" Content-Location="f${at}"/>`).join('')}</FDTParameters></EFDT>`,
    )
    session.sendObject({ tsi: 0, toi: 0x8002_0020, codepoint: 3 }, gzip(parts), GOOD)
    session.segment()
    session.sendObject({ tsi: 40, toi: 0, codepoint: 8 }, gzip(files), BAD)
    session.segment()
    expect(session.fragments).toBeLessThan(1000)
    session.untouched()
  })

  it('an SLT of ten thousand services, and service lists that change with each datagram', () => {
    const session = new Flooded()
    const service = (id: number): string =>
      `<Service serviceId="${id}" sltSvcSeqNum="0" serviceCategory="1" shortServiceName="S${id}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.1.${id >> 8}.${id & 255}" slsDestinationUdpPort="${1025 + (id % 60_000)}"/></Service>`
    const list = Array.from({ length: 10_000 }, (_, at) => service(at + 2)).join('')
    session.datagram(Uint8Array.from([1, 5, 0, 1, ...gzip(text(`<SLT bsid="2">${list}</SLT>`))]), LLS)
    session.segment()
    // A long list is read and applied in turns.
    for (let turn = 0; turn < 60; turn++) {
      session.timeUs += 100_000
      session.receiver.tick(session.timeUs)
    }
    expect(session.services.size).toBe(10_001)
    for (let version = 0; version < 500; version++) {
      const other = `<SLT bsid="3">${service(20_000 + version)}</SLT>`
      session.datagram(Uint8Array.from([1, 6, 0, version & 255, ...gzip(text(other))]), LLS)
    }
    session.segment()
    expect(session.services.size).toBeLessThan(17_000)
    session.untouched()
  })

  it('time that jumps a day ahead or stops, and a source that restarts', () => {
    const session = new Flooded()
    session.segment()
    session.timeUs += 86_400_000_000
    session.segment()
    for (let at = 0; at < 5; at++) {
      session.timeUs -= 1000
      session.segment()
    }
    session.receiver.loop(session.timeUs)
    session.segment()
    session.untouched()
  })

  it('a hundred thousand flows', () => {
    const session = new Flooded()
    for (let at = 0; at < 100_000; at++) {
      const flow = testFlow(`239.9.${(at >> 8) & 255}.${at & 255}`, 1024 + (at >> 16), 10 + at)
      session.send({ tsi: 1, toi: 1, length: 100, payload: content(10) }, flow)
      if (at % 20_000 === 0) session.segment()
    }
    expect(session.report().flows.length).toBeLessThan(20_000)
    session.untouched()
  })
})
