import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOST_SETTINGS } from '../../http/host-settings.ts'
import { type HostUse, joinHttpHost } from '../../http/http-host.ts'
import { folderMount } from '../../server/folder-mount.ts'
import { Logins } from '../../server/logins.ts'
import { OwnFiles } from '../../server/own-files.ts'
import { openRoots } from '../../server/roots.ts'
import type { FuzzTarget, OpenTarget } from './fuzz-target.ts'
import { type HostileRequest, hostileRequest, WHOLE_UPLOAD } from './hostile-requests.ts'

/** What lies beside the folders, and must never be seen. */
const SECRET = 'CANARY-OUTSIDE-THE-ROOTS'
/** Requests of one connection, one after another without waiting, and connections at a time. */
const PIPELINED = 16
const AT_ONCE = 8
/** A connection whose client has said all ends within this time, ms. */
const LONGEST_MS = 30_000
const MAX_UPLOAD = 100_000

/** Requests to the server of folders, which is in this process: many on a connection, so that a million takes minutes. */
export const serverTargets = (): FuzzTarget[] => [
  {
    name: 'request to the server of folders',
    unit: 'requests',
    weight: 6,
    batch: 1024,
    open: () => ServedFolders.open(),
  },
]

/** A server that reads one folder and writes another; a secret lies beside them. */
class ServedFolders implements OpenTarget {
  readonly #base: string
  readonly #use: HostUse
  readonly #port: number
  readonly #warnings: string[]
  readonly #beside: string
  #bytesBefore = process.memoryUsage.rss()

  static async open(): Promise<ServedFolders> {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'routescope-requests-')))
    for (const name of ['read/sub', 'write', 'outside']) mkdirSync(join(base, name), { recursive: true })
    writeFileSync(join(base, 'outside', 'secret.txt'), SECRET)
    writeFileSync(join(base, 'read', 'd100.txt'), '0123456789'.repeat(10))
    writeFileSync(join(base, 'read', 'empty.txt'), '')
    writeFileSync(join(base, 'read', 'mid.txt'), 'some text '.repeat(900))
    writeFileSync(join(base, 'read', 'sub', 'inner.txt'), 'inside')
    writeFileSync(join(base, 'read', '.hidden'), SECRET)
    for (const folder of ['read', 'write']) {
      symlinkSync(join(base, 'outside', 'secret.txt'), join(base, folder, 'link.txt'))
      symlinkSync(join(base, 'outside'), join(base, folder, 'linkdir'))
    }
    const warnings: string[] = []
    const warn = (text: string): void => void warnings.push(text)
    const roots = await openRoots({ read: [join(base, 'read')], write: join(base, 'write'), overlay: true }, warn)
    const use = await joinHttpHost('127.0.0.1', 0, {
      ...HOST_SETTINGS,
      connections: 0,
      connectionsPerPeer: 0,
      errors: 0,
    })
    const quiet = { written: () => undefined, arrived: () => undefined, asked: () => undefined }
    const rules = {
      listing: true,
      compressBelow: 50_000,
      cacheControl: null,
      ignoreRanges: false,
      maxBytes: MAX_UPLOAD,
    }
    use.mount(
      folderMount(
        roots,
        { ...rules, cors: 'auto', headers: {} },
        {
          logins: new Logins(null, () => performance.now()),
          own: new OwnFiles(),
          events: { ...quiet, transfers: null, warn },
        },
      ),
    )
    return new ServedFolders(base, use, warnings)
  }

  private constructor(base: string, use: HostUse, warnings: string[]) {
    this.#base = base
    this.#use = use
    this.#port = Number(new URL(use.origin).port)
    this.#warnings = warnings
    this.#beside = this.#besideFolders()
  }

  async run(count: number, random: () => number, spent: (ms: number) => void): Promise<string | null> {
    for (let left = count; left > 0; ) {
      const talks: Promise<string | null>[] = []
      for (let at = 0; at < AT_ONCE && left > 0; at++) {
        const requests = requestsOf(Math.min(left, PIPELINED), random)
        left -= requests.length
        talks.push(this.#talk(requests, random, spent))
      }
      for (const wrong of await Promise.all(talks)) if (wrong !== null) return wrong
    }
    return this.#whatIsLeft()
  }

  memory(): number {
    return Math.max(0, process.memoryUsage.rss() - this.#bytesBefore)
  }

  async close(): Promise<string | null> {
    await this.#use.close()
    rmSync(this.#base, { recursive: true })
    return null
  }

  /** Sends requests on one connection. @returns what was wrong with the answers; null: nothing */
  async #talk(
    requests: readonly HostileRequest[],
    random: () => number,
    spent: (ms: number) => void,
  ): Promise<string | null> {
    const bytes = Buffer.concat(requests.flatMap(({ head, body }) => [Buffer.from(head, 'latin1'), body]))
    const began = performance.now()
    const answers = await exchange(this.#port, bytes, cutsOf(bytes.length, random))
    spent(performance.now() - began)
    const sent = `\nafter ${JSON.stringify(bytes.toString('latin1')).slice(0, 20_000)}`
    if (answers === null) return `a connection did not end within ${LONGEST_MS} ms${sent}`
    if (answers.includes(SECRET)) return `bytes of a file outside of the folders were sent${sent}`
    const failed = /^HTTP\/1\.1 5(?!01|05)\d\d.*/m.exec(answers)
    return failed === null ? null : `${failed[0]}${sent}`
  }

  /** Looks for what a batch has left; what is being cleared up when its last connection ends gets time. */
  async #whatIsLeft(): Promise<string | null> {
    const endMs = performance.now() + LONGEST_MS
    for (;;) {
      const wrong = this.#whatIsWrong()
      if (wrong === null || this.#warnings.length > 0 || performance.now() > endMs) return wrong
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  #whatIsWrong(): string | null {
    if (this.#warnings.length > 0) return this.#warnings[0] as string
    if (this.#besideFolders() !== this.#beside) return 'something outside of the folders has changed'
    const wrong = wrongUpload(join(this.#base, 'write'))
    if (wrong !== null) return wrong
    return this.#use.connections > 0 ? `${this.#use.connections} connections are still open` : null
  }

  /** What must stay as it is, as text. */
  #besideFolders(): string {
    const names = [this.#base, join(this.#base, 'outside'), join(this.#base, 'read')].map((folder) =>
      readdirSync(folder),
    )
    return JSON.stringify([names, readFileSync(join(this.#base, 'outside', 'secret.txt'), 'utf8')])
  }
}

/** Requests of one connection: the last one may end it. */
function requestsOf(most: number, random: () => number): readonly HostileRequest[] {
  const requests: HostileRequest[] = []
  while (requests.length < most) {
    const request = hostileRequest(random)
    requests.push(request)
    if (request.ends) break
  }
  return requests
}

/** Looks for an upload that is there in part, or left aside. */
function wrongUpload(folder: string): string | null {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.') && existsSync(path)) return `${entry.name} was left behind`
    if (entry.isDirectory()) {
      const wrong = wrongUpload(path)
      if (wrong !== null) return wrong
    } else if (entry.name.startsWith(WHOLE_UPLOAD) && !/^<a*>$/.test(readFileSync(path, 'latin1')))
      return `${entry.name} has a part of an upload`
  }
  return null
}

/** Where the bytes of a connection are split: mostly nowhere, at one place, at many, or at each. */
function cutsOf(length: number, random: () => number): readonly number[] {
  const how = random()
  if (how < 0.6 || length === 0) return []
  if (how < 0.61 && length < 2000) return [...Array(length).keys()].slice(1)
  const count = how < 0.9 ? 1 : 30
  return Array.from({ length: count }, () => Math.floor(random() * length)).sort((a, b) => a - b)
}

/** Sends bytes in pieces, and then that nothing more comes. @returns all answers; null: the connection did not end */
function exchange(port: number, bytes: Buffer, cuts: readonly number[]): Promise<string | null> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      let from = 0
      const send = (at: number): void => {
        if (at === cuts.length) return void socket.end(bytes.subarray(from))
        socket.write(bytes.subarray(from, cuts[at]))
        from = cuts[at] as number
        setImmediate(() => send(at + 1))
      }
      send(0)
    })
    let ended = true
    socket.setTimeout(LONGEST_MS, () => {
      ended = false
      socket.destroy()
    })
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(ended ? Buffer.concat(pieces).toString('latin1') : null))
  })
}
