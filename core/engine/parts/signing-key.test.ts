import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { AppError } from '../../contract/app-error.ts'
import { toAppError } from '../../failure/app-failure.ts'
import { readCertificate } from '../../protocol/cms/certificate.ts'
import { checkSignature, readSignedData } from '../../protocol/cms/signed-data.ts'
import { keyPemOf, makeIdentity, pemOf } from '../../testing/signing.ts'
import { openSigner } from './signing-key.ts'

const folder = mkdtempSync(join(tmpdir(), 'routescope-signing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const NOW_US = Date.UTC(2026, 0, 1) * 1000
const content = new TextEncoder().encode('a table')
const root = makeIdentity('Root')
const issuing = makeIdentity('Issuing', root)
const station = makeIdentity('Station', issuing)
const rsa = makeIdentity('RSA station', issuing, { kind: 'rsa' })

function put(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const KEY = put('key.pem', keyPemOf(station))
const CHAIN = put('chain.pem', pemOf(station, issuing, root))

async function opened(signKey?: string, signCert?: string) {
  const warnings: AppError[] = []
  const files = { ...(signKey === undefined ? {} : { signKey }), ...(signCert === undefined ? {} : { signCert }) }
  return {
    signer: await openSigner(
      files,
      () => NOW_US,
      (error) => void warnings.push(error),
    ),
    warnings,
  }
}

describe('a key and its certificates', () => {
  it.each([
    ['P-256', 'ec', 'ECDSA SHA-256', 'sha-256'],
    ['P-384', 'ec', 'ECDSA SHA-384', 'sha-384'],
    ['P-521', 'ec', 'ECDSA SHA-512', 'sha-512'],
    ['RSA', 'rsa', 'RSA SHA-256', 'sha-256'],
  ] as const)('of %s sign', async (curve, kind, algorithm, digestName) => {
    const own = makeIdentity('Own', issuing, kind === 'ec' ? { curve } : { kind })
    const { signer, warnings } = await opened(
      put('own.pem', keyPemOf(own)),
      put('own-chain.pem', pemOf(own, issuing, root)),
    )
    expect(warnings).toEqual([])
    // Authorities first, and no root.
    expect(signer?.certificates.map((der) => readCertificate(der)?.subject)).toEqual(['CN=Issuing', 'CN=Own'])
    expect([signer?.digestName, signer?.keyId]).toEqual([digestName, own.keyId])
    const signature = readSignedData(signer?.sign(content, true) as Uint8Array)
    const verdict = checkSignature(signature, [content], [])
    expect(verdict).toMatchObject({
      verdict: 'good',
      algorithm,
      signingTimeUs: NOW_US,
      chain: ['CN=Own', 'CN=Issuing'],
    })
    expect(readSignedData(signer?.sign(content, false) as Uint8Array)?.certificates).toEqual([])
  })

  it('that nobody issued but itself is sent all the same', async () => {
    const { signer } = await opened(put('self.pem', keyPemOf(root)), put('self-cert.pem', pemOf(root)))
    expect(signer?.certificates).toEqual([root.der])
  })

  it('that nobody named sign nothing', async () => {
    expect(await opened()).toEqual({ signer: null, warnings: [] })
  })

  it.each([
    ['expired on Jan  1 00:00:00 2021 GMT', { validTo: '2021-01-01T00:00:00Z' }],
    ['is not valid before Jan  1 00:00:00 2031 GMT', { validFrom: '2031-01-01T00:00:00Z' }],
  ])('whose certificate %s are told and used', async (when, dates) => {
    const own = makeIdentity('Own', issuing, dates)
    const { signer, warnings } = await opened(put('dated.pem', keyPemOf(own)), put('dated-cert.pem', pemOf(own)))
    expect(signer).not.toBeNull()
    expect(warnings.map(({ message }) => message)).toEqual([
      `The certificate of CN=Own ${when}: receivers may refuse what is signed.`,
    ])
  })

  const pemKey = (key: ReturnType<typeof generateKeyPairSync>['privateKey']): string =>
    (key as typeof station.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString()
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
  const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' } as const
  const damaged = pemOf(station).replace(/\n[^\n]{64}\n/, '\n')
  it.each([
    ['no certificate', KEY, undefined, 'bad-spec', '--sign-key names a key without its --sign-cert.'],
    ['no key', undefined, CHAIN, 'bad-spec', '--sign-cert names certificates without its --sign-key.'],
    ['a missing key', join(folder, 'none.pem'), CHAIN, 'file-not-found', 'none.pem" does not exist.'],
    ['missing certificates', KEY, join(folder, 'none.pem'), 'file-not-found', 'none.pem" does not exist.'],
    ['a folder', folder, CHAIN, 'file-unreadable', ''],
    ['a large file', put('large.pem', 'x'.repeat(2 << 20)), CHAIN, 'file-unreadable', 'large.pem"'],
    ['certificates as the key', CHAIN, CHAIN, 'input-unusable', 'chain.pem" holds no private key in PEM.'],
    ['the key as certificates', KEY, KEY, 'input-unusable', 'key.pem" holds no certificate in PEM.'],
    ['a damaged certificate', KEY, put('damaged.pem', damaged), 'input-unusable', 'Certificate 1 in'],
    ['the key of another', put('rsa.pem', keyPemOf(rsa)), CHAIN, 'input-unusable', 'is not that of the first'],
    ['another issuer', KEY, put('gap.pem', pemOf(station, root)), 'input-unusable', 'Certificate 2 in'],
    [
      'an encrypted key',
      put('lock.pem', station.privateKey.export(locked).toString()),
      CHAIN,
      'input-unusable',
      'lock.pem" is encrypted.',
    ],
    ['a short key', put('small.pem', pemKey(small)), CHAIN, 'input-unusable', 'is RSA of 1024 bits.'],
    ['another curve', put('koblitz.pem', pemKey(koblitz)), CHAIN, 'input-unusable', 'is EC secp256k1.'],
    [
      'another type',
      put('ed.pem', pemKey(generateKeyPairSync('ed25519').privateKey)),
      CHAIN,
      'input-unusable',
      'is ed25519.',
    ],
  ] as const)('are refused in one sentence: %s', async (_, key, chain, code, sentence) => {
    const error = toAppError(await opened(key, chain).catch((thrown: unknown) => thrown))
    expect(error.code).toBe(code)
    expect(error.message).toContain(sentence)
    expect(error.message).not.toContain('\n')
  })
})
