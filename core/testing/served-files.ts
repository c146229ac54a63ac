import { readFileSync } from 'node:fs'
import { get, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { defined } from '../contract/defined.ts'
import { unixUsToNtp } from '../protocol/ntp.ts'
import { type Datagram, pcapOf } from './datagrams.ts'
import { type FluteFile, FluteSender } from './flute-sender.ts'
import { DEMO_FOLDER, FIXTURE_START_US } from './make-fixtures.ts'
import { RunningProgram } from './program.ts'

/** A file of the demo presentation. */
export const demoFile = (name: string): Uint8Array => readFileSync(join(DEMO_FOLDER, name))

/** A file on air: its name in the file table, and its content. */
export type FileOnAir = { readonly name: string; readonly contentType?: string; readonly bytes: Uint8Array | string }

/** Initialisation segment and two segments of the demo's video, under these names. */
export function videoOnAir(init: string, first: string, second: string): FileOnAir[] {
  const parts = [init, first, second].map((name, at): FileOnAir => {
    const bytes = demoFile(at === 0 ? 'video-init.mp4' : `video-${at}.m4s`)
    return { name, contentType: 'video/mp4', bytes }
  })
  return parts
}

/** Type of a file by the end of its name. */
function typeOf(name: string): string {
  if (name.endsWith('.mpd')) return 'application/dash+xml'
  return name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'application/octet-stream'
}

/**
 * A capture of a FLUTE session: one table of all files, then each file; its packets are `stepUs` apart.
 * @param rounds times that each file but the last is sent @param lastsUs end of the table's entries after the first packet
 */
export function fluteCapture(
  files: readonly FileOnAir[],
  stepUs = 1000,
  { rounds = 1, withLast = true, lastsUs = null as number | null } = {},
): Uint8Array {
  const expiresNtp = lastsUs === null ? undefined : unixUsToNtp(FIXTURE_START_US + lastsUs).seconds
  const sender = new FluteSender({ digest: 'none', ...defined({ expiresNtp }) })
  const listed = files.map(
    ({ name, contentType, bytes }, at): FluteFile => ({
      toi: at + 1,
      name,
      contentType: contentType ?? typeOf(name),
      bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes,
    }),
  )
  const repeated = listed.slice(0, -1).flatMap((file) => sender.object(file, 0))
  const packets: Datagram[] = sender.table(listed, 0)
  for (let round = 0; round < rounds; round++) packets.push(...repeated)
  if (withLast) packets.push(...listed.slice(-1).flatMap((file) => sender.object(file, 0)))
  return pcapOf(packets.map((packet, at) => ({ ...packet, timeUs: FIXTURE_START_US + at * stepUs })))
}

/** An answer of a gateway. */
export type Answer = {
  readonly status: number
  readonly state: string | null
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly bytes: Buffer
}

/** `routescope gateway` of one capture, asked as players ask: addresses are sent as they are written. */
export class ServedCapture {
  readonly program: RunningProgram
  #base = ''

  private constructor(program: RunningProgram) {
    this.program = program
  }

  /** @param until what it has to print on stderr first; null for nothing */
  static async open(
    capture: string,
    options: readonly string[] = [],
    until: RegExp | null = /The source has ended/,
  ): Promise<ServedCapture> {
    const program = new RunningProgram(['gateway', '--capture', capture, '--listen', '127.0.0.1:0', ...options])
    const served = new ServedCapture(program)
    const [base] = await program.printed('stdout', /http:\/\/127\.0\.0\.1:\d+/)
    served.#base = base
    if (until !== null) await program.printed('stderr', until)
    return served
  }

  /** Address of its index, without the last slash. */
  get base(): string {
    return this.#base
  }

  /** Asks for a path, which is not normalised. */
  ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.#base)
    return new Promise((resolve, reject) => {
      get({ hostname, port, path, headers, agent: false }, (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('error', reject)
        reply.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const state = reply.headers['x-routescope-state']
          resolve({
            status: reply.statusCode ?? 0,
            state: state?.toString() ?? null,
            headers: reply.headers,
            text: bytes.toString(),
            bytes,
          })
        })
      }).on('error', reject)
    })
  }

  /** Asks again until the answer is wanted: each request waits at the gateway, or is refused at once. */
  async askUntil(path: string, wanted: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const answer = await this.ask(path)
      if (wanted(answer)) return answer
    }
  }

  async close(): Promise<void> {
    await this.program.interrupt()
  }
}
