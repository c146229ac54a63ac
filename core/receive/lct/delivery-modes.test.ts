import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { toiOfAlarm } from '../../testing/carriers.ts'
import { makeIdentity, signCms } from '../../testing/signing.ts'
import { content, TestSession } from '../../testing/test-session.ts'

const target: ReceiveTarget = { kind: 'route', address: '239.255.1.1', port: 5000 }
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const join = (...parts: (Uint8Array | string)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))))

/**
 * A file channel of TSI 1 with these Payload elements and without an EFDT, declared by an S-TSID without a package.
 */
function declare(session: TestSession, payloads = ''): void {
  const stsid = `<S-TSID><RS dIpAddr="239.255.1.1" dPort="5000"><LS tsi="1"><SrcFlow rt="false">${payloads}</SrcFlow></LS></RS></S-TSID>`
  session.sendObject({ tsi: 0, toi: 0x0002_0001, codepoint: 1 }, utf8(stsid))
}

const files = (session: TestSession) =>
  session.files.map(({ name, contentType, lease }) => [name, contentType, Buffer.from(lease.bytes).toString('latin1')])

describe('file mode', () => {
  it('reads names, types and encodings from a table sent as TOI 0, whichever arrives first', () => {
    const table =
      '<EFDT version="1"><FDTParameters><File TOI="7" Content-Location="guide.xml" Content-Type="text/xml" Content-Encoding="gzip"/>' +
      '<File TOI="8" Content-Location="dir/plain.txt" Content-Type="text/plain"/></FDTParameters></EFDT>'
    for (const tableFirst of [true, false]) {
      const session = new TestSession(target)
      declare(session, '<Payload codePoint="0" formatId="1"/>')
      const sendTable = () => session.sendObject({ tsi: 1, toi: 0, codepoint: 0 }, new Uint8Array(gzipSync(table)))
      if (tableFirst) sendTable()
      session.sendObject({ tsi: 1, toi: 7, codepoint: 0 }, new Uint8Array(gzipSync('<guide/>')))
      session.sendObject({ tsi: 1, toi: 8, codepoint: 0 }, utf8('as it is'))
      if (!tableFirst) sendTable()
      expect(files(session)).toEqual([
        ['guide.xml', 'text/xml', '<guide/>'],
        ['dir/plain.txt', 'text/plain', 'as it is'],
      ])
      expect(session.fragments.filter((each) => each.type === 'EFDT')).toMatchObject([
        { name: 'EFDT of TSI 1', version: 1, carrier: { kind: 'lct', tsi: 1, toi: 0 } },
      ])
    }
  })

  it('follows a table whose next version renames the TOI', () => {
    const session = new TestSession(target)
    declare(session)
    const table = (version: number, name: string) =>
      utf8(
        `<FDT-Instance Expires="4294967295" efdtVersion="${version}"><File TOI="7" Content-Location="${name}"/></FDT-Instance>`,
      )
    session.sendObject({ tsi: 1, toi: 0, codepoint: 1 }, table(1, 'old.txt'))
    session.sendObject({ tsi: 1, toi: 7, codepoint: 1 }, utf8('first'))
    session.sendObject({ tsi: 1, toi: 0, codepoint: 1 }, table(2, 'new.txt'))
    session.sendObject({ tsi: 1, toi: 7, codepoint: 1 }, utf8('second one'))
    expect(files(session).map(([name, , text]) => [name, text])).toEqual([
      ['old.txt', 'first'],
      ['new.txt', 'second one'],
    ])
  })
})

describe('entity mode', () => {
  const entity = (headers: string, body: Uint8Array | string) =>
    join(`${headers.replaceAll('\n', '\r\n')}\r\n\r\n`, body)

  it.each([
    ['codepoint 2', 2, ''],
    ['codepoint 9', 9, ''],
    ['a Payload that says so', 200, '<Payload codePoint="200" formatId="2"/>'],
  ])('takes name, type and encoding from the headers: %s', (_, codepoint, payload) => {
    const session = new TestSession(target)
    declare(session, payload)
    const gz = new Uint8Array(gzipSync('<p>hello</p>'))
    const headers = 'Content-Location: app/index.html\nContent-Type: text/html; charset=utf-8\nContent-Encoding: gzip'
    session.sendObject({ tsi: 1, toi: 5, codepoint }, entity(headers, gz))
    expect(files(session)).toEqual([['app/index.html', 'text/html; charset=utf-8', '<p>hello</p>']])
  })

  it('joins HTTP chunks, and ranges in any order', () => {
    const session = new TestSession(target)
    declare(session)
    const chunked = 'Content-Location: chunked.bin\nTransfer-Encoding: chunked'
    session.sendObject({ tsi: 1, toi: 5, codepoint: 2 }, entity(chunked, '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'))
    const whole = content(3000)
    const send = (toi: number, first: number, last: number) =>
      session.sendObject(
        { tsi: 1, toi, codepoint: 2 },
        entity(
          `Content-Location: big.bin\nContent-Range: bytes ${first}-${last}/3000`,
          whole.subarray(first, last + 1),
        ),
      )
    send(6, 1000, 2999)
    expect(session.files).toHaveLength(1)
    send(7, 0, 999)
    expect(session.files.map((file) => file.name)).toEqual(['chunked.bin', 'big.bin'])
    expect(session.files[1]?.lease.bytes).toEqual(whole)
  })

  it('checks Content-MD5, and invents a missing name', () => {
    const session = new TestSession(target)
    declare(session)
    const md5 = createHash('md5').update('body').digest('base64')
    session.sendObject(
      { tsi: 1, toi: 5, codepoint: 2 },
      entity(`Content-Type: text/plain\nContent-MD5: ${md5}`, 'body'),
    )
    session.sendObject({ tsi: 1, toi: 6, codepoint: 2 }, entity(`Content-Location: a\nContent-MD5: ${md5}`, 'other'))
    expect(files(session)).toEqual([['tsi-1/toi-5.bin', 'text/plain', 'body']])
    expect(session.alarms.map((alarm) => [alarm.rule, toiOfAlarm(alarm)])).toEqual([['OBJ-MD5', 6]])
  })

  it('refuses impossible ranges', () => {
    const session = new TestSession(target)
    declare(session)
    for (const [toi, range] of [
      [5, '0-3/999999999999'],
      [6, '999999999990-999999999993/999999999994'],
      [7, '0-99/100'],
    ] as const) {
      session.sendObject(
        { tsi: 1, toi, codepoint: 2 },
        entity(`Content-Location: x\nContent-Range: bytes ${range}`, 'body'),
      )
    }
    expect(session.files).toEqual([])
    expect(session.alarms.map((alarm) => [alarm.rule, toiOfAlarm(alarm)])).toEqual(
      [5, 6, 7].map((toi) => ['OBJ-CONTENT', toi]),
    )
  })
})

describe('package mode', () => {
  const boundary = '_part_'
  const multipart = [
    `Content-Type: multipart/related; type="text/html"; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/html',
    'Content-Location: index.html',
    '',
    '<p>hello</p>',
    `--${boundary}`,
    'Content-Type: image/png',
    'Content-Location: img/logo.png',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('not a picture').toString('base64'),
    `--${boundary}`,
    'Content-Type: text/plain',
    '',
    'nameless',
    `--${boundary}--`,
    '',
  ].join('\r\n')
  const parts = [
    ['index.html', 'text/html', '<p>hello</p>'],
    ['img/logo.png', 'image/png', 'not a picture'],
    ['tsi-1/toi-5/part-3.bin', 'text/plain', 'nameless'],
  ]

  it.each([
    ['codepoint 3', 3, '', multipart],
    ['a Payload that says so, gzipped', 130, '<Payload codePoint="130" formatId="3"/>', gzipSync(multipart)],
  ])('delivers the parts as files: %s', (_, codepoint, payload, bytes) => {
    const session = new TestSession(target)
    declare(session, payload)
    session.sendObject({ tsi: 1, toi: 5, codepoint }, join(bytes as Uint8Array | string))
    expect(files(session)).toEqual(parts)
    expect(session.fragments.filter((each) => each.type === 'PACKAGE')).toEqual([])
  })

  it('leaves out a part that cannot be unpacked, and tells of it', () => {
    const session = new TestSession(target)
    declare(session)
    const packed = gzipSync('of no use').subarray(0, -12).toString('base64')
    const encodings = ['Content-Encoding: gzip', 'Content-Transfer-Encoding: base64']
    const part = ['Content-Type: text/css', 'Content-Location: a.css', ...encodings, '', packed, `--${boundary}`, '']
    const sent = multipart.replace('Content-Type: text/plain\r\n', (rest) => part.join('\r\n') + rest)
    session.sendObject({ tsi: 1, toi: 5, codepoint: 3 }, utf8(sent))
    expect(files(session)).toEqual([parts[0], parts[1], ['tsi-1/toi-5/part-4.bin', 'text/plain', 'nameless']])
    expect(session.alarms.map(({ rule, text }) => `${rule}: ${text}`)).toEqual([
      expect.stringMatching(/^TABLE-ENTRY: Package TSI 1 TOI 5: part\[3\] \(.+\) is left out/),
    ])
  })

  it('delivers an object wrongly announced as a package as it is', () => {
    const session = new TestSession(target)
    declare(session)
    session.sendObject({ tsi: 1, toi: 5, codepoint: 3 }, utf8('no package'))
    expect(files(session)).toEqual([['tsi-1/toi-5.bin', null, 'no package']])
  })

  describe('signed', () => {
    const root = makeIdentity('Root')
    const signer = makeIdentity('Author', root)
    const smime = (package_: string, signature: Uint8Array) =>
      [
        'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="_sig_"',
        '',
        '--_sig_',
        package_,
        '--_sig_',
        'Content-Type: application/pkcs7-signature; name="smime.p7s"',
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.from(signature).toString('base64').replace(/.{64}/g, '$&\r\n'),
        '--_sig_--',
        '',
      ].join('\r\n')
    const receive = (bytes: Uint8Array, codepoint = 4, payload = '') => {
      const session = new TestSession(target)
      declare(session, payload)
      session.sendObject({ tsi: 1, toi: 5, codepoint }, bytes)
      return session
    }
    const verdict = (session: TestSession) => session.fragments.find((each) => each.type === 'PACKAGE')?.signature

    it('is unpacked and good', () => {
      const signed = utf8(smime(multipart, signCms(utf8(multipart), signer, { certificates: [signer, root] })))
      for (const session of [receive(signed), receive(signed, 131, '<Payload codePoint="131" formatId="4"/>')]) {
        expect(files(session)).toEqual(parts)
        expect(verdict(session)).toMatchObject({
          verdict: 'good',
          signer: 'CN=Author',
          chain: ['CN=Author', 'CN=Root'],
        })
        expect(session.alarms).toEqual([])
      }
    })

    it('is good although line ends changed in transit', () => {
      const signature = signCms(utf8(multipart), signer, { certificates: [signer] })
      const session = receive(utf8(smime(multipart.replaceAll('\r\n', '\n'), signature)))
      expect(verdict(session)).toMatchObject({ verdict: 'good' })
    })

    it('is bad after any change, with its files delivered', () => {
      const signature = signCms(utf8(multipart), signer, { certificates: [signer] })
      const session = receive(utf8(smime(multipart.replace('hello', 'hallo'), signature)))
      expect(files(session)[0]).toEqual(['index.html', 'text/html', '<p>hallo</p>'])
      expect(verdict(session)).toMatchObject({ verdict: 'bad' })
      expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['OBJ-SIGNED'])
    })

    it('is not checked without a certificate', () => {
      const session = receive(utf8(smime(multipart, signCms(utf8(multipart), signer))))
      expect(verdict(session)).toMatchObject({
        verdict: 'unchecked',
        text: expect.stringContaining('CertificationData'),
      })
    })

    it('may contain its content, in binary and in base64', () => {
      const cms = signCms(utf8(multipart), signer, { certificates: [signer], attached: true })
      const head = 'Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n'
      const binary = join(`${head}Content-Transfer-Encoding: binary\r\n\r\n`, cms)
      const base64 = join(`${head}Content-Transfer-Encoding: base64\r\n\r\n`, Buffer.from(cms).toString('base64'))
      for (const bytes of [binary, base64]) {
        const session = receive(bytes)
        expect(files(session)).toEqual(parts)
        expect(verdict(session)).toMatchObject({ verdict: 'good' })
      }
    })

    it('may be signed by its author and again by its distributor', () => {
      const inner = smime(multipart, signCms(utf8(multipart), signer, { certificates: [signer] }))
        // The outer boundary must differ from the inner one.
        .replaceAll('_sig_', '_in_')
      const outer = smime(inner, signCms(utf8(inner), makeIdentity('Distributor')))
      const session = receive(utf8(outer))
      expect(files(session)).toEqual(parts)
      // The distributor's certificate is missing: the worse of the two verdicts counts.
      expect(verdict(session)).toMatchObject({ verdict: 'unchecked' })
    })
  })
})

describe('signed SLS packages', () => {
  const signer = makeIdentity('Broadcaster')
  const stsid =
    '<S-TSID><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="v_$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>'
  const inner = `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: s.xml\r\n\r\n${stsid}\r\n--b--`
  const signed = (text: string, signature: Uint8Array) =>
    `Content-Type: multipart/signed; boundary="s"\r\n\r\n--s\r\n${text}\r\n--s\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(signature).toString('base64')}\r\n--s--\r\n`

  it('are read whatever the verdict, which each fragment has', () => {
    for (const [text, expected, rules] of [
      [inner, 'good', []],
      [inner.replace('v_', 'w_'), 'bad', ['SLS-SIGNED']],
    ] as const) {
      const session = new TestSession(target)
      const bytes = new Uint8Array(gzipSync(signed(text, signCms(utf8(inner), signer, { certificates: [signer] }))))
      session.sendObject({ tsi: 0, toi: 0x8002_0001, codepoint: 4 }, bytes)
      session.sendObject({ tsi: 10, toi: 1 }, content(10))
      expect(session.files.map((file) => file.name)).toEqual([expected === 'good' ? 'v_1.m4s' : 'w_1.m4s'])
      expect(session.fragments).toMatchObject([{ type: 'S-TSID', name: 's.xml', signature: { verdict: expected } }])
      expect(session.alarms.map((alarm) => alarm.rule)).toEqual(rules)
    }
  })
})

describe('SLS that is an attack', () => {
  const envelope = (items: number) =>
    `<metadataEnvelope>${Array.from({ length: items }, (_, item) => `<item metadataURI="x${item}" version="1"/>`).join('')}</metadataEnvelope>`

  it('is bounded where every object is another package', () => {
    const session = new TestSession(target)
    const startUs = session.timeUs
    for (let toi = 1; toi <= 12_000; toi++) {
      // Twelve thousand a second.
      session.timeUs = startUs + Math.floor(toi / 12) * 1000
      session.sendObject({ tsi: 0, toi, codepoint: 1 }, utf8(`<MPD id="${toi}"/>`))
    }
    expect(session.fragments.length).toBeGreaterThan(4000)
    expect(session.fragments.length).toBeLessThan(12_000)
    expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['MPD-LACKS', 'LIMIT-SLS'])
  })

  it('does not inflate bombs, and accepts packages of thousands of parts and endless names', () => {
    const session = new TestSession(target, {}, { unpackedBytes: 1 << 20 })
    session.sendObject({ tsi: 0, toi: 1, codepoint: 3 }, new Uint8Array(gzipSync(new Uint8Array(64 << 20))))
    const parts = Array.from({ length: 9000 }, (_, part) => `--b\r\nContent-Location: p${part}\r\n\r\n<x/>\r\n`).join(
      '',
    )
    session.sendObject(
      { tsi: 0, toi: 2, codepoint: 3 },
      new Uint8Array(gzipSync(`Content-Type: multipart/related; boundary="b"\r\n\r\n${parts}--b--`)),
    )
    const long = `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Location: ${'n'.repeat(50_000)}\r\n\r\n<x/>\r\n--b--`
    session.sendObject({ tsi: 0, toi: 3, codepoint: 3 }, utf8(long))
    session.sendObject({ tsi: 0, toi: 4, codepoint: 1 }, utf8(envelope(20_000)))
    expect(session.fragments).toHaveLength(9002)
    expect(session.fragments[9000]?.name).toHaveLength(1024)
    const rules = session.alarms.map((alarm) => alarm.rule).filter((rule) => rule !== 'SLS-TOI-BITS')
    expect(rules).toEqual(['SLS-GZIP'])
  })
})
