import type { IncomingHttpHeaders } from 'node:http'
import { CodecError } from '../../bytes/codec-error.ts'
import { contentEncodingOf, isKnownEncoding } from '../../protocol/content-encoding.ts'
import { parseMediaType } from '../../protocol/mime/headers.ts'
import { parseMultipart } from '../../protocol/mime/multipart.ts'
import { parseContentRange } from './content-range.ts'

/** A GET of a resource or of a range of it. */
export type ResourceRequest = {
  readonly url: string
  /** Bytes `[from, to)` of the resource, `to` null for the rest; null for the whole resource. */
  readonly range: readonly [number, number | null] | null
  /** ETag of earlier ranges, so that two versions are not mixed. */
  readonly etag: string | null
  /** Length of the resource where known. */
  readonly total: number | null
  /** The answer may have a content encoding, since the object had one. */
  readonly encoded: boolean
  /** Largest body. */
  readonly maxBytes: number
  /** Further headers: conditions. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Bytes of a resource, from `at` on. */
export type Piece = { readonly at: number; readonly bytes: Uint8Array }

/** Bytes and facts of a resource from one answer. */
export type ResourceAnswer = {
  readonly pieces: readonly Piece[]
  /** A range was answered with the whole resource: the server does not support ranges, or the resource has changed. */
  readonly whole: boolean
  /** Length of the resource, where the answer states or shows it. */
  readonly total: number | null
  /** Strong entity tag. */
  readonly etag: string | null
  /** Encoding of its bytes, one that is known; null for none. */
  readonly encoding: string | null
  /** Why the body ended early; null where it is whole. */
  readonly broken: string | null
}

/** Why an answer cannot be used; `mismatch` where it contradicts itself, the request or known facts of the resource. */
export type AnswerFault = { readonly reason: string; readonly mismatch: boolean }

/** What the head of an answer announces of its body. */
export type ResourceHead = {
  readonly from: number
  readonly total: number | null
  /** The answer itself states the length of the resource, which thereby agrees with what is known of it. */
  readonly statesTotal: boolean
  readonly etag: string | null
  readonly encoding: string | null
  readonly whole: boolean
  /** Boundary of a body in parts. */
  readonly boundary: string | null
  /** Largest size of the body; the exact size where `exact`. */
  readonly bodyBytes: number
  readonly exact: boolean
}

/** Allowance for part headers of a multipart answer. */
const MULTIPART_EXTRA = 64 << 10

/** Checks an answer's head: its numbers must agree with each other and with the request. */
export function checkHead(
  ask: ResourceRequest,
  status: number,
  headers: IncomingHttpHeaders,
): ResourceHead | AnswerFault {
  if (status === 416) return unsatisfied(ask, headers)
  const encoding = contentEncodingOf(headers['content-encoding'])
  if (encoding !== null && !(isKnownEncoding(encoding) && ask.encoded && status === 200)) {
    return mismatch(`it sent ${encoding} although only identity was accepted`)
  }
  const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
  const { etag } = headers
  const strong = etag?.startsWith('"') === true ? etag : null
  const common = { etag: strong, encoding }
  return status === 206 ? part(ask, headers, length, common) : wholeResource(ask, length, common)
}

type Common = { readonly etag: string | null; readonly encoding: string | null }

function wholeResource(ask: ResourceRequest, length: number | null, common: Common): ResourceHead | AnswerFault {
  if (length !== null && ask.total !== null && common.encoding === null && length !== ask.total)
    return otherTotal(length, ask.total)
  if (length !== null && length > ask.maxBytes) return { reason: `${length} bytes are too many`, mismatch: false }
  const bodyBytes = length ?? (common.encoding !== null ? ask.maxBytes : (ask.total ?? ask.maxBytes))
  return {
    ...common,
    from: 0,
    total: common.encoding !== null ? null : (length ?? ask.total),
    statesTotal: length !== null && common.encoding === null,
    whole: true,
    boundary: null,
    bodyBytes,
    exact: length !== null || (ask.total !== null && common.encoding === null),
  }
}

function part(
  ask: ResourceRequest,
  headers: IncomingHttpHeaders,
  length: number | null,
  common: Common,
): ResourceHead | AnswerFault {
  if (ask.range === null) return mismatch('it answered with a range that was not asked for')
  const media = parseMediaType(headers['content-type'] ?? '')
  if (media.type === 'multipart/byteranges') {
    const boundary = media.parameters.boundary ?? ''
    if (boundary === '') return mismatch('it answered in parts without saying their boundary')
    const asked = ask.range[1] === null ? ask.maxBytes : ask.range[1] - ask.range[0]
    const bodyBytes = Math.min(asked, ask.maxBytes) + MULTIPART_EXTRA
    const head = { from: ask.range[0], total: ask.total, statesTotal: false, whole: false }
    return { ...common, ...head, boundary, bodyBytes, exact: false }
  }
  const stated = parseContentRange(headers['content-range'])
  if (stated?.range == null) return mismatch('it answered 206 without a valid Content-Range')
  const [from, to] = stated.range
  if (stated.total !== null && ask.total !== null && stated.total !== ask.total)
    return otherTotal(stated.total, ask.total)
  const wantedTo = ask.range[1] ?? stated.total ?? to
  if (from !== ask.range[0] || to !== Math.min(wantedTo, stated.total ?? wantedTo)) {
    const asked = `${ask.range[0]}-${ask.range[1] === null ? '' : ask.range[1] - 1}`
    return mismatch(`it answered bytes ${from}-${to - 1} to a request for ${asked}`)
  }
  if (length !== null && length !== to - from)
    return mismatch(`it announced ${length} bytes for a range of ${to - from}`)
  if (to - from > ask.maxBytes) return { reason: `${to - from} bytes are too many`, mismatch: false }
  const head = { from, total: stated.total, statesTotal: stated.total !== null, whole: false }
  return { ...common, ...head, boundary: null, bodyBytes: to - from, exact: true }
}

function unsatisfied(ask: ResourceRequest, headers: IncomingHttpHeaders): AnswerFault {
  const total = parseContentRange(headers['content-range'])?.total ?? null
  if (total !== null && ask.total !== null && total !== ask.total) return otherTotal(total, ask.total)
  return mismatch(`it says the range lies outside of the file${total === null ? '' : `, which has ${total} bytes`}`)
}

/**
 * Cuts a body into pieces of the resource. Of a body that broke off, nothing shows whose bytes they are but a stated length:
 * without one they are not used.
 */
export function readPieces(head: ResourceHead, body: Uint8Array, broken: string | null): ResourceAnswer | AnswerFault {
  const { etag, encoding, whole, from, boundary, bodyBytes, exact, statesTotal } = head
  if (broken !== null && !statesTotal) return { reason: broken, mismatch: false }
  if (boundary !== null) return parts(head, boundary, body)
  if (broken === null && exact && body.length < bodyBytes) {
    return mismatch(`it sent ${body.length} of the ${bodyBytes} bytes it announced`)
  }
  const total = head.total ?? (whole && encoding === null && broken === null ? body.length : null)
  return { pieces: [{ at: from, bytes: body }], whole, total, etag, encoding, broken }
}

function parts(head: ResourceHead, boundary: string, body: Uint8Array): ResourceAnswer | AnswerFault {
  // The package reader expects the boundary in a header, as in mail.
  const front = new TextEncoder().encode(`Content-Type: multipart/byteranges; boundary="${boundary}"\r\n\r\n`)
  const pieces: Piece[] = []
  let { total } = head
  try {
    for (const { headers, body: bytes } of parseMultipart(Buffer.concat([front, body])).parts) {
      const stated = parseContentRange(headers['content-range'])
      if (stated?.range == null || stated.range[1] - stated.range[0] !== bytes.length) {
        return mismatch('a part of its answer has no valid Content-Range')
      }
      if (stated.total !== null && total !== null && stated.total !== total) return otherTotal(stated.total, total)
      total ??= stated.total
      pieces.push({ at: stated.range[0], bytes })
    }
  } catch (thrown) {
    if (thrown instanceof CodecError) return mismatch(`its parts cannot be read: ${thrown.message}`)
    throw thrown
  }
  if (pieces.length === 0) return mismatch('its answer has no parts')
  return { pieces, whole: false, total, etag: head.etag, encoding: null, broken: null }
}

function otherTotal(stated: number, known: number): AnswerFault {
  return mismatch(`it says the file has ${stated} bytes, the multicast says ${known}`)
}

function mismatch(reason: string): AnswerFault {
  return { reason, mismatch: true }
}
