import { AppFailure } from '../failure/app-failure.ts'
import { formatIpv6, parseIpv4, parseIpv6 } from '../protocol/ip/address.ts'

/** A parsed multicast URL: address and port are null for `atsc://` alone, which tunes through LLS. */
export type MulticastUrl = {
  readonly scheme: 'route' | 'atsc' | 'mabr' | 'stltp'
  /** Address without brackets; a unicast address is a local one to listen on. */
  readonly address: string | null
  readonly port: number | null
  /** Text after the port, with its slash, without GPAC's `:option=value` list; may be empty. */
  readonly path: string
}

const SCHEMES = ['route', 'atsc', 'mabr', 'stltp'] as const
const FORMS = 'Supported are route://IP:PORT, mabr://IP:PORT, stltp://IP:PORT and atsc:// (or atsc://IP:PORT).'

/**
 * Parses `route://225.1.1.0:6000`, `route://[ff15::1]:6000/name`, `mabr://225.1.1.0:6000`, `atsc://`.
 * @throws AppFailure bad-url with the reason
 */
export function parseMulticastUrl(text: string): MulticastUrl {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(text.trim())
  if (match === null) throw badUrl(`"${text}" is not a multicast URL.`, FORMS)
  const scheme = SCHEMES.find((known) => known === (match[1] as string).toLowerCase())
  if (scheme === undefined) throw badUrl(`${match[1]}:// is not a scheme that can be received.`, FORMS)
  const path = (match[3] as string).replace(/^([/?#]):.*$/s, '$1').replace(/:(?:gpac:|[a-z_]+=).*$/is, '')
  // GPAC's options may follow the host directly: atsc://:max_segs=4.
  const authority = (match[2] as string).replace(/:(?:gpac:|[a-z_]+=).*$/is, '')
  if (authority === '') {
    if (scheme === 'atsc') return { scheme, address: null, port: null, path }
    throw badUrl(`${text} names no address.`, `Write it as ${scheme}://225.1.1.0:6000.`)
  }
  const { host, port } = splitPort(text, scheme, authority)
  return { scheme, address: checkAddress(text, host), port: checkPort(text, port), path }
}

function splitPort(text: string, scheme: string, authority: string): { host: string; port: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(authority)
  if (bracketed !== null) return { host: bracketed[1] as string, port: needPort(text, scheme, bracketed[2], authority) }
  if (authority.split(':').length > 2) {
    throw badUrl(`${text} has an IPv6 address without brackets.`, `Write it as ${scheme}://[ff15::1]:6000.`)
  }
  const [host, port] = authority.split(':')
  if (host === '') throw badUrl(`${text} names no address.`, `Write it as ${scheme}://225.1.1.0:6000.`)
  return { host: host as string, port: needPort(text, scheme, port, authority) }
}

function needPort(text: string, scheme: string, port: string | undefined, authority: string): string {
  if (port !== undefined && port !== '') return port
  const host = authority.replace(/:$/, '')
  throw badUrl(`${text} names no port.`, `Add it after the address, for example ${scheme}://${host}:6000.`)
}

function checkPort(text: string, port: string): number {
  const value = /^\d{1,9}$/.test(port) ? Number(port) : Number.NaN
  if (value >= 1 && value <= 65535) return value
  throw badUrl(`The port ${port} of ${text} is not a number from 1 to 65535.`, 'Correct the port after the last colon.')
}

function checkAddress(text: string, host: string): string {
  if (host.includes(':')) {
    const zone = host.indexOf('%')
    const bytes = parseIpv6(zone < 0 ? host : host.slice(0, zone))
    if (bytes === null) throw badUrl(`"${host}" in ${text} is not an IPv6 address.`, 'Correct the address in brackets.')
    if (zone >= 0) {
      throw badUrl(
        `The address ${host} of ${text} names an interface.`,
        `Leave out "${host.slice(zone)}" and choose the interface with --interface ${host.slice(zone + 1) || 'NAME'}.`,
      )
    }
    return formatIpv6(bytes, 0)
  }
  const address = parseIpv4(host)
  if (address === null) {
    throw badUrl(
      /^[\d.]+$/.test(host)
        ? `"${host}" in ${text} is not an IPv4 address.`
        : `"${host}" in ${text} is not an IP address; names are not looked up.`,
      'Give the multicast address in numbers, such as 225.1.1.0.',
    )
  }
  const first = Math.floor(address / 0x1000000)
  if (first === 0 || first >= 240) {
    throw badUrl(
      `${host} in ${text} is neither a multicast address nor one of this machine.`,
      'Multicast addresses are 224.0.0.0 to 239.255.255.255 and ff00::/8.',
    )
  }
  return host
}

function badUrl(message: string, tryThis: string): AppFailure {
  return new AppFailure('bad-url', message, tryThis)
}
