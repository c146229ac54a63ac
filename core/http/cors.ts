import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'

/** `auto`: for requests that name their origin. `on`: always. `off`: never. */
export type CorsMode = 'auto' | 'on' | 'off'

const EXPOSED = 'Content-Range, Content-Length, ETag, Date, Accept-Ranges, Retry-After, X-Routescope-State'

/** Headers that let a page of another origin read a reply, errors too. */
export function corsHeaders(request: IncomingMessage, mode: CorsMode, methods: readonly string[]): OutgoingHttpHeaders {
  if (mode === 'off') return {}
  const { origin } = request.headers
  if (origin === undefined && mode === 'auto') return { Vary: 'Origin' }
  const headers: OutgoingHttpHeaders = {
    'Access-Control-Allow-Origin': origin ?? '*',
    'Access-Control-Expose-Headers': EXPOSED,
    Vary: 'Origin',
  }
  if (request.method !== 'OPTIONS') return headers
  return {
    ...headers,
    'Access-Control-Allow-Methods': [...methods, 'OPTIONS'].join(', '),
    'Access-Control-Allow-Headers':
      'Accept, Cache-Control, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range',
    'Access-Control-Max-Age': '600',
  }
}
