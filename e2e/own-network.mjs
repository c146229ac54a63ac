import { spawnSync } from 'node:child_process'

/** What a command is run by in a new network that has a loopback interface and nothing else: as root, or as a user who may. */
const WAYS = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-root-user', '--net'],
].map((way) => [...way, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'])

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
