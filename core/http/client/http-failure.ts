import { HOST_REFUSED } from './host-rule.ts'

/**
 * Why a request failed, or its body ended early. `address`: not an http URL, or a host that must not be asked. `certificate`: the server's is refused.
 * `unreachable`: no connection. `no-answer`: no head in time, or none of HTTP. `redirect`: too many, or to a forbidden URL.
 * `status`: an error status. `broken`: the connection ended early. `stalled`: no byte for too long. `aborted`: by the caller.
 */
export type HttpFailureKind =
  | 'address'
  | 'certificate'
  | 'unreachable'
  | 'no-answer'
  | 'redirect'
  | 'status'
  | 'broken'
  | 'stalled'
  | 'aborted'

/** A failed request. Its message is a clause without URL and credentials (`no answer in time`). */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind
  /** Status of the answer, for kind `status`. */
  readonly status: number | null

  constructor(kind: HttpFailureKind, reason: string, status: number | null = null) {
    super(reason)
    this.name = 'HttpFailure'
    this.kind = kind
    this.status = status
  }
}

/** Faults of certificates, by error code. */
const CERTIFICATE_FAULTS = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'leads to one that is self-signed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is of an issuer this computer does not trust'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'is of an issuer this computer does not trust'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'is of an issuer this computer does not trust'],
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['CERT_NOT_YET_VALID', 'is not valid yet'],
  ['CERT_REVOKED', 'was revoked'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'is that of another server'],
])

/** Why there is no connection, by error code. */
const CONNECTION_FAULTS = new Map([
  ['ENOTFOUND', 'no host has this name'],
  ['EAI_AGAIN', 'no name server answers'],
  [HOST_REFUSED, 'its name leads into a local network'],
  ['ECONNREFUSED', 'nothing listens on this port (ECONNREFUSED)'],
  ['ECONNRESET', 'it cut the connection (ECONNRESET)'],
  ['EHOSTUNREACH', 'there is no way to this host (EHOSTUNREACH)'],
  ['ENETUNREACH', 'there is no way to this network (ENETUNREACH)'],
])

/** Converts an error of undici or a socket. @param hasHead whether the head of an answer had arrived */
export function failureOf({ code = '', message }: NodeJS.ErrnoException, hasHead: boolean): HttpFailure {
  const fault = CERTIFICATE_FAULTS.get(code)
  if (fault !== undefined)
    return new HttpFailure('certificate', `its certificate ${fault}, so nothing is taken from it`)
  if (hasHead) return new HttpFailure('broken', 'the connection broke')
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new HttpFailure('no-answer', 'no answer in time')
  if (code === 'UND_ERR_SOCKET') return new HttpFailure('broken', 'the connection broke')
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new HttpFailure('no-answer', 'the head of its answer is too long')
  if (/^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code))
    return new HttpFailure('unreachable', `no secure connection to it comes about (${code})`)
  if (code.startsWith('HPE_')) return new HttpFailure('no-answer', 'its answer is not HTTP')
  return new HttpFailure('unreachable', CONNECTION_FAULTS.get(code) ?? (code === '' ? message : code))
}
