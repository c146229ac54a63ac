import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { LAST_RESORT_MARK } from '../contract/app-error.ts'
import type { Report } from '../contract/report.ts'

/** The built command line. */
const PROGRAM = join(__dirname, '..', '..', 'dist', 'cli', 'routescope.cjs')

/** Result of a run of the program. */
export type Ended = {
  /** Null after a signal. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The running program; tests can wait for its output. */
export class RunningProgram {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  readonly #output = { stdout: '', stderr: '' }
  readonly #waiting = new Set<() => void>()
  #over = false

  /** `uncaught`: the test expects an error that nothing catches, which fails any other. */
  constructor(
    args: readonly string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv; command?: string[]; uncaught?: true } = {},
  ) {
    const [command = process.execPath, ...before] = options.command ?? [process.execPath]
    this.child = spawn(command, [...before, PROGRAM, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    })
    // A program that ends before it has read its input reports that by its status.
    this.child.stdin.on('error', () => undefined)
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text
        for (const look of [...this.#waiting]) look()
      })
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (status, signal) => {
        this.#over = true
        for (const look of [...this.#waiting]) look()
        // Rejects even where nobody waits for the end: the run then fails for an unhandled rejection.
        if (this.#output.stderr.includes(LAST_RESORT_MARK) && options.uncaught !== true)
          reject(new Error(`The program had an uncaught error: ${this.#output.stderr}`))
        else resolve({ status, signal, ...this.#output })
      })
    })
  }

  /** Waits until the output matches. @throws when the program ends without a match */
  printed(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#output[stream])
        if (match === null && !this.#over) return
        this.#waiting.delete(look)
        if (match !== null) resolve(match)
        else reject(new Error(`ended without ${pattern} on ${stream}: ${JSON.stringify(this.#output)}`))
      }
      this.#waiting.add(look)
      look()
    })
  }

  interrupt(): Promise<Ended> {
    this.child.kill('SIGINT')
    return this.ended
  }
}

/** Runs the program to its end; `stdin` is closed at once, or after the bytes. */
export function routescope(args: readonly string[], stdin?: Uint8Array): Promise<Ended> {
  const program = new RunningProgram(args)
  program.child.stdin.end(stdin)
  return program.ended
}

/** `inspect --json` of non-empty captures, with errors or without. */
export async function inspect(...args: string[]): Promise<Report> {
  const { status, stdout, stderr } = await routescope(['inspect', '--json', ...args])
  if (status !== 0 && (status !== 3 || stdout === '')) throw new Error(`inspect ended with ${status}: ${stderr}`)
  return JSON.parse(stdout) as Report
}

/** What a program tells of a failure: its name, one sentence, and advice, in one line. */
export const ONE_SENTENCE = /^routescope: .*[.:] .*\n$/

/** A folder for one test, removed with its contents at the end. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'routescope-program-'))

  at(...names: string[]): string {
    return join(this.path, ...names)
  }

  /** Writes a file. @returns its path */
  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.at(name), content)
    return this.at(name)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** One file below a folder. */
export type TreeEntry = { readonly path: string; readonly size: number; readonly sha256: string }

/** Every file below a folder with its digest, sorted, in the form of the `.expected.json` files. */
export function treeOf(folder: string): TreeEntry[] {
  return filesBelow(folder)
    .map((file) => {
      const bytes = readFileSync(file)
      return { path: relative(folder, file).split(sep).join('/'), size: bytes.length, sha256: sha256(bytes) }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The tree of a dump. Files of DVB-MABR over FLUTE are in the service that their base names, and without it. */
export function serviceTreeOf(folder: string): TreeEntry[] {
  const base = /^service\d+\/urn\S+?service\W+?(\d+)\//
  return treeOf(folder)
    .map((file) => ({ ...file, path: file.path.replace(base, 'service$1/') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Digest in hex. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  )
}
