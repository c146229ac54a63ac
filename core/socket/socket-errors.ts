import type { NetworkInterface } from '../contract/engine-api.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { describeInterfaces } from './interfaces.ts'

/** A failure of the system's socket calls, as a sentence about a destination. */
export function socketFailure(
  destination: string,
  cause: unknown,
  interfaces: readonly NetworkInterface[],
): AppFailure {
  switch ((cause as { code?: unknown }).code) {
    case 'EADDRINUSE':
      return new AppFailure(
        'port-in-use',
        `${destination} is in use by another program that does not share it.`,
        'Close the other program, or use another port.',
        cause,
      )
    case 'EADDRNOTAVAIL':
      return new AppFailure(
        'address-not-local',
        `${destination} cannot be listened on: the address is not one of this machine.`,
        `Use a multicast address or one of: ${describeInterfaces(interfaces)}.`,
        cause,
      )
    case 'EACCES':
    case 'EPERM':
      return new AppFailure(
        'socket-failed',
        `The system does not let this user open ${destination}.`,
        'Use a port above 1023, and allow Routescope in the firewall.',
        cause,
      )
    case 'EAFNOSUPPORT':
      return new AppFailure(
        'socket-failed',
        `${destination} cannot be opened: this machine has no IPv6.`,
        'Enable IPv6, or use an IPv4 address.',
        cause,
      )
    case 'EMFILE':
    case 'ENFILE':
      return new AppFailure(
        'socket-failed',
        `${destination} cannot be opened: too many files and sockets are open.`,
        'Join fewer services, or raise the limit with `ulimit -n`.',
        cause,
      )
    default:
      return new AppFailure('socket-failed', `The socket of ${destination} failed.`, 'Try again.', cause)
  }
}

/** The system refused to join a group. */
export function joinFailure(
  destination: string,
  on: string | null,
  cause: unknown,
  interfaces: readonly NetworkInterface[],
): AppFailure {
  const code = (cause as { code?: unknown }).code
  const where = on === null ? 'on the interface the system would choose' : `on ${on}`
  const reason =
    code === 'ENODEV' && on === null
      ? ': there is no route for multicast'
      : code === 'ENOBUFS' || code === 'ENOMEM'
        ? ': too many groups are joined'
        : ''
  return new AppFailure(
    'join-refused',
    `${destination} could not be joined ${where}${reason}.`,
    code === 'ENOBUFS'
      ? 'Join fewer services, or raise net.ipv4.igmp_max_memberships.'
      : `Choose an interface: ${describeInterfaces(interfaces)}.`,
    cause,
  )
}
