import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CaptureReader, type CaptureReaderOptions, type CaptureSummary } from '../capture/capture-reader.ts'
import type { AppError } from '../contract/app-error.ts'

/** One datagram or event of a played capture, in order. */
export type Played = {
  readonly datagrams: {
    readonly destination: string
    readonly source: string
    readonly payload: number[]
    readonly timeUs: number
    readonly frame: number
  }[]
  readonly ticks: number[]
  readonly loops: number[]
  readonly warnings: AppError[]
  readonly notices: string[]
  readonly summary: CaptureSummary
  readonly counters: CaptureReader['counters']
  readonly progress: ReturnType<CaptureReader['progress']>
}

/** Plays files, by default as fast as they can be read, and keeps everything. */
export async function playCapture(files: string[], options: Partial<CaptureReaderOptions> = {}): Promise<Played> {
  const reader = new CaptureReader({ files, pace: 'fast', loop: 1, nowUs: () => 0, ...options })
  const datagrams: Played['datagrams'] = []
  const ticks: number[] = []
  const loops: number[] = []
  const warnings: AppError[] = []
  const notices: string[] = []
  const summary = await reader.run(
    {
      datagram(flow, bytes, start, end, timeUs, frame) {
        datagrams.push({
          destination: flow.destination,
          source: flow.sourceAddress,
          payload: Array.from(bytes.subarray(start, end)),
          timeUs,
          frame,
        })
      },
    },
    {
      tick: (timeUs) => ticks.push(timeUs),
      loop: (timeUs) => loops.push(timeUs),
      warning: (error) => warnings.push(error),
      notice: (text) => notices.push(text),
    },
  )
  const { counters } = reader
  return { datagrams, ticks, loops, warnings, notices, summary, counters, progress: reader.progress() }
}

/** A folder for one test file's captures. */
export class CaptureFolder {
  readonly dir: string
  #count = 0

  private constructor(dir: string) {
    this.dir = dir
  }

  static async make(): Promise<CaptureFolder> {
    return new CaptureFolder(await mkdtemp(join(tmpdir(), 'routescope-capture-')))
  }

  async write(bytes: Uint8Array | readonly number[], name = `capture-${++this.#count}.pcap`): Promise<string> {
    const file = join(this.dir, name)
    await writeFile(file, Uint8Array.from(bytes))
    return file
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true })
  }
}
