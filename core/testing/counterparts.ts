import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, vi } from 'vitest'
import { freePort } from './free-port.ts'
import { RunningProgram, TestFolder } from './program.ts'

const execute = promisify(execFile)

/** Each of them is on PATH. */
export const hasPrograms = (names: readonly string[]): boolean =>
  names.every((name) => spawnSync(name, [name === 'gpac' || name === 'nginx' ? '-h' : '-version']).error === undefined)

/** A program that is not ours. */
type Counterpart = { readonly child: ChildProcess; readonly ended: Promise<{ readonly status: number | null }> }

/** A line of ours with programs at its other end, in a folder, at ports and a multicast group of its own. */
export class CounterpartRun {
  static #groups = 0
  readonly row: { readonly line: string }
  readonly port: number
  readonly #next: number
  readonly #group: string
  readonly #folder = new TestFolder()
  readonly #ends: (() => unknown)[] = []
  #ours: RunningProgram | null = null

  private constructor(row: { readonly line: string }, port: number, next: number) {
    this.row = row
    this.port = port
    this.#next = next
    this.#group = `239.15.30.${++CounterpartRun.#groups}`
  }

  static async open(row: { readonly line: string }): Promise<CounterpartRun> {
    return new CounterpartRun(row, await freePort(), await freePort())
  }

  get ours(): RunningProgram {
    if (this.#ours === null) throw new Error('our program was not started')
    return this.#ours
  }

  get isStarted(): boolean {
    return this.#ours !== null
  }

  at(...names: string[]): string {
    return this.#folder.at(...names)
  }

  /** Bytes of a file, 0 before it is there. */
  size(name: string): number {
    return existsSync(this.at(name)) ? statSync(this.at(name)).size : 0
  }

  atEnd(close: () => unknown): void {
    this.#ends.push(close)
  }

  /** Starts our program with the line of the row, or another. */
  start(line = this.row.line, env: NodeJS.ProcessEnv = {}): void {
    const ours = new RunningProgram(this.#words(line), { cwd: this.#folder.path, env })
    this.#ours = ours
    this.atEnd(async () => {
      ours.child.kill('SIGKILL')
      await ours.ended
    })
  }

  gpac(line: string): Counterpart {
    return this.#spawn('gpac', this.#words(line))
  }

  /** A server that takes uploads into a folder, at the next port. */
  async nginx(folder: string): Promise<void> {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${this.at(name)};`,
    )
    const server = `server { listen 127.0.0.1:${this.#next}; root ${this.at(folder)}; dav_methods PUT DELETE; create_full_put_path on; client_max_body_size 0; }`
    const user = process.getuid?.() === 0 ? 'user root;' : ''
    const main = `${user} daemon off; master_process off; worker_processes 1; error_log ${this.at('nginx.log')}; pid ${this.at('nginx.pid')};`
    writeFileSync(this.at('nginx.conf'), `${main} events {} http { access_log off; ${paths.join(' ')} ${server} }`)
    this.#spawn('nginx', ['-c', this.at('nginx.conf')])
    await this.listening(this.#next)
  }

  /** What ffprobe says of a file. */
  probe(file: string, ...args: string[]): string {
    const { stdout } = spawnSync('ffprobe', ['-v', 'error', ...args, '-of', 'csv=p=0', this.at(file)])
    return stdout.toString().trim()
  }

  /** Reads a URL with curl, or uploads to it. */
  async curl(url: string, ...args: string[]): Promise<{ status: number; head: string; body: Buffer }> {
    const out = this.at(`curl-${url.replaceAll(/\W/g, '-')}`)
    const { stdout } = await execute('curl', ['-s', '-D', '-', '-o', out, ...args, ...this.#words(url)])
    const head =
      stdout
        .trim()
        .split(/\r\n\r\n/)
        .at(-1) ?? ''
    const body = existsSync(out) ? readFileSync(out) : Buffer.alloc(0)
    return { status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1]), head, body }
  }

  /** Waits for a TCP server, by what the system lists: a connection would be its first client. */
  listening(port: number): Promise<void> {
    return this.#listed('tcp', port, '0A')
  }

  /** Waits for a UDP socket. */
  bound(port: number): Promise<void> {
    return this.#listed('udp', port, '07')
  }

  /** Opens the app in Chromium, and waits until a picture of half a second was shown. */
  async playsInChromium(begun: () => unknown): Promise<void> {
    this.start(this.row.line, { DISPLAY: '', WAYLAND_DISPLAY: '' })
    const [, address = ''] = await this.ours.printed('stdout', /^Open (http:\S+)$/m)
    const args = ['--no-sandbox', '--mute-audio', '--autoplay-policy=no-user-gesture-required']
    const { chromium } = await import('@playwright/test')
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
    this.atEnd(() => browser.close())
    const page = await browser.newPage()
    await page.goto(address)
    await begun()
    const shownS = () =>
      page.locator('video').evaluateAll((all: { currentTime?: number }[]) => all.map((each) => each.currentTime ?? 0))
    await vi.waitFor(async () => expect(Math.max(0, ...(await shownS()))).toBeGreaterThan(0.5), 30_000)
  }

  /** Ends what is still there. */
  async close(): Promise<void> {
    for (const end of this.#ends.reverse()) await end()
    this.#folder.remove()
  }

  #listed(protocol: string, port: number, state: string): Promise<void> {
    const own = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]+:[0-9A-F]+ ${state} `)
    return vi.waitFor(() => {
      const tables = ['', '6'].map((version) => readFileSync(`/proc/net/${protocol}${version}`, 'latin1'))
      expect(tables.some((table) => own.test(table))).toBe(true)
    }, 20_000)
  }

  #words(line: string): string[] {
    return line
      .replaceAll('GROUP', this.#group)
      .replaceAll('PORT', String(this.port))
      .replaceAll('NEXT', String(this.#next))
      .split(' ')
  }

  #spawn(name: string, args: readonly string[]): Counterpart {
    const child = spawn(name, args, { cwd: this.#folder.path, stdio: 'ignore' })
    const ended = new Promise<{ status: number | null }>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status) => resolve({ status }))
    })
    this.atEnd(async () => {
      child.kill('SIGKILL')
      await ended
    })
    return { child, ended }
  }
}
