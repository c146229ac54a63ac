import { spawnSync } from 'node:child_process'

/**
 * A loopback interface, and one beside it with a default route that leads nowhere: browsers look for such a one, and some of
 * what they do never ends without.
 */
const SET_UP = [
  'ip link set lo up',
  'ip link add lan type veth peer name far',
  'ip addr add 192.0.2.1/24 dev lan',
  'ip link set far up',
  'ip link set lan up',
  'ip route add default via 192.0.2.2',
  'exec "$@"',
].join(' && ')

/** What a command is run by in a new network: as root, or as a user who may. */
const WAYS = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-root-user', '--net'],
].map((way) => [...way, 'sh', '-c', SET_UP, 'sh'])

/**
 * Words to put before a command so that it runs in a network of its own (a Linux network namespace): multicasts, ports and firewalls of
 * others do not reach it, nor its own anybody. Null where the system has none, or not for this user.
 *
 * @returns {readonly string[] | null}
 */
export function networksOfTheirOwn() {
  if (process.platform !== 'linux') return null
  return WAYS.find(([file, ...args]) => spawnSync(/** @type {string} */ (file), [...args, 'true']).status === 0) ?? null
}
