import { InvalidArgumentError } from 'commander'
import { type HostPort, parseEndpoint } from '../contract/option-values.ts'

/**
 * Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT`.
 * @throws InvalidArgumentError, as all here
 */
export function parseHostPort(text: string): HostPort {
  const endpoint = parseEndpoint(text)
  if (endpoint === null)
    throw new InvalidArgumentError('it is HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:8080')
  return endpoint
}

/** Reads a number of seconds above 0. */
export function parseSeconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('it is a number of seconds above 0')
  return value
}
