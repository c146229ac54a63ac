import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { isLoopback } from '../contract/loopback.ts'

/** `auto`: for pages of this machine, and of origins that are allowed by name. `on`: for any page. `off`: never. */
export type CorsMode = 'auto' | 'on' | 'off'

/** Which pages may read replies. */
export type CorsRules = {
  readonly cors: CorsMode
  /** Origins admitted by `auto`, as `https://player.example`. */
  readonly origins?: readonly string[]
}

const EXPOSED = 'Content-Range, Content-Length, ETag, Date, Accept-Ranges, Retry-After, Server-UTC, X-Routescope-State'

/** Headers that let a page of another origin read a reply, errors too. */
export function corsHeaders(
  request: IncomingMessage,
  { cors, origins = [] }: CorsRules,
  methods: readonly string[],
): OutgoingHttpHeaders {
  if (cors === 'off') return {}
  const { origin } = request.headers
  if (cors === 'auto' && (origin === undefined || !isAllowed(origin, origins))) return { Vary: 'Origin' }
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
      'Accept, Authorization, Cache-Control, Content-Range, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range',
    'Access-Control-Max-Age': '600',
    // Chromium asks before a page of a public address reads one of this network.
    ...(request.headers['access-control-request-private-network'] === 'true'
      ? { 'Access-Control-Allow-Private-Network': 'true' }
      : undefined),
  }
}

/**
 * Whether a request may change something: it comes from no page, or from one of an allowed origin. A page under the server's own
 * name is none: any name can be made to lead here (DNS rebinding).
 */
export function allowsOrigin({ headers }: IncomingMessage, { cors, origins = [] }: CorsRules): boolean {
  const { origin } = headers
  if (origin === undefined) return true
  return cors === 'on' || (cors === 'auto' && isAllowed(origin, origins))
}

function isAllowed(origin: string, origins: readonly string[]): boolean {
  return isLoopbackOrigin(origin) || origins.includes(origin)
}

/** Whether a page was served by this machine: from loopback, under any port. */
function isLoopbackOrigin(origin: string): boolean {
  const host = /^https?:\/\/(\[[^\]]*\]|[^:/]*)(?::\d+)?$/i.exec(origin)?.[1]?.toLowerCase()
  return host !== undefined && (host === '[::1]' || host.endsWith('.localhost') || isLoopback(host))
}
