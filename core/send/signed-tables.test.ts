import { sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hashOf, hexText } from '#platform'
import { asServiceId } from '../contract/ids.ts'
import { signData } from '../protocol/cms/sign-data.ts'
import { gunzipLimited } from '../protocol/gzip.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { LLS_PORT, LLS_TABLE, parseLlsTable } from '../protocol/lls/lls-table.ts'
import { parseSignedMultiTable, unfoldTable } from '../protocol/lls/signed-multi-table.ts'
import { parseMultipart } from '../protocol/mime/multipart.ts'
import { readSignedEntity } from '../protocol/mime/signed.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastOf, demoDash, demoHls, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { makeIdentity } from '../testing/signing.ts'
import type { TableSigner } from './table-signer.ts'

const ROUTE = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
const ATSC = { kind: 'atsc' } as const
const station = makeIdentity('Station', makeIdentity('Root'))
const TIME_US = Date.UTC(2026, 4, 6) * 1000

/** Counts its signatures. */
function signer(): TableSigner & { made: number } {
  const key = {
    key: 'ec',
    digest: 'sha256',
    certificate: station.der,
    sign: (bytes: Uint8Array) => sign('sha256', bytes, station.privateKey),
  } as const
  return {
    made: 0,
    sign(content, withCertificates) {
      this.made++
      return signData(content, key, TIME_US, withCertificates ? [station.der] : [])
    },
    digestName: 'sha-256',
    certificates: [station.der],
    keyId: station.keyId,
  }
}

/** The first object of the SLS, with its codepoint. */
function firstSls(datagrams: readonly Datagram[]): { codepoint: number; bytes: Uint8Array } {
  const lct = new LctPacket()
  const parts: Uint8Array[] = []
  for (const { bytes, port } of datagrams) {
    if (port === LLS_PORT) continue
    lct.read(bytes, 0, bytes.length)
    if (lct.tsi !== 0) continue
    parts.push(bytes.subarray(lct.headerBytes + 4))
    if (lct.closeObject) return { codepoint: lct.codepoint, bytes: gunzipLimited(Buffer.concat(parts), 1 << 20) }
  }
  throw new Error('there is none')
}

function sums(files: ReadonlyMap<string, Uint8Array>): (readonly [string, string])[] {
  return Array.from(files, ([name, bytes]) => [name, hexText(hashOf('sha256', bytes))])
}

describe('signed tables', () => {
  it('go out signed, with the certificates, and unsigned with the same content', async () => {
    const sent = await broadcastOf(await demoDash(), { scheme: 'atsc', signer: signer() })
    const tables = sent.filter(({ port }) => port === LLS_PORT).map(({ bytes }) => parseLlsTable(bytes))
    const { certificationData, signedMultiTable, systemTime, slt } = LLS_TABLE
    const ids = [certificationData, signedMultiTable, systemTime, slt]
    expect(tables.map(({ tableId }) => tableId)).toEqual(tables.map((_, at) => ids[at % ids.length]))
    const [, wrapper, ...plain] = tables.slice(0, ids.length)
    const inside = parseSignedMultiTable(wrapper as (typeof tables)[number]).tables.map((each) => unfoldTable(each))
    expect(inside).toEqual(plain)
  })

  it.each([
    ['route', ROUTE, true],
    ['atsc', ATSC, false],
  ] as const)('of %s keep what is received, without an alarm', async (scheme, target, withCertificates) => {
    for (const content of [await demoDash(), await demoHls()]) {
      const plain = receiveAll(await broadcastOf(content, { scheme }), target)
      const sent = await broadcastOf(content, { scheme, signer: signer() })
      const received = receiveAll(sent, target)
      expect(received.alarms.map(({ text }) => text)).toEqual(plain.alarms.map(({ text }) => text))
      expect(sums(received.files)).toEqual(sums(plain.files))
      const { codepoint, bytes } = firstSls(sent)
      expect(codepoint).toBe(4)
      const entity = readSignedEntity(bytes)
      const unsigned = parseMultipart(firstSls(await broadcastOf(content, { scheme })).bytes)
      expect(parseMultipart(entity?.content as Uint8Array).parts).toEqual(unsigned.parts)
      const holds = Buffer.from(entity?.signature as Uint8Array).includes(Buffer.from(station.der))
      expect(holds).toBe(withCertificates)
    }
  })

  it('are signed once for each version, however often they are sent', async () => {
    const once = signer()
    const sent = await broadcastOf(await demoDash(), { scheme: 'atsc', signer: once, carouselMs: 100 })
    // CertificationData, SignedMultiTable and the SLS.
    expect(once.made).toBe(3)
    expect(sent.filter(({ port }) => port === LLS_PORT).length).toBeGreaterThan(400)
  })

  it('have a new signature where a service ends and the table changes', async () => {
    const service = { serviceName: 'Demo', address: FIXTURE_ADDRESS }
    const { tracks, ...rest } = await demoDash()
    const short = { ...rest, tracks: tracks.map((track) => ({ ...track, segments: track.segments.slice(0, 2) })) }
    const both = [
      { ...service, serviceId: asServiceId(1), port: FIXTURE_PORT, presentation: short },
      { ...service, serviceId: asServiceId(2), port: FIXTURE_PORT + 1, presentation: await demoDash() },
    ]
    const used = signer()
    const { alarms } = receiveAll(await broadcastOf(both, { scheme: 'atsc', signer: used }), ATSC)
    expect(used.made).toBe(2 + 2 + 2)
    expect(alarms.filter(({ rule }) => rule.endsWith('-SIGNED'))).toEqual([])
  })

  it('are none of DVB-MABR', async () => {
    const unused = signer()
    await broadcastOf(await demoDash(), { scheme: 'mabr', signer: unused, mabr: { protocol: 'route' } })
    expect(unused.made).toBe(0)
  })
})
