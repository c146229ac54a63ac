import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeIdentity, signCms } from '../../testing/signing.ts'
import { readCertificate, type SignerCertificate } from './certificate.ts'
import { isBoundedBer } from './der-shape.ts'
import { checkSignature, readSignedData } from './signed-data.ts'

const content = new TextEncoder().encode('what is signed')
const root = makeIdentity('Root')
const issuing = makeIdentity('Issuing', root)
const signer = makeIdentity('Signer', issuing, { validTo: '2030-05-06T00:00:00Z' })
const rsaSigner = makeIdentity('RSA signer', issuing, { kind: 'rsa' })
const certificate = (der: Uint8Array): SignerCertificate => readCertificate(der) as SignerCertificate
const check = (signature: Uint8Array, of: Uint8Array = content, known: readonly SignerCertificate[] = []) =>
  checkSignature(readSignedData(signature), [of], known)

describe('CMS signatures', () => {
  it.each([
    ['ECDSA by key id', signer, {}],
    ['ECDSA by serial number', signer, { bySerial: true }],
    ['ECDSA without signed attributes', signer, { attributes: false }],
    ['RSA by key id', rsaSigner, {}],
    ['RSA without signed attributes', rsaSigner, { attributes: false, bySerial: true }],
  ])('finds %s good, with its whole chain', (_, by, options) => {
    const verdict = check(signCms(content, by, { ...options, certificates: [by, issuing, root] }))
    expect(verdict.text).toMatch(/chain to CN=Root; not checked against a trust list/)
    expect(verdict).toMatchObject({
      verdict: 'good',
      chain: [expect.stringMatching('signer|Signer'), 'CN=Issuing', 'CN=Root'],
    })
  })

  it('report signer, validity and chain', () => {
    const verdict = check(signCms(content, signer, { certificates: [signer] }))
    expect(verdict.text).toBe(
      'Signed by CN=Signer (ECDSA SHA-256), certificate valid from 2020-01-01 to 2030-05-06, ' +
        'issued by CN=Issuing, whose certificate is not available; not checked against a trust list.',
    )
    expect(verdict.signer).toMatchObject({ subject: 'CN=Signer', issuer: 'CN=Issuing', key: 'EC prime256v1' })
    expect(verdict.signer?.validToUs).toBe(1904256000e6)
    expect(verdict.signingTimeUs).toBe(1767323045e6)
  })

  it('take the certificate from elsewhere, and report a missing one', () => {
    const bare = signCms(content, signer)
    expect(check(bare)).toMatchObject({
      verdict: 'unchecked',
      text: expect.stringContaining('neither in the signature'),
    })
    expect(check(bare, content, [certificate(signer.der)])).toMatchObject({ verdict: 'good' })
  })

  it('are bad for changed content, with or without attributes, and for a wrong signer', () => {
    const changed = content.slice()
    changed[3] = (changed[3] as number) ^ 1
    for (const attributes of [true, false]) {
      const signature = signCms(content, signer, { attributes, certificates: [signer] })
      expect(check(signature, changed).verdict).toBe('bad')
      expect(check(signature).verdict).toBe('good')
    }
    const other = { ...makeIdentity('Other'), keyId: signer.keyId }
    expect(check(signCms(content, other), content, [certificate(signer.der)])).toMatchObject({
      verdict: 'bad',
      text: expect.stringContaining('does not match the key of CN=Signer'),
    })
    const forged = makeIdentity('Issuing')
    expect(check(signCms(content, signer, { certificates: [signer, forged] }))).toMatchObject({
      verdict: 'bad',
      text: expect.stringContaining('is not signed by the available certificate of CN=Issuing'),
    })
  })

  it('are never good after a changed byte, except for unsigned bytes', () => {
    const signature = signCms(content, signer)
    const known = [certificate(signer.der)]
    const goodAnyway: number[] = []
    for (let at = 0; at < signature.length; at++) {
      const flipped = signature.slice()
      flipped[at] = (flipped[at] as number) ^ 0x01
      if (check(flipped, content, known).verdict === 'good') goodAnyway.push(at)
    }
    // Version numbers, lengths and tags that the reader ignores.
    expect(goodAnyway.length).toBeLessThan(16)
    const value = signature.length - 64
    expect(goodAnyway.filter((at) => at >= value)).toEqual([])
  })

  it('read content inside the signature', () => {
    const read = readSignedData(signCms(content, signer, { attached: true, certificates: [signer] }))
    expect(read?.content).toEqual(content)
    expect(checkSignature(read, [read?.content as Uint8Array], [])).toMatchObject({ verdict: 'good' })
    expect(readSignedData(signCms(content, signer))?.content).toBeNull()
  })

  it('read any bytes quickly', () => {
    const good = signCms(content, signer, { certificates: [signer, issuing] })
    for (let end = 0; end < good.length; end++) {
      expect(check(good.subarray(0, end)).verdict, `${end} bytes`).not.toBe('good')
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (random) => {
        expect(check(random).verdict).toBe('unchecked')
        expect(readCertificate(random)).toBeNull()
      }),
    )
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const changed = good.slice()
        changed[at] = byte
        check(changed)
      }),
    )
  })

  it('do not follow endlessly nested values', () => {
    const nested = new Uint8Array(60_000)
    for (let at = 0; at < nested.length; at += 2) nested.set([0x30, 0x80], at)
    expect(isBoundedBer(nested)).toBe(false)
    const wide = new Uint8Array(60_000 + 4)
    wide.set([0x30, 0x82, 0xea, 0x60])
    for (let at = 4; at < wide.length; at += 2) wide.set([0x05, 0x00], at)
    expect(isBoundedBer(wide)).toBe(false)
    expect(isBoundedBer(signCms(content, signer))).toBe(true)
    expect(check(nested).verdict).toBe('unchecked')
  })
})

const openssl = ((): string | null => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
})()

describe.skipIf(openssl === null)(`signatures made by ${openssl ?? 'openssl, not installed'}`, () => {
  it.each([
    ['ec, key id', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['-keyid']],
    ['ec P-384, SHA-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['-md', 'sha384']],
    ['rsa', ['-newkey', 'rsa:2048'], []],
    ['rsa without attributes', ['-newkey', 'rsa:2048'], ['-noattr']],
    ['rsa pss', ['-newkey', 'rsa:2048'], ['-keyopt', 'rsa_padding_mode:pss']],
    [
      'ec, attached, streamed as BER',
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ['-nodetach', '-stream'],
    ],
  ])('%s', (_, key, options) => {
    const dir = mkdtempSync(join(tmpdir(), 'routescope-cms-'))
    try {
      const file = (name: string) => join(dir, name)
      writeFileSync(file('content'), content)
      const run = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' })
      run(
        'req',
        '-x509',
        '-nodes',
        ...key,
        '-keyout',
        file('key'),
        '-out',
        file('cert'),
        '-subj',
        '/CN=By openssl',
        '-days',
        '2',
      )
      run(
        'cms',
        '-sign',
        '-binary',
        '-in',
        file('content'),
        '-signer',
        file('cert'),
        '-inkey',
        file('key'),
        '-outform',
        'DER',
        '-out',
        file('sig'),
        ...options,
      )
      const signature = new Uint8Array(readFileSync(file('sig')))
      const verdict = check(signature)
      expect(verdict.text).toContain('Signed by CN=By openssl')
      expect(verdict.verdict).toBe('good')
      expect(check(signature, content.subarray(1)).verdict).toBe('bad')
      if (options.includes('-nodetach')) expect(readSignedData(signature)?.content).toEqual(content)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})
