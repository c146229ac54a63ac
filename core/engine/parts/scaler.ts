import type { PartSpec } from '../../contract/session-spec.ts'
import { findFfmpeg } from '../../decode/ffmpeg-program.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { ByteTee } from '../../flow/byte-tee.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import { type PipedProgram, startPipedProgram } from '../../guard/guarded-programs.ts'
import type { Part, PartHost, PartTraffic } from '../part.ts'
import type { ScalerSpec } from './scaler-options.ts'

const SIZE = /^[1-9]\d{0,4}x[1-9]\d{0,4}$/
const RATE = /^[1-9]\d{0,5}(?:\/[1-9]\d{0,5}|\.\d{1,6})?$/
/** Time that ffmpeg has to give what is left once its input has ended, ms. */
const TAIL_MS = 10_000
/** Of what it writes about itself, the end is kept. */
const MAX_WORDS = 2000

/** Finds ffmpeg. @throws AppFailure not-supported where there is none that works; bad-spec for a wrong size or rate */
export async function openScaler(spec: PartSpec, host: PartHost): Promise<Part> {
  const own = spec as unknown as ScalerSpec
  const args = argumentsOf(own)
  const found = await findFfmpeg('auto', new AbortController().signal)
  if (found.kind !== 'found')
    throw new AppFailure(
      'not-supported',
      found.kind === 'absent'
        ? 'Pictures are decoded and scaled by ffmpeg, and there is none on PATH.'
        : `Pictures are decoded and scaled by ffmpeg. ${found.reason}`,
      'Install ffmpeg, or leave ffsws and raw pictures out.',
    )
  return new ScalerPart(own, found.ffmpeg.path, args, host)
}

/** What ffmpeg is told. @throws AppFailure bad-spec */
function argumentsOf({ id, size, from, to, inputSize, inputFps }: ScalerSpec): string[] {
  for (const [name, value, form] of [
    ['osize', size, SIZE],
    ['size', inputSize, SIZE],
    ['fps', inputFps, RATE],
  ] as const)
    if (value !== undefined && !form.test(value))
      throw new AppFailure('bad-spec', `"${value}" of ${id} is no ${name}.`, 'Write 640x360, or 30000/1001.')
  if (from === 'yuv' && inputSize === undefined)
    throw new AppFailure(
      'bad-spec',
      'Raw pictures do not tell their size.',
      'Add it: -i source.yuv:size=1280x720, or name the file so: source_1280x720.yuv.',
    )
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p']
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...(from === 'yuv' ? [...raw, '-video_size', String(inputSize), '-framerate', inputFps] : []),
    ...['-i', 'pipe:0', '-an', '-sn'],
    ...(size === undefined ? [] : ['-vf', `scale=${size.replace('x', ':')}`]),
    ...(to === 'yuv' ? raw : ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-f', 'h264']),
    'pipe:1',
  ]
}

/** Passes a stream through ffmpeg, which is a child of this process and ends with the part. */
class ScalerPart implements Part, ByteSink {
  readonly id: string
  readonly #spec: ScalerSpec
  readonly #path: string
  readonly #args: readonly string[]
  readonly #host: PartHost
  readonly #tee = new ByteTee()
  readonly #takers: Part[] = []
  #program: PipedProgram | null = null
  #ended: Promise<void> = Promise.resolve()
  #draining: Promise<void> | null = null
  #words = ''
  #isStopped = false
  #hasFormat = false

  constructor(spec: ScalerSpec, path: string, args: readonly string[], host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#path = path
    this.#args = args
    this.#host = host
  }

  get input(): ByteSink {
    return this
  }

  link(to: Part): void {
    this.#takers.push(to)
  }

  async start(): Promise<void> {
    for (const { input } of this.#takers) this.#tee.add(input as ByteSink)
    const program = startPipedProgram(this.#path, this.#args)
    this.#program = program
    program.stdout.on('data', (bytes: Uint8Array) => this.#give(bytes))
    program.stderr.on('data', (bytes: Uint8Array) => {
      this.#words = (this.#words + Buffer.from(bytes).toString('utf8')).slice(-MAX_WORDS)
    })
    this.#ended = new Promise((resolve) => program.on('close', () => resolve()))
  }

  async run(): Promise<void> {
    await this.#ended
    const status = this.#program?.exitCode
    if (status !== 0 && !this.#isStopped)
      this.#host.problem(
        {
          code: 'input-unusable',
          message: `ffmpeg ended with ${status ?? 'a signal'}: ${this.#words.trim().split('\n').at(-1) ?? ''}`,
          tryThis: 'See that the input is a picture stream that ffmpeg reads.',
        },
        'error',
      )
    this.#tee.end(this.#host.nowUs())
  }

  chunk(bytes: Uint8Array, start: number, end: number): void {
    const stdin = this.#program?.stdin
    if (stdin === undefined || !stdin.writable) return
    if (stdin.write(bytes.slice(start, end)) || this.#draining !== null) return
    this.#draining = new Promise((resolve) => {
      const settle = (): void => {
        this.#draining = null
        stdin.off('drain', settle)
        stdin.off('close', settle)
        resolve()
      }
      stdin.on('drain', settle)
      stdin.on('close', settle)
    })
  }

  end(): void {
    this.#program?.stdin.end()
  }

  busy(): Promise<void> | null {
    return this.#draining ?? this.#tee.busy()
  }

  async stop(): Promise<void> {
    const program = this.#program
    if (program === null) return
    this.#isStopped = true
    program.stdin.end()
    const timer = setTimeout(() => program.kill('SIGKILL'), TAIL_MS)
    await this.#ended
    clearTimeout(timer)
  }

  async close(): Promise<void> {
    this.#program?.kill('SIGKILL')
    await this.#ended
  }

  traffic(): PartTraffic {
    return { given: this.#tee, waiting: { items: 0, bytes: this.#program?.stdin.writableLength ?? 0 } }
  }

  /** Gives a piece on; ffmpeg waits where a taker does. */
  #give(bytes: Uint8Array): void {
    if (!this.#hasFormat) {
      this.#hasFormat = true
      const isRaw = this.#spec.to === 'yuv'
      this.#tee.format({ contentType: isRaw ? 'video/raw' : 'video/h264', extension: isRaw ? 'yuv' : 'avc' })
    }
    this.#tee.chunk(bytes, 0, bytes.length, this.#host.nowUs())
    const busy = this.#tee.busy()
    if (busy === null) return
    const { stdout } = this.#program ?? {}
    stdout?.pause()
    void busy.then(() => stdout?.resume())
  }
}
