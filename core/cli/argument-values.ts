import { InvalidArgumentError } from 'commander'
import { SESSION_DURATION } from '../contract/option-row.ts'
import { type HostPort, parseEndpoint, readOption } from '../contract/option-values.ts'

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

/** Reads the duration of a session, s. */
export function parseSeconds(text: string): number {
  const reading = readOption({ type: SESSION_DURATION }, text)
  if (!reading.ok) throw new InvalidArgumentError(`it ${reading.problem}`)
  return reading.value as number
}
