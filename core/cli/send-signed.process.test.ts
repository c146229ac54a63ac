import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Report } from '../contract/report.ts'
import { LLS_HEADER_BYTES, LLS_PORT, LLS_TABLE } from '../protocol/lls/lls-table.ts'
import { parseSignedMultiTable } from '../protocol/lls/signed-multi-table.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { inspect, routescope, TestFolder } from '../testing/program.ts'
import { keyPemOf, makeIdentity, pemOf } from '../testing/signing.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const root = makeIdentity('Root')
const issuing = makeIdentity('Issuing', root)
const station = makeIdentity('Station', issuing)
const rsa = makeIdentity('RSA station', issuing, { kind: 'rsa' })
const expired = makeIdentity('Old station', issuing, { validTo: '2021-01-01T00:00:00Z' })

function put(name: string, text: string): string {
  writeFileSync(folder.at(name), text)
  return folder.at(name)
}

const KEY = put('key.pem', keyPemOf(station))
const CHAIN = put('chain.pem', pemOf(station, issuing, root))

/** Sends the demo into a capture as fast as possible. */
async function sent(url: string, key: string | null, chain: string | null, ...options: readonly string[]) {
  const file = folder.at(`${url.replace(/\W/g, '-')}.pcapng`)
  const signing = [...(key === null ? [] : ['--sign-key', key]), ...(chain === null ? [] : ['--sign-cert', chain])]
  const input = join(DEMO_FOLDER, 'manifest.mpd')
  const run = await routescope(['send', input, url, '--pace', 'fast', '--capture-out', file, ...signing, ...options])
  return { ...run, file }
}

/** Verdicts of LLS tables and SLS, by name. */
function verdicts({ lls, services }: Report): (readonly [string, string | undefined])[] {
  const fragments = services.flatMap(({ sls }) => sls)
  return [
    ...lls.map(({ name, signature }) => [name, signature?.verdict] as const),
    ...fragments.map(({ name, signature }) => [name, signature?.verdict] as const),
  ]
}

/** Where the first SignedMultiTable of the demo begins, which has two tables, SystemTime first. */
function signedTable(bytes: Buffer): number {
  const port = Buffer.of(LLS_PORT >> 8, LLS_PORT & 255)
  for (let at = bytes.indexOf(port); at >= 0; at = bytes.indexOf(port, at + 1))
    // Behind the port come length and checksum.
    if (bytes[at + 6] === LLS_TABLE.signedMultiTable) return at + 6
  throw new Error('there is none')
}

/** What openssl says to a signature and the bytes that it is to cover, in its first line. */
function opensslVerdict(signature: Uint8Array, signed: Uint8Array, certificates: string): string {
  writeFileSync(folder.at('signature.der'), signature)
  writeFileSync(folder.at('signed.bin'), signed)
  // The certificates of the test lead to no root that openssl would accept.
  const check = ['cms', '-verify', '-binary', '-noverify', '-inform', 'DER', '-in', folder.at('signature.der')]
  const given = ['-content', folder.at('signed.bin'), '-certfile', certificates, '-out', folder.at('verified.bin')]
  return spawnSync('openssl', [...check, ...given], { encoding: 'utf8' }).stderr.split('\n')[0] ?? ''
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

function serious({ alarms }: Report): string[] {
  return alarms.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule)
}

describe('signed signalling', () => {
  it.skipIf(!hasOpenssl).each([
    ['EC', station],
    ['RSA', rsa],
  ])(`of %s is good by openssl too${hasOpenssl ? '' : ' (skipped: openssl is not installed)'}`, async (_, by) => {
    const chain = put('openssl-chain.pem', pemOf(by, issuing, root))
    const { file } = await sent('atsc://', put('openssl.pem', keyPemOf(by)), chain)
    const bytes = readFileSync(file)
    const at = signedTable(bytes)
    // The UDP length, which counts its header of 8 bytes.
    const end = at + bytes.readUInt16BE(at - 4) - 8
    const body = new Uint8Array(bytes.subarray(at + LLS_HEADER_BYTES, end))
    const { signature, signedBytes } = parseSignedMultiTable({ groupId: 0, groupCount: 1, body })
    expect(opensslVerdict(signature, signedBytes, chain)).toMatch(/^CMS Verification successful/)
    expect(
      opensslVerdict(
        signature,
        signedBytes.map((byte, index) => byte ^ Number(index === 9)),
        chain,
      ),
    ).toMatch(/^CMS Verification failure/)
  })

  it.each([
    ['atsc://', station],
    ['atsc://239.255.21.5:6000', rsa],
  ])('of %s is found good by inspect, and a changed byte is told', async (url, by) => {
    const key = put('own.pem', keyPemOf(by))
    const { status, stderr, file } = await sent(url, key, put('own-chain.pem', pemOf(by, issuing, root)))
    expect(stderr).toMatch(/^Sent \d+ packets, 24 objects\.\n$/)
    expect(status).toBe(0)
    const report = await inspect(file)
    expect(serious(report)).toEqual([])
    const found = verdicts(report)
    expect(found.filter(([, verdict]) => verdict !== undefined)).toEqual([
      ['CertificationData', 'good'],
      ['SignedMultiTable', 'good'],
      ['SystemTime', 'good'],
      ['SLT', 'good'],
      ...found.slice(-4).map(([name]) => [name, 'good']),
    ])
    const algorithm = by === rsa ? 'RSA' : 'ECDSA'
    expect(report.lls[1]?.signature?.text).toMatch(
      new RegExp(`^Signed by CN=.*station \\(${algorithm} SHA-256\\), certificate valid .*, issued by CN=Root,`, 'i'),
    )
    // The version of the first table in the SignedMultiTable: what it is, and what is in it, stay.
    const bytes = readFileSync(file)
    bytes[signedTable(bytes) + LLS_HEADER_BYTES + 2] = 2
    writeFileSync(file, bytes)
    const changed = await inspect(file)
    expect(changed.alarms.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({
        rule: 'LLS-SIGNED',
        text: expect.stringContaining('the content was changed after signing'),
      }),
    ])
  })

  it('of route:// has its certificates with it, and a changed character is told', async () => {
    const { file } = await sent('route://239.255.21.1:6000', KEY, CHAIN, '--plain-sls', '--mtu', '9000')
    const report = await inspect(file)
    expect(serious(report)).toEqual([])
    expect(verdicts(report)).toEqual([
      ['manifest.mpd', 'good'],
      ['stsid.xml', 'good'],
    ])
    const bytes = readFileSync(file)
    const at = bytes.indexOf('codePoint="128"')
    bytes.write('codePoint="129"', at)
    writeFileSync(file, bytes)
    expect(serious(await inspect(file))).toContain('SLS-SIGNED')
  })

  it('is none of mabr://, which is told', async () => {
    const { status, stderr } = await sent('mabr://239.255.21.1:6000', KEY, CHAIN)
    expect(stderr).toContain(
      `--sign-key ${KEY} changes nothing of a broadcast to mabr:// over FLUTE: it is for route:// and atsc://.`,
    )
    expect(status).toBe(0)
  })

  it('with a certificate that has expired is told before it is sent', async () => {
    const { status, stderr } = await sent(
      'atsc://',
      put('old.pem', keyPemOf(expired)),
      put('old-chain.pem', pemOf(expired)),
    )
    expect(stderr).toContain(
      'The certificate of CN=Old station expired on Jan  1 00:00:00 2021 GMT: receivers may refuse what is signed.',
    )
    expect(status).toBe(0)
  })
})

it.each([
  ['a missing file', folder.at('none.pem'), 'none.pem" does not exist. Check the path.'],
  ['the key of another', put('other.pem', keyPemOf(rsa)), 'is not that of the first certificate in'],
])('%s is told in one line before the first packet', async (_, key, sentence) => {
  const run = await sent('atsc://', key, CHAIN)
  expect(run.stderr).toContain(sentence)
  expect(run.stderr.trimEnd()).not.toContain('\n')
  expect(run.status).toBe(1)
})
