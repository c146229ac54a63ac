import { AppFailure } from '../../failure/app-failure.ts'
import { parseIpv4, parseIpv6 } from '../../protocol/ip/address.ts'

/** An address of a socket without a format of its own. */
export type StreamAddress =
  | { readonly kind: 'udp' | 'tcp'; readonly host: string; readonly port: number; readonly multicast: boolean }
  | { readonly kind: 'unix'; readonly path: string }

const FORM = 'Right form: udp://HOST:PORT, tcp://HOST:PORT or tcpu://PATH.'

/**
 * Reads `udp://HOST:PORT`, `tcp://HOST:PORT` or `tcpu://PATH`, with a trailing slash or none; IPv6 addresses are in brackets.
 * @param defaultPort where the address has none
 * @throws AppFailure bad-url | not-supported
 */
export function parseStreamAddress(text: string, defaultPort: number): StreamAddress {
  const unix = /^(udpu|tcpu):\/\/(.*)$/i.exec(text)
  if (unix !== null) return unixAddress(unix[1] as string, unix[2] as string)
  const match = /^(udp|tcp):\/\/(?:\[([^\]]+)\]|([^:/?#]+))(?::(\d+))?\/?$/i.exec(text)
  const host = match?.[2] ?? match?.[3]
  const port = match?.[4] === undefined ? defaultPort : Number(match[4])
  if (match === null || host === undefined || port < 1 || port > 65535)
    throw new AppFailure('bad-url', `${text} is no address of a socket.`, FORM)
  if (match[2] !== undefined && parseIpv6(host) === null)
    throw new AppFailure('bad-url', `${host} in ${text} is no IPv6 address.`, FORM)
  const kind = (match[1] as string).toLowerCase() as 'udp' | 'tcp'
  return { kind, host, port, multicast: kind === 'udp' && isMulticast(host) }
}

function unixAddress(scheme: string, rest: string): StreamAddress {
  if (scheme.toLowerCase() === 'udpu')
    throw new AppFailure(
      'not-supported',
      `udpu://${rest}: the runtime of this program has no Unix datagram sockets.`,
      'Use tcpu:// for a Unix stream socket, or udp://127.0.0.1:PORT.',
    )
  if (process.platform === 'win32')
    throw new AppFailure(
      'not-supported',
      `tcpu://${rest}: there are no Unix sockets on Windows.`,
      'Use tcp://127.0.0.1:PORT.',
    )
  const path = rest.replace(/\/$/, '')
  if (path === '') throw new AppFailure('bad-url', `${scheme}:// names no path.`, FORM)
  // The system's limit of sun_path.
  if (Buffer.byteLength(path) > 103)
    throw new AppFailure('bad-url', `The path ${path} is longer than a Unix socket may have.`, 'Use a shorter path.')
  return { kind: 'unix', path }
}

function isMulticast(host: string): boolean {
  const first = /^(\d+)\./.exec(host)
  if (parseIpv4(host) !== null) return Number(first?.[1]) >= 224 && Number(first?.[1]) < 240
  return /^ff/i.test(host)
}
