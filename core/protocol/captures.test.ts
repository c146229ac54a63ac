import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { looksLikeFdt, parseFdt } from './flute/fdt.ts'
import { gunzipIfGzip, MAX_SIGNALLING_BYTES } from './gzip.ts'
import { describeLctPacket } from './lct/describe.ts'
import { parseLctHeader, serialiseLctHeader } from './lct/header.ts'
import { LctPacket } from './lct/lct-packet.ts'
import { LLS_ADDRESS, LLS_PORT, LLS_TABLE, parseLlsTable } from './lls/lls-table.ts'
import { parseSlt, type Slt, serialiseSlt } from './lls/slt.ts'
import { parseSystemTime } from './lls/system-time.ts'
import { isMultipart, type MimePackage, parseMultipart } from './mime/multipart.ts'
import { looksLikeMmtp } from './mmtp/mmtp-packet.ts'
import { parseEnvelope } from './sls/envelope.ts'
import { fragmentType } from './sls/fragment-type.ts'
import { parseStsid, type Stsid, serialiseStsid } from './sls/s-tsid.ts'
import { parseUsbd, type Usbd } from './sls/usbd.ts'

/** Captures are reference material outside the repository. */
const FOLDER = resolve(import.meta.dirname, '../../../shared/captures')
const CAPTURES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.pcap')) : []

type Datagram = { address: string; port: number; payload: Uint8Array }

/** Whole IPv4 UDP datagrams of a classic pcap. This minimal reader suffices for these files. */
function* datagrams(file: Buffer): Generator<Datagram> {
  const bigEndian = file.readUInt32BE(0) === 0xa1b2c3d4
  const u32 = (at: number): number => (bigEndian ? file.readUInt32BE(at) : file.readUInt32LE(at))
  const linkBytes = u32(20) === 1 ? 14 : 4
  for (let at = 24; at + 16 <= file.length; ) {
    const ip = at + 16 + linkBytes
    const end = at + 16 + u32(at + 8)
    at = end
    if ((file[ip] as number) >> 4 !== 4 || file[ip + 9] !== 17) continue
    const udp = ip + ((file[ip] as number) & 15) * 4
    const payload = file.subarray(udp + 8, udp + file.readUInt16BE(udp + 4))
    yield { address: [...file.subarray(ip + 16, ip + 20)].join('.'), port: file.readUInt16BE(udp + 2), payload }
  }
}

/** Objects on TSI 0 of ROUTE flows and TOI 0 of FLUTE flows, assembled from their first transmission. */
class SignallingObjects {
  readonly whole: { destination: string; toi: number; bytes: Uint8Array }[] = []
  readonly #parts = new Map<string, Map<number, Uint8Array>>()
  readonly #packet = new LctPacket()

  take({ address, port, payload }: Datagram): void {
    const packet = this.#packet
    expect(packet.read(payload, 0, payload.length)).toBe(0)
    expect(packet.extensionFault).toBe(0)
    const source = (packet.psi & 2) !== 0
    if (source ? packet.tsi !== 0 : packet.toi !== 0 || packet.fdtInstance < 0) return
    const destination = `${address}:${port}`
    const key = `${destination}/${packet.tsi}/${packet.toi}/${packet.fdtInstance}`
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const id = view.getUint32(packet.headerBytes)
    const offset = source ? id : (id & 0xffff) * packet.symbolLength
    const parts = this.#parts.get(key) ?? new Map<number, Uint8Array>()
    this.#parts.set(key, parts)
    if (parts.has(offset)) return
    parts.set(offset, payload.subarray(packet.headerBytes + 4))
    const received = [...parts.values()].reduce((sum, part) => sum + part.length, 0)
    if (received !== packet.transferLength) return
    const bytes = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part))
    this.whole.push({ destination, toi: packet.toi, bytes })
  }
}

describe('captures', () => {
  it.skipIf(CAPTURES.length > 0)(
    'are reference material beside the repository: ../shared/captures is not here',
    () => {},
  )

  it.each(CAPTURES)('every header, table and fragment of %s parses', (name) => {
    const objects = new SignallingObjects()
    const slts: Slt[] = []
    let tables = 0
    let mmtp = 0
    let headers = 0
    const rewritten = new Uint8Array(1020)
    for (const datagram of datagrams(readFileSync(join(FOLDER, name)))) {
      const { address, port, payload } = datagram
      if (address === LLS_ADDRESS && port === LLS_PORT) {
        const table = parseLlsTable(payload)
        tables++
        if (table.tableId === LLS_TABLE.slt) {
          const slt = parseSlt(table.body)
          expect(parseSlt(serialiseSlt(slt))).toEqual(slt)
          slts.push(slt)
        } else if (table.tableId === LLS_TABLE.systemTime) {
          expect(parseSystemTime(table.body).currentUtcOffset).toBe(37)
        }
      } else if (looksLikeMmtp(payload, 0, payload.length)) {
        mmtp++
      } else {
        if ((payload[0] as number) >> 4 !== 1) continue // MMTP fragments that the probe does not recognise
        objects.take(datagram)
        if (headers++ % 50 === 0) {
          const { header, headerBytes } = parseLctHeader(payload)
          expect(serialiseLctHeader(header, rewritten)).toBe(headerBytes)
          expect(Buffer.compare(rewritten.subarray(0, headerBytes), payload.subarray(0, headerBytes))).toBe(0)
          expect(describeLctPacket(payload, 0, payload.length).some((field) => field.name === 'fault')).toBe(false)
        }
      }
    }

    const packages: MimePackage[] = []
    const stsids: Stsid[] = []
    const usbds: Usbd[] = []
    const manifests = new Map<string, string>()
    let fdts = 0
    for (const { bytes, toi } of objects.whole) {
      const text = gunzipIfGzip(bytes, MAX_SIGNALLING_BYTES)
      if (looksLikeFdt(bytes)) {
        expect(parseFdt(bytes).files.length).toBeGreaterThan(0)
        fdts++
        continue
      }
      if (!isMultipart(text)) throw new Error(`TOI ${toi} is neither a table nor a package`)
      const sls = parseMultipart(text)
      packages.push(sls)
      for (const part of sls.parts) {
        const type = fragmentType(part.contentType, part.body)
        if (type === 'S-TSID') stsids.push(parseStsid(part.body))
        else if (type === 'USBD') usbds.push(parseUsbd(part.body))
        else if (type === 'ENVELOPE') {
          const named = sls.parts.map((each) => each.contentLocation)
          for (const item of parseEnvelope(part.body).items) expect(named).toContain(item.uri)
        } else if (type === 'MPD' || type === 'HLS') {
          manifests.set(part.contentLocation ?? '', createHash('sha256').update(part.body).digest('hex'))
        } else if (type === 'UNKNOWN')
          throw new Error(`${part.contentLocation} of ${part.contentType} is not recognised`)
      }
    }
    for (const stsid of stsids) {
      expect(stsid.sessions.flatMap((session) => session.channels).length).toBeGreaterThan(0)
      expect(parseStsid(serialiseStsid(stsid, 'us'))).toEqual(stsid)
      for (const { channels } of stsid.sessions) {
        for (const { source } of channels) {
          if (source?.efdt?.fileTemplate) expect(source.efdt.fileTemplate).toContain('$TOI')
        }
      }
    }

    const isRoute = /^(route|atsc)-/.test(name)
    if (name.startsWith('atsc-')) {
      expect(slts.length).toBeGreaterThan(0)
      expect(usbds.map((usbd) => usbd.serviceId)).toContain(1)
    }
    if (isRoute) {
      expect(packages.length).toBeGreaterThan(0)
      expect(stsids.length).toBe(packages.length)
      // The reference receiver kept the last manifest of a name.
      const expected = readFileSync(join(FOLDER, name.replace('.pcap', '.expected.json')), 'utf8')
      expect(manifests.size).toBeGreaterThan(0)
      const kept = [...manifests.values()].filter((sha256) => expected.includes(sha256))
      expect(kept.length).toBe(manifests.size)
    }
    if (name.startsWith('mabr-')) expect(fdts).toBeGreaterThan(10)
    if (name.startsWith('offair-mmt-and-esg')) {
      expect(slts[0]?.services.map((service) => service.serviceId)).toEqual([1001, 1002, 1003, 1004, 5009])
      expect(mmtp).toBeGreaterThan(1000)
      expect([fdts, packages.length, stsids[0]?.sessions[0]?.channels.length]).toEqual([1, 1, 4])
    }
    expect(tables > 0).toBe(!/^(route|mabr)-/.test(name))
  })
})
