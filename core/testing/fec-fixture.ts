import { gunzipSync, gzipSync } from 'node:zlib'
import { bytesToHex } from '../bytes/hex.ts'
import { asToi, asTsi } from '../contract/ids.ts'
import { serialiseOti } from '../protocol/fec/oti.ts'
import { tolExtension } from '../protocol/lct/extensions.ts'
import { type LctHeader, parseLctHeader, routeLctHeader, serialiseLctHeader } from '../protocol/lct/header.ts'
import type { Datagram } from './datagrams.ts'
import { repairPackets } from './fec-packets.ts'

/** Data bytes per packet: not a multiple of the symbols, so that packets straddle them. */
const CUT = 1400
/** TSI of the repair flow of a source flow. */
const repairTsi = (tsi: number): number => tsi + 5

export type Protection = { readonly symbolBytes: number; readonly overhead: number }

/**
 * A ROUTE session of our sender with a repair flow for each source flow, announced in the S-TSID. The repair packets follow the
 * last packet of every object. Only the first transmission of an object is protected.
 */
export function protectedSession(datagrams: readonly Datagram[], protection: Protection): Datagram[] {
  const flows = new Set<number>()
  for (const { bytes } of datagrams) {
    const { tsi } = parseLctHeader(bytes).header
    if (tsi !== 0) flows.add(tsi)
  }
  const out: Datagram[] = []
  const objects = new Map<string, Uint8Array | null>()
  let sls: Datagram[] = []
  const endSls = (): void => {
    out.push(...announced(sls, [...flows], protection))
    sls = []
  }
  for (const datagram of datagrams) {
    const { header, headerBytes } = parseLctHeader(datagram.bytes)
    const offset = new DataView(datagram.bytes.buffer, datagram.bytes.byteOffset).getUint32(headerBytes)
    if (header.tsi === 0) {
      if (offset === 0) endSls()
      sls.push(datagram)
      continue
    }
    endSls()
    out.push(datagram)
    const key = `${header.tsi} ${header.toi}`
    const size = lengthOf(header)
    const known = objects.get(key)
    if (known === null || size < 0) continue
    const object = known ?? new Uint8Array(size)
    const data = datagram.bytes.subarray(headerBytes + 4)
    object.set(data, offset)
    objects.set(key, offset + data.length === size ? null : object)
    if (offset + data.length < size) continue
    for (const bytes of repairOf(object, header.tsi, header.toi, protection)) out.push({ ...datagram, bytes })
  }
  endSls()
  return out
}

function lengthOf(header: LctHeader): number {
  for (const extension of header.extensions) if (extension.kind === 'tol') return extension.transferLength
  return -1
}

function repairOf(object: Uint8Array, tsi: number, toi: number, { symbolBytes, overhead }: Protection): Uint8Array[] {
  const symbols = Math.ceil((object.length + 4) / symbolBytes)
  const count = Math.max(4, Math.ceil(symbols * overhead))
  return repairPackets([object], { tsi: repairTsi(tsi), toi, symbolBytes, count })
}

/** An SLS package with repair flows added to its S-TSID. */
function announced(packets: readonly Datagram[], tsis: readonly number[], protection: Protection): Datagram[] {
  const [first] = packets
  if (first === undefined) return []
  const { header } = parseLctHeader(first.bytes)
  const body = Buffer.concat(packets.map(({ bytes }) => bytes.subarray(parseLctHeader(bytes).headerBytes + 4)))
  const text = gunzipSync(body).toString()
  const flows = tsis.map((tsi) => repairChannel(tsi, protection)).join('')
  const changed = new Uint8Array(gzipSync(text.replace('</RS>', `${flows}</RS>`)))
  return cutObject(header, changed).map((bytes) => ({ ...first, bytes }))
}

function repairChannel(tsi: number, { symbolBytes, overhead }: Protection): string {
  const oti = serialiseOti({ transferLength: 0, symbolBytes, sourceBlocks: 1, subBlocks: 1, alignment: 4 })
  return `<LS tsi="${repairTsi(tsi)}"><RepairFlow><FECParameters fecOTI="${bytesToHex(oti)}" maximumDelay="1000" overhead="${Math.round(overhead * 100)}"><ProtectedObject tsi="${tsi}"/></FECParameters></RepairFlow></LS>`
}

function cutObject(header: LctHeader, object: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = []
  for (let offset = 0; offset < object.length; offset += CUT) {
    const data = object.subarray(offset, offset + CUT)
    const bytes = new Uint8Array(64 + data.length)
    const length = serialiseLctHeader({ ...header, extensions: [tolExtension(object.length)] }, bytes)
    new DataView(bytes.buffer).setUint32(length, offset)
    bytes.set(data, length + 4)
    packets.push(bytes.subarray(0, length + 4 + data.length))
  }
  return packets
}

/**
 * A session of `count` objects of `size` bytes each with every `lossEvery`-th packet lost, and repair packets for slightly more
 * symbols. For measuring the cost of decoding.
 */
export function lossyObjects(count: number, size: number, symbolBytes: number, lossEvery: number): Datagram[] {
  const protection = { symbolBytes, overhead: 2.6 / lossEvery }
  const stsid = `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS dIpAddr="239.255.1.1" dPort="6000"><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="$TOI$.m4s"/></EFDT></SrcFlow></LS>${repairChannel(10, protection)}</RS></S-TSID>`
  const sls = `Content-Type: multipart/related; type="application/route-s-tsid+xml"; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n${stsid}\r\n--b--\n`
  const datagrams: Datagram[] = []
  let timeUs = 1_767_225_600_000_000
  const push = (bytes: Uint8Array): void => {
    datagrams.push({ address: '239.255.1.1', port: 6000, bytes, timeUs })
    timeUs += 20
  }
  const header = routeLctHeader({ tsi: asTsi(0), toi: asToi(0x8002_0001), codepoint: 3 })
  for (const bytes of cutObject(header, new Uint8Array(gzipSync(sls)))) push(bytes)
  for (let toi = 1; toi <= count; toi++) {
    const object = new Uint8Array(size)
    for (let at = 0, state = toi; at < size; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      object[at] = state >>> 24
    }
    cutObject(routeLctHeader({ tsi: asTsi(10), toi: asToi(toi), codepoint: 8 }), object).forEach((bytes, number) => {
      if (number % lossEvery !== 3) push(bytes)
    })
    for (const bytes of repairOf(object, 10, toi, protection)) push(bytes)
    timeUs += 500_000
  }
  return datagrams
}
