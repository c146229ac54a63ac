import { InvalidArgumentError } from 'commander'
import type { HostPort } from '../contract/option-values.ts'

/**
 * `HOST:PORT`, `[IPv6]:PORT` or `:PORT`.
 * @throws InvalidArgumentError, as all here
 */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535)
    throw new InvalidArgumentError('it is HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:8080')
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port }
}

/** Bytes, also as `512K`, `100M` or `2G`, by 1024. */
export function parseByteCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text)
  const unit = 1024 ** ['', 'k', 'm', 'g'].indexOf((match?.[2] ?? '').toLowerCase())
  const value = match === null ? 0 : Math.round(Number(match[1]) * unit)
  if (value < 64 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('it is a number of bytes from 64, such as 1500, 512K or 100M')
  }
  return value
}

/** A whole number from 0. */
export function parseCount(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('it is a whole number from 0')
  return value
}

/** A number of seconds above 0. */
export function parseSeconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('it is a number of seconds above 0')
  return value
}
