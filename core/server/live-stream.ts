import type { ByteFormat, ByteSink } from '../flow/bytes.ts'
import type { Exchange } from '../http/exchange.ts'
import { probeMediaType, splitterFor } from '../media/stream/split-stream.ts'
import type { StreamSplitter, StreamUnit } from '../media/stream/stream-unit.ts'
import { type IceRules, IceTitles, iceHeaders } from './ice.ts'

/** How a stream is served. */
export type StreamRules = {
  /** Media type of the replies; null: that of its source, or of its first bytes. */
  readonly mediaType: string | null
  /** Nothing is taken before the first client. */
  readonly hold: boolean
  /** The source waits for the slowest client, which is not disconnected. */
  readonly waits: boolean
  /** Bytes that may wait for one client besides what its connection takes; one for which more wait is disconnected. */
  readonly queueBytes: number
  /** Null: no headers for radio players. */
  readonly ice: IceRules | null
}

/** What a stream has done. */
export type StreamCounts = {
  readonly clients: number
  /** Clients that have been disconnected since too much waited for them. */
  readonly slow: number
  /** Bytes that came from its source, and those of them that nobody was there to get. */
  readonly bytes: number
  readonly unheard: number
  readonly state: 'waiting' | 'running' | 'over'
}

/** Bytes that may wait for a client where the source waits for it: for sources that cannot. */
const WAITED_BYTES = 64 * 1024 * 1024

type Client = {
  readonly exchange: Exchange
  readonly titles: IceTitles | null
  /** It gets all that comes; until then it waits for an entry. */
  joined: boolean
}

/**
 * One endless stream, sent to all clients that are there. A client that joins late begins where decoding can begin. One that is too
 * slow is disconnected; the others never wait for it.
 */
export class LiveStream implements ByteSink {
  readonly #rules: StreamRules
  readonly #name: string
  readonly #warn: (text: string) => void
  readonly #clients = new Set<Client>()
  #splitter: StreamSplitter | null = null
  #mediaType: string | null
  /** Units from before the first client, where it holds. */
  #held: StreamUnit[] = []
  #heldBytes = 0
  #holding: boolean
  /** Units have gone by: who comes now has to wait for an entry. */
  #begun = false
  #over = false
  #slow = 0
  #bytes = 0
  #unheard = 0
  #waiting: (() => void)[] = []
  #tellEnd: () => void = () => {}
  /** Settles once the stream has ended and its last client has all of it. */
  readonly ended = new Promise<void>((resolve) => {
    this.#tellEnd = resolve
  })

  /** @param name path that is served */
  constructor(name: string, rules: StreamRules, warn: (text: string) => void) {
    this.#name = name
    this.#rules = rules
    this.#warn = warn
    this.#holding = rules.hold
    this.#mediaType = rules.mediaType
  }

  get counts(): StreamCounts {
    const state = this.#over ? 'over' : this.#bytes === 0 || this.#holding ? 'waiting' : 'running'
    return { clients: this.#clients.size, slow: this.#slow, bytes: this.#bytes, unheard: this.#unheard, state }
  }

  format({ contentType }: ByteFormat): void {
    if (this.#rules.mediaType === null) this.#mediaType = contentType
    // What comes is of another format, and so is what a client needs to begin.
    if (this.#splitter !== null) this.#deliver(this.#splitter.end())
    this.#splitter = null
  }

  chunk(bytes: Uint8Array, start: number, end: number): void {
    if (this.#over) return
    const piece = bytes.subarray(start, end)
    if (this.#splitter === null) {
      this.#mediaType ??= probeMediaType(piece)
      this.#splitter = splitterFor(this.#mediaType)
    }
    this.#bytes += piece.byteLength
    this.#deliver(this.#splitter.push(piece))
  }

  /** Begins again, with the next client, once what it holds has been given to one. */
  async reopen(): Promise<void> {
    while (this.#holding) await this.#change()
    this.#over = false
    this.#holding = true
    this.#begun = false
    this.#splitter = null
  }

  end(): void {
    if (this.#over) return
    if (this.#splitter !== null) this.#deliver(this.#splitter.end())
    this.#over = true
    for (const { exchange } of this.#clients) exchange.end()
    this.#tell()
  }

  /** While it waits for its first client, or while every client is behind, or the one that it waits for. */
  busy(): Promise<void> | null {
    return this.#isBusy ? this.#change() : null
  }

  /** While it waits for its first client, or for a slow one. */
  ready(): Promise<void> | null {
    return this.#holding || this.#awaitsClient ? this.#change() : null
  }

  /** Answers GET and HEAD. */
  answer(exchange: Exchange): void {
    if (this.#over && !this.#holding) {
      exchange.refuse({ status: 404, sentence: 'This stream is over; it is no longer available.' })
      return
    }
    const { ice } = this.#rules
    const title = exchange.request.headers['icy-metadata'] === '1' ? (ice?.title ?? null) : null
    exchange.head(200, {
      'Content-Type': this.#mediaType ?? 'application/octet-stream',
      'Cache-Control': 'no-cache, no-store',
      'Accept-Ranges': 'none',
      ...(ice === null ? undefined : iceHeaders(ice, this.#splitter?.facts ?? null, title !== null)),
    })
    if (exchange.isHead) {
      exchange.end()
      return
    }
    exchange.response.flushHeaders()
    const titles = title === null ? null : new IceTitles(title)
    const client: Client = { exchange, titles, joined: !this.#begun }
    this.#clients.add(client)
    exchange.response.on('drain', () => this.#tell())
    exchange.response.on('close', () => {
      this.#clients.delete(client)
      this.#tell()
    })
    this.#release(client)
    this.#tell()
  }

  /** Gives the first client what was held for it. */
  #release(client: Client): void {
    if (!this.#holding) return
    this.#holding = false
    this.#begun = true
    for (const unit of this.#held) this.#give(client, unit)
    this.#held = []
    this.#heldBytes = 0
    if (this.#over) client.exchange.end()
  }

  #deliver(units: readonly StreamUnit[]): void {
    for (const unit of units) {
      if (this.#holding) this.#hold(unit)
      else this.#send(unit)
    }
  }

  /** Keeps a unit for the first client; the oldest go where the source does not wait. */
  #hold(unit: StreamUnit): void {
    this.#held.push(unit)
    this.#heldBytes += unit.bytes.byteLength
    while (this.#heldBytes > this.#rules.queueBytes && this.#held.length > 1) {
      const bytes = this.#held.shift()?.bytes.byteLength ?? 0
      this.#heldBytes -= bytes
      this.#unheard += bytes
      this.#begun = true
    }
  }

  #send(unit: StreamUnit): void {
    this.#begun = true
    if (this.#clients.size === 0) this.#unheard += unit.bytes.byteLength
    for (const client of this.#clients) {
      const { response } = client.exchange
      if (response.writableNeedDrain && response.writableLength > this.#mostBytes) this.#drop(client)
      else this.#give(client, unit)
    }
  }

  #drop(client: Client): void {
    this.#slow++
    this.#clients.delete(client)
    this.#warn(`A client of ${this.#name} was too slow: more than ${this.#mostBytes} bytes waited for it.`)
    client.exchange.response.destroy()
  }

  /** Gives a client a unit, or leaves it out where the client cannot begin with it. */
  #give(client: Client, { bytes, entry }: StreamUnit): void {
    const lead = client.joined || !entry ? null : (this.#splitter?.lead ?? null)
    client.joined ||= entry
    if (!client.joined || client.exchange.isOver) return
    if (lead !== null) this.#write(client, lead)
    this.#write(client, bytes)
  }

  #write({ exchange, titles }: Client, bytes: Uint8Array): void {
    exchange.write(titles === null ? bytes : titles.put(bytes))
  }

  /** Bytes that may wait for one client. */
  get #mostBytes(): number {
    const { waits, queueBytes } = this.#rules
    return waits ? Math.max(queueBytes, WAITED_BYTES) : queueBytes
  }

  get #awaitsClient(): boolean {
    if (!this.#rules.waits || this.#over) return false
    for (const { exchange } of this.#clients) if (exchange.response.writableNeedDrain) return true
    return false
  }

  get #isBusy(): boolean {
    if (this.#over) return false
    if (this.#holding) return this.#heldBytes > 0
    if (this.#rules.waits) return this.#awaitsClient
    if (this.#clients.size === 0) return false
    for (const { exchange } of this.#clients) if (!exchange.response.writableNeedDrain) return false
    return true
  }

  /** Settles once a client has come, gone, or caught up. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #tell(): void {
    if (this.#over && !this.#holding && this.#clients.size === 0) this.#tellEnd()
    const waiting = this.#waiting
    this.#waiting = []
    for (const tell of waiting) tell()
  }
}
