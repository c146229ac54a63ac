import { join } from 'node:path'
import { PcapngWriter } from '../../capture/pcapng-writer.ts'
import type { AppError } from '../../contract/app-error.ts'
import type { LogLevel, LogTopic } from '../../contract/session-spec.ts'
import type { BroadcastSink, PresentationSource } from '../../contract/session-spec-1.ts'
import type { BroadcastSnapshot } from '../../contract/snapshot.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { loadPresentation } from '../../ingest/presentation-loader.ts'
import { FlowTable } from '../../protocol/ip/flow-table.ts'
import { Broadcaster } from '../../send/broadcaster.ts'
import type { PacketOut } from '../../send/emitter.ts'
import { MulticastSender } from '../../socket/multicast-sender.ts'
import { parseMulticastUrl } from '../../socket/multicast-url.ts'
import { ByteRate } from '../rate-meter.ts'

type BroadcastContext = {
  readonly nowUs: () => number
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
  readonly demoDir: string
  readonly onProblem: (error: AppError) => void
}

/** Timers wake no finer than this; what falls due within it goes out together. */
const WAKE_MS = 2
/** What is sent before the event loop gets a turn spans at most so much time. */
const MAX_STEP_US = 8000
/** Steps of a `fast` broadcast before the event loop gets a turn. */
const FAST_STEPS = 4096
/** Where the services of `atsc://` go when the URL names no address: A/331 §6.1 asks for 239.255.major.x. */
const ATSC_SERVICE_ADDRESS = '239.255.2.1'
const ATSC_SERVICE_PORT = 6000

/**
 * One presentation on its way out: the broadcaster says which packet is due when, this sends it then. With `fast` pace
 * packets go only into the capture, stamped with their due times.
 */
export class Broadcasting implements PacketOut {
  readonly #source: PresentationSource
  readonly #sink: BroadcastSink
  readonly #captureFile: string | null
  readonly #durationS: number | null
  readonly #context: BroadcastContext
  readonly #rate = new ByteRate()
  readonly #flows = new FlowTable()
  #broadcaster: Broadcaster | null = null
  #startUs = 0
  #sender: MulticastSender | null = null
  #writer: PcapngWriter | null = null
  readonly #told = new Set<string>()
  #packets = 0
  #bytes = 0
  #stopped = false
  #wake: (() => void) | null = null
  #running: Promise<void> = Promise.resolve()
  #reading: Promise<void> | null = null
  #readFailure: { readonly thrown: unknown } | null = null

  constructor(
    source: PresentationSource,
    sink: BroadcastSink,
    captureFile: string | null,
    durationS: number | null,
    context: BroadcastContext,
  ) {
    this.#source = source
    this.#sink = sink
    this.#captureFile = captureFile
    this.#durationS = durationS
    this.#context = context
  }

  /** @throws AppFailure bad-url, input-unusable, file-not-found, interface-gone, folder-not-writable … */
  async open(): Promise<void> {
    const sink = this.#sink
    if (sink.pace === 'fast' && this.#captureFile === null) {
      throw new AppFailure(
        'bad-spec',
        `${sink.id} sends as fast as it can, to the network.`,
        'Use pace real, or add a capture sink.',
      )
    }
    const { scheme, address, port, path } = parseMulticastUrl(sink.url)
    if (scheme === 'mabr' || scheme === 'stltp') {
      throw new AppFailure(
        'not-supported',
        `${sink.url}: sending ${scheme === 'mabr' ? 'DVB-MABR' : 'STLTP'} is not in this version.`,
        'Send to route://IP:PORT or atsc://.',
      )
    }
    const demo = this.#source.input === 'demo:'
    const presentation = await loadPresentation(demo ? join(this.#context.demoDir, 'manifest.mpd') : this.#source.input)
    this.#startUs = this.#context.nowUs()
    this.#broadcaster = new Broadcaster(
      {
        scheme,
        address: address ?? ATSC_SERVICE_ADDRESS,
        port: port ?? ATSC_SERVICE_PORT,
        serviceId: sink.serviceId,
        serviceName: sink.serviceName,
        loop: this.#source.loop,
        pace: sink.pace,
        flavour: sink.flavour,
        mtu: sink.mtu,
        carouselMs: sink.carouselMs,
        ...(path === '' ? {} : { manifestName: path }),
      },
      presentation,
      this.#startUs,
    )
    if (this.#captureFile !== null) this.#writer = await PcapngWriter.create(this.#captureFile)
    if (this.#sink.pace === 'real') {
      this.#sender = await MulticastSender.open({
        ...(this.#sink.interface === undefined ? {} : { interface: this.#sink.interface }),
        ttl: this.#sink.ttl,
      })
    }
    const into = this.#captureFile === null ? '' : `, into ${this.#captureFile}`
    this.#context.log('send', 'info', `Sending ${this.#source.input} as ${sink.url}${into}`)
  }

  run(): Promise<void> {
    this.#running = this.#sink.pace === 'fast' ? this.#runFast() : this.#runPaced()
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#running.catch(() => undefined)
    await this.#sender?.drained()
    await this.#writer?.close()
    this.#writer = null
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#sender?.close()
    this.#sender = null
  }

  state(): BroadcastSnapshot {
    const counters = this.#broadcaster?.counters
    return {
      url: this.#sink.url,
      packets: this.#packets - (this.#sender?.counters.errors ?? 0),
      bytes: this.#bytes,
      rateBps: this.#rate.bitsPerSecond(this.#context.nowUs(), this.#bytes),
      objects: counters?.objects ?? 0,
      lateMs: (counters?.lateUs ?? 0) / 1000,
    }
  }

  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): void {
    this.#packets++
    this.#bytes += bytes.length
    this.#sender?.send(address, port, bytes)
    if (this.#writer !== null) {
      const flow = this.#flows.byText('127.0.0.1', address, port, port)
      this.#writer.datagram(flow, bytes, 0, bytes.length, timeUs, this.#packets)
    }
  }

  async #runPaced(): Promise<void> {
    const broadcaster = this.#broadcaster
    if (broadcaster === null) return
    let sentUntilUs = this.#startUs
    let turnUs = this.#startUs
    while (!this.#stopped) {
      const due = broadcaster.next()
      if (due === Number.POSITIVE_INFINITY) return
      const now = this.#context.nowUs()
      if (due > now) {
        await this.#sleep(Math.max(WAKE_MS, Math.floor((due - now) / 1000)))
        continue
      }
      this.#read(broadcaster, now)
      // After a hold-up what is due goes out at twice the pace, not at once: receive buffers are short.
      const step = Math.min(MAX_STEP_US, Math.max(WAKE_MS * 1000, 2 * (now - turnUs)))
      sentUntilUs = Math.min(now, Math.max(due, sentUntilUs) + step)
      turnUs = now
      broadcaster.send(sentUntilUs, this)
      await this.#sender?.drained()
      this.#tellProblem(this.#sender?.problem ?? null)
      if (broadcaster.next() <= sentUntilUs) await this.#reading
      if (this.#readFailure !== null) throw this.#readFailure.thrown
    }
  }

  /** Starts to read what will be due soon; packets go on leaving meanwhile. */
  #read(broadcaster: Broadcaster, now: number): void {
    if (this.#reading !== null) return
    const loading = broadcaster.prepare(now)
    if (loading === null) return
    this.#reading = loading.then(
      () => {
        this.#reading = null
      },
      (thrown) => {
        this.#reading = null
        this.#readFailure = { thrown }
      },
    )
  }

  /** Packets that cannot be sent are told once for each reason. */
  #tellProblem(problem: AppError | null): void {
    if (problem === null || this.#told.has(problem.message)) return
    this.#told.add(problem.message)
    this.#context.onProblem(problem)
  }

  async #runFast(): Promise<void> {
    const broadcaster = this.#broadcaster
    if (broadcaster === null) return
    const endUs = this.#durationS === null ? Number.POSITIVE_INFINITY : this.#startUs + this.#durationS * 1e6
    for (let step = 1; !this.#stopped; step++) {
      const due = broadcaster.next()
      if (due > endUs || due === Number.POSITIVE_INFINITY) return
      const loading = broadcaster.prepare(due)
      if (loading !== null) await loading
      broadcaster.send(due, this)
      const writing = this.#writer?.busy() ?? null
      if (writing !== null) await writing
      else if (step % FAST_STEPS === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
