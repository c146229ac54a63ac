import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { RunningProgram, TestFolder } from './program.ts'
import { askRaw, type RawReply } from './raw-http.ts'

/** Whether there are links and their rights. */
export const posix = process.platform !== 'win32'
/** Content of `d100.txt`. */
export const HUNDRED = '0123456789'.repeat(10)

/** A running server, and how it is asked: a request line without its version, header lines, a body. */
export type ServingProgram = {
  readonly program: RunningProgram
  readonly url: string
  readonly port: number
  readonly ask: (...request: Asked) => Promise<RawReply>
}
type Asked = [line: string, lines?: readonly string[], body?: string | Uint8Array]

/** Servers of a test file, and the folder below which theirs are. */
export class Serving {
  readonly folder = new TestFolder()
  readonly #servers: ServingProgram[] = []

  /** Starts a server; it ends with the tests. */
  async serve(...args: string[]): Promise<ServingProgram> {
    const program = new RunningProgram([
      'serve',
      ...(args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']),
      ...args,
    ])
    const [, url = ''] = await program.printed('stdout', /^Serving (https?:\S+)$/m)
    const port = Number(new URL(url).port)
    const server = { program, url, port, ask: (...request: Asked) => askRaw(port, ...request) }
    this.#servers.push(server)
    return server
  }

  /** The folder A of the cases: files of several kinds and links out of it. */
  folderA(name: string): string {
    const path = this.folder.at(name)
    mkdirSync(this.folder.at(name, 'sub'), { recursive: true })
    const files = {
      'd100.txt': HUNDRED,
      'empty.txt': '',
      'sub/inner.txt': 'inner',
      'mid.txt': HUNDRED.repeat(90),
      'big.txt': HUNDRED.repeat(900),
      'manifest.mpd': '<MPD/>',
      '.hidden': 'hidden',
      'a b&c.svg': '<svg/>',
      '<img src=x onerror=1>.txt': 'markup',
    }
    for (const [file, text] of Object.entries(files)) writeFileSync(this.folder.at(name, file), text)
    writeFileSync(
      this.folder.at(name, 'num.bin'),
      Uint8Array.from({ length: 1024 }, (_, at) => at & 255),
    )
    if (posix) {
      symlinkSync('/etc/hostname', this.folder.at(name, 'link.txt'))
      symlinkSync('/etc', this.folder.at(name, 'linkdir'))
    }
    return path
  }

  /** Ends the servers and removes the folder. */
  async end(): Promise<void> {
    for (const { program } of this.#servers) await program.interrupt()
    this.folder.remove()
  }
}
