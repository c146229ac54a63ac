import { promisify } from 'node:util'
import { deflate, gzip } from 'node:zlib'

/** Codings of a body, the preferred one first. */
export type Coding = 'gzip' | 'deflate'

const CODERS = { gzip: promisify(gzip), deflate: promisify(deflate) } as const
const TEXT =
  /^(?:text\/|application\/(?:json|xml|javascript|dash\+xml|vnd\.apple\.mpegurl|ttml\+xml)|[^;]*\+(?:xml|json))/

/**
 * Chooses the coding that a client prefers (RFC 9110 §12.5.3): gzip before deflate where it takes both alike.
 * @returns null where it takes neither
 */
export function chooseCoding(accepted: string | undefined): Coding | null {
  const weights = new Map<string, number>()
  for (const part of (accepted ?? '').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    weights.set(name, weight === undefined ? 1 : Number(weight))
  }
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0
  const [gzipped, deflated] = [weightOf('gzip'), weightOf('deflate')]
  if (gzipped > 0 && !(deflated > gzipped)) return 'gzip'
  return deflated > 0 ? 'deflate' : null
}

/** Compresses a body; `deflate` is in the format of zlib, as HTTP means it. */
export function encode(coding: Coding, bytes: Uint8Array): Promise<Buffer> {
  return CODERS[coding](bytes)
}

/** Whether a file is worth compressing: text by its type, or, of an unknown type, by its bytes. */
export function isText(mediaType: string, bytes: Uint8Array): boolean {
  if (TEXT.test(mediaType)) return true
  if (mediaType !== 'application/octet-stream') return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
