import type { DatagramSink, Flow } from '../flow/datagrams.ts'
import type { Finding } from '../flow/findings.ts'
import type { DatagramInput } from './faces/datagram-input.ts'
import type { Recording } from './faces/recording.ts'

/** A part as its giver of datagrams sees it. */
type Taker = { readonly input?: object | null; readonly recording?: Recording | null }

/** Drops every datagram: the input of an output that is linked to nothing. */
const NOWHERE: DatagramSink = { datagram: () => undefined }

/** Output of a part that gives datagrams: counts them and passes them to every linked part. */
export class DatagramOutput implements DatagramSink {
  datagrams = 0
  /** UDP payload. */
  bytes = 0
  /** Stream time of the first and last datagram, µs; null before the first. */
  firstTimeUs: number | null = null
  lastTimeUs: number | null = null
  readonly #linked: Taker[] = []
  #inputs: readonly DatagramInput[] = []
  /** Every input except the last. */
  #others: readonly DatagramSink[] = []
  #last: DatagramSink = NOWHERE

  /** What was passed on so far. */
  get traffic(): { readonly items: number; readonly bytes: number } {
    return { items: this.datagrams, bytes: this.bytes }
  }

  get inputs(): readonly DatagramInput[] {
    return this.#inputs
  }

  /** Recordings among the linked parts. */
  get recordings(): readonly Recording[] {
    return this.#linked.flatMap(({ recording }) => recording ?? [])
  }

  /** Links a part, which gets datagrams once `connect` is called. */
  link(to: Taker): void {
    this.#linked.push(to)
  }

  /** Begins to pass datagrams, once the linked parts have started. Recordings are first: a datagram can change what is recorded. */
  connect(): void {
    const recordings = this.#linked.filter(({ recording }) => recording)
    for (const part of [...recordings, ...this.#linked.filter(({ recording }) => !recording)])
      this.#set([...this.#inputs, ...inputOf(part)])
  }

  /** Passes datagrams to this part too from now on, before all others. */
  addFirst(part: Taker): void {
    this.#set([...inputOf(part), ...this.#inputs])
  }

  remove(part: Taker): void {
    this.#set(this.#inputs.filter((each) => each !== part.input))
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    this.datagrams++
    this.bytes += end - start
    if (this.firstTimeUs === null) this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
    for (const each of this.#others) each.datagram(flow, bytes, start, end, timeUs, frame)
    this.#last.datagram(flow, bytes, start, end, timeUs, frame)
  }

  tick(timeUs: number): void {
    for (const each of this.#inputs) each.tick?.(timeUs)
  }

  found(finding: Finding): void {
    for (const each of this.#inputs) each.found?.(finding)
  }

  loop(timeUs: number): void {
    for (const each of this.#inputs) each.loop?.(timeUs)
  }

  skipped(fromUs: number, byUs: number): void {
    for (const each of this.#inputs) each.skipped?.(fromUs, byUs)
  }

  /** Back-pressure: null while all linked parts keep up. */
  busy(): Promise<void> | null {
    let waits: Promise<void>[] | null = null
    for (const each of this.#inputs) {
      const wait = each.busy?.() ?? null
      if (wait === null) continue
      waits ??= []
      waits.push(wait)
    }
    return waits === null ? null : Promise.all(waits).then(() => undefined)
  }

  /** Datagrams that linked parts could not pass on. */
  get lost(): number {
    return this.#inputs.reduce((sum, each) => sum + (each.lost ?? 0), 0)
  }

  #set(inputs: readonly DatagramInput[]): void {
    this.#inputs = inputs
    const sinks = inputs.map((each) => each.sink ?? each)
    this.#others = sinks.slice(0, -1)
    this.#last = sinks.at(-1) ?? NOWHERE
  }
}

function inputOf({ input }: Taker): DatagramInput[] {
  return input && 'datagram' in input ? [input as DatagramInput] : []
}
