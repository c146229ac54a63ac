import { sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeIdentity, type TestIdentity } from '../../testing/signing.ts'
import { readCertificate } from './certificate.ts'
import { type CmsSigner, type SigningDigest, signData } from './sign-data.ts'
import { checkSignature, readSignedData } from './signed-data.ts'

const content = new TextEncoder().encode('what is signed')
const root = makeIdentity('Root')
const TIME_US = Date.UTC(2026, 4, 6, 7, 8, 9) * 1000

function signerOf({ der, privateKey }: TestIdentity, key: CmsSigner['key'], digest: SigningDigest): CmsSigner {
  return { key, digest, certificate: der, sign: (bytes) => sign(digest, bytes, privateKey) }
}

describe('signatures that are made', () => {
  it.each([
    ['ECDSA SHA-256', 'ec', 'P-256', 'sha256'],
    ['ECDSA SHA-384', 'ec', 'P-384', 'sha384'],
    ['ECDSA SHA-512', 'ec', 'P-521', 'sha512'],
    ['RSA SHA-256', 'rsa', undefined, 'sha256'],
  ] as const)('%s is good for the content, and bad for any other', (algorithm, kind, curve, digest) => {
    const identity = makeIdentity('Station', root, { kind, ...(curve === undefined ? {} : { curve }) })
    const signer = signerOf(identity, kind, digest)
    const bare = readSignedData(signData(content, signer, TIME_US + 999_999, []))
    const known = [readCertificate(identity.der), readCertificate(root.der)].filter((each) => each !== null)
    expect(bare?.certificates).toEqual([])
    const verdict = checkSignature(bare, [content], known)
    expect(verdict).toMatchObject({ verdict: 'good', algorithm, chain: ['CN=Station', 'CN=Root'] })
    expect(verdict.signingTimeUs).toBe(TIME_US)
    const whole = readSignedData(signData(content, signer, TIME_US, [identity.der, root.der]))
    expect(checkSignature(whole, [content], [])).toMatchObject({ verdict: 'good', chain: ['CN=Station', 'CN=Root'] })
    for (let at = 0; at < content.length; at++) {
      const other = content.slice()
      other[at] = (other[at] as number) ^ 1
      expect(checkSignature(whole, [other], []).verdict).toBe('bad')
    }
  })

  it('of one key are not good for another of the same name', () => {
    const one = makeIdentity('Station', root)
    const other = makeIdentity('Station', root)
    const signer = { ...signerOf(one, 'ec', 'sha256'), certificate: other.der }
    const forged = readSignedData(signData(content, signer, TIME_US, [other.der]))
    expect(checkSignature(forged, [content], []).verdict).toBe('bad')
  })
})
