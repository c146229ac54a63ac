/** A request as it goes over a connection. */
export type HostileRequest = {
  readonly head: string
  readonly body: Uint8Array
  /** The server may end the connection after it, so that nothing behind it would be read. */
  readonly ends: boolean
}

type Random = () => number

/** What names may lead somewhere: out of the folder, to a device, to nothing, or to a file that is there. */
const COMPONENTS: readonly string[] = [
  'd100.txt',
  'empty.txt',
  'sub',
  'inner.txt',
  'mid.txt',
  'link.txt',
  'linkdir',
  'secret.txt',
  'outside',
  '..',
  '.',
  '',
  '%2e%2e',
  '.%2E',
  '..%2f..%2foutside%2fsecret.txt',
  '..%5c..%5coutside%5csecret.txt',
  '%252e%252e',
  '..;',
  '%c0%ae%c0%ae',
  '%e0%80%ae',
  '%00',
  'd100.txt%00.x',
  '%zz',
  '%',
  '%f',
  '\\..\\outside',
  'C:',
  'C%3a',
  'CON',
  'nul.txt',
  'COM1',
  'LPT9.m4s',
  'a.',
  'a%20',
  '.hidden',
  '~root',
  'file:',
  'http:',
  'proc',
  'self',
  'dev',
  'null',
  'zero',
  'a?b=../..',
  'x#y',
  '%e2%80%ae',
  '%f0%9f%8d%8a',
  'caf%C3%A9',
  '\u00e9',
  '\'"<script>',
]

const METHODS: readonly string[] = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']
const ODD_METHODS: readonly string[] = ['get', 'PATCH', 'TRACE', 'FOO', 'PROPFIND', 'G ET', '', 'PUT\t', 'CONNECT']
const VERSIONS: readonly string[] = ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'HTTP/9.9', 'http/1.1', 'HTTP/1.1 x', '']

const RANGES: readonly string[] = [
  'bytes=0-9',
  'bytes=0-0',
  'bytes=-10',
  'bytes=-0',
  'bytes=90-',
  'bytes=50-40',
  'bytes=0-1,5-6',
  'bytes=0-1, bytes=5-6',
  'items=0-1',
  'bytes=',
  'bytes=-',
  'bytes=9223372036854775807-',
  'bytes=0-9223372036854775808',
  'bytes=-9223372036854775808',
  'bytes=18446744073709551616-18446744073709551617',
  'bytes=1e3-2e3',
  'bytes=0x10-0x20',
  'bytes= 1 - 2 ',
  `bytes=${'0-,'.repeat(300)}0-`,
  `bytes=${'9'.repeat(4000)}-`,
]

/** Fields after which a connection goes on. */
const FIELDS: readonly string[] = [
  'If-None-Match: *',
  'If-None-Match: "x", W/"y", z',
  `If-None-Match: ${'"a",'.repeat(900)}"b"`,
  'If-Match: "x"',
  'If-Match: *',
  'If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT',
  'If-Unmodified-Since: yesterday',
  'If-Range: "x"',
  'Accept-Encoding: gzip;q=0, deflate',
  'Accept-Encoding: gzip',
  'Accept: multipart/byteranges',
  'Accept: application/json',
  'X-Multirange: multipart',
  'Origin: http://evil.example',
  'Origin: null',
  'Access-Control-Request-Private-Network: true',
  'Authorization: Basic !!!',
  `Authorization: Basic ${'QUJD'.repeat(900)}`,
  'Authorization: Bearer x',
]

/** Fields after which it may end. */
const ENDING_FIELDS: readonly string[] = [
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Connection: close',
  'Connection: keep-alive, host, content-length',
  'Upgrade: h2c',
  'Host: evil.example',
  'Host: 127.0.0.1',
  'X-Odd: \u0001',
  'X-Odd: \u0000',
  'X-Folded: a\r\n b',
  'X-Bare: a\nX-More: b',
  'No colon',
  ': no name',
  'Spaced : x',
  `X-Long: ${'y'.repeat(9000)}`,
]

/** Ways to say how long a body is: most of them wrong, or more than one at a time. */
const LENGTHS: readonly ((length: number) => string)[] = [
  (length) => `Content-Length: ${length}`,
  (length) => `Content-Length: ${length + 7}`,
  (length) => `Content-Length: ${Math.max(0, length - 3)}`,
  (length) => `Content-Length: ${length}\r\nContent-Length: ${length}`,
  (length) => `Content-Length: ${length}\r\nContent-Length: ${length + 1}`,
  (length) => `Content-Length: ${length}, ${length}`,
  (length) => `Content-Length: +${length}`,
  (length) => `Content-Length: 0x${length.toString(16)}`,
  () => 'Content-Length: -1',
  () => 'Content-Length: 9223372036854775808',
  () => 'Content-Length: 18446744073709551616',
  () => 'Content-Length: 1e9',
  () => 'Content-Length:',
  () => 'Transfer-Encoding: chunked',
  (length) => `Content-Length: ${length}\r\nTransfer-Encoding: chunked`,
  (length) => `Transfer-Encoding: chunked\r\nContent-Length: ${length}`,
  () => 'Transfer-Encoding: chunked, identity',
  () => 'Transfer-Encoding: xchunked',
  () => 'Transfer-Encoding:\tchunked',
  () => 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  () => 'Transfer-Encoding : chunked',
  () => 'Transfer-Encoding: gzip, chunked',
  () => '',
]

/** A body in chunks, of which some are wrong. */
const CHUNKED: readonly ((text: string) => string)[] = [
  (text) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
  (text) => `${text.length.toString(16)};x=y\r\n${text}\r\n0\r\nTrailer: x\r\n\r\n`,
  (text) => `${text.length.toString(16)}\n${text}\n0\n\n`,
  (text) => `${(text.length + 1).toString(16)}\r\n${text}\r\n0\r\n\r\n`,
  (text) => `0x${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
  (text) => `-1\r\n${text}\r\n0\r\n\r\n`,
  (text) => `ffffffffffffffff\r\n${text}`,
  (text) => `fffffffffffffffff\r\n${text}`,
  (text) => `${text.length.toString(16)}${' '.repeat(500)}\r\n${text}\r\n0\r\n\r\n`,
  (text) => `zz\r\n${text}`,
  (text) => `${text}`,
]

/** Names of uploads whose requests are well-formed: what has such a name was uploaded as a whole. */
export const WHOLE_UPLOAD = 'whole-'

/** The content of such an upload. */
function wholeBody(length: number): string {
  return `<${'a'.repeat(length)}>`
}

/** Makes a request: one that is well-formed, or one of the shapes that servers have failed on. */
export function hostileRequest(random: Random): HostileRequest {
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(of: readonly T[]): T => of[below(of.length)] as T
  const kind = random()
  if (kind < 0.15) return wellFormedUpload(below)
  const odd = random()
  const method = odd < 0.06 ? pick(ODD_METHODS) : pick(METHODS)
  const version = odd > 0.97 ? pick(VERSIONS) : 'HTTP/1.1'
  const fields = odd > 0.06 && odd < 0.08 ? [] : ['Host: localhost']
  const { target, endsBy } = targetOf(method, random, below, pick)
  let ends = odd < 0.08 || odd > 0.97 || endsBy
  if (random() < 0.3) fields.push(`Range: ${pick(RANGES)}`)
  if (random() < 0.1) fields.push(`Content-Range: bytes ${pick(CONTENT_RANGES)}`)
  for (let count = below(3); count > 0; count--) fields.push(pick(FIELDS))
  if (random() < 0.12) {
    fields.push(pick(ENDING_FIELDS))
    ends = true
  }
  if (random() < 0.01) for (let count = 0; count < 120; count++) fields.push(`X-${count}: y`)
  let body = ''
  if (method === 'PUT' || method === 'POST' || random() < 0.03) {
    const text = wholeBody(below(200))
    const length = random() < 0.3 ? `Content-Length: ${text.length}` : pick(LENGTHS)(text.length)
    if (length !== '') fields.push(length)
    body = /chunked/i.test(length) ? pick(CHUNKED)(text) : text
    // What is refused before its body was read ends the connection, too.
    ends = true
  }
  const head = `${method} ${target} ${version}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
  return { head, body: Buffer.from(body, 'latin1'), ends }
}

const CONTENT_RANGES: readonly string[] = ['1-2/5', '0-0/*', '9-1/5', '0-9223372036854775807/*', 'x']
const ODD_TARGETS: readonly string[] = [
  '*',
  'http://localhost/d100.txt',
  'http://evil.example/',
  'd100.txt',
  '//etc/passwd',
  '/ /x',
  '',
]
const PLAIN_TARGETS: readonly string[] = ['d100.txt', 'mid.txt', 'empty.txt', 'sub/inner.txt', '', 'sub/']

function targetOf(
  method: string,
  random: Random,
  below: (limit: number) => number,
  pick: <T>(of: readonly T[]) => T,
): { readonly target: string; readonly endsBy: boolean } {
  const shape = random()
  // A path of 8 kB, below and above the limit.
  if (shape < 0.01) return { target: `/${'long/'.repeat(1600 + below(60))}x`, endsBy: false }
  if (shape < 0.03) return { target: pick(ODD_TARGETS), endsBy: true }
  if (shape < 0.35) return { target: `/${pick(PLAIN_TARGETS)}`, endsBy: false }
  if (shape < 0.5 && method !== 'GET') return { target: `/part-${below(20)}.bin`, endsBy: false }
  const target = `/${Array.from({ length: 1 + below(4) }, () => pick(COMPONENTS)).join('/')}`
  return { target, endsBy: /[^!-~]/.test(target) }
}

function wellFormedUpload(below: (limit: number) => number): HostileRequest {
  const text = wholeBody(below(3000))
  const inChunks = below(2) === 0
  const half = text.length >> 1
  const body = inChunks
    ? [text.slice(0, half), text.slice(half), '']
        .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
        .join('')
    : text
  const length = inChunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${text.length}`
  const folder = below(4) === 0 ? `sub-${below(3)}/` : ''
  const head = `PUT /${folder}${WHOLE_UPLOAD}${below(40)}.bin HTTP/1.1\r\nHost: localhost\r\n${length}\r\n\r\n`
  return { head, body: Buffer.from(body, 'latin1'), ends: false }
}
