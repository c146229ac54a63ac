import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'

/** How a command is run in a new network, and how others join it there: as root, or as a user who may. */
const WAYS = [
  { begin: ['unshare', '--net'], join: ['nsenter', '--net'] },
  {
    begin: ['unshare', '--user', '--map-root-user', '--net'],
    join: ['nsenter', '--user', '--preserve-credentials', '--net'],
  },
] as const
const SET_UP = 'ip link set lo up'

const WAY =
  process.platform === 'linux'
    ? WAYS.find(({ begin: [command, ...words] }) => spawnSync(command, [...words, 'sh', '-c', SET_UP]).status === 0)
    : undefined

/** Whether this system gives a process a network of its own. */
export const HAS_OWN_NETWORKS = WAY !== undefined && spawnSync('nsenter', ['--version']).status === 0

/** A network with nothing but a loopback interface: groups and ports of others do not reach it (a Linux network namespace). */
export class OwnNetwork {
  /** What programs are run by in it. */
  readonly command: string[]
  readonly #join: readonly string[]
  readonly #holder: ChildProcessWithoutNullStreams

  private constructor(holder: ChildProcessWithoutNullStreams, join: readonly string[]) {
    this.#holder = holder
    this.#join = join
    this.command = [...join, process.execPath]
  }

  /** @throws where HAS_OWN_NETWORKS is false */
  static async open(): Promise<OwnNetwork> {
    if (WAY === undefined) throw new Error('this system gives no network of its own')
    const [command, ...words] = WAY.begin
    // It holds the network for as long as its standard input is open.
    const holder = spawn(command, [...words, 'sh', '-c', `${SET_UP} && echo up && exec cat`])
    await new Promise((resolve, reject) => holder.stdout.once('data', resolve).once('end', reject))
    return new OwnNetwork(holder, [...WAY.join, '--target', String(holder.pid)])
  }

  /** Runs commands of a shell in it, as `ip`. @throws where one fails */
  run(commands: string): void {
    const [command = '', ...words] = this.#join
    const { status, stderr } = spawnSync(command, [...words, 'sh', '-c', commands])
    if (status !== 0) throw new Error(`${commands}: ${stderr}`)
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#holder.on('close', resolve))
    this.#holder.stdin.end()
    await closed
  }
}
