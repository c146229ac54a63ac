import type { DatagramSink } from '../flow/datagrams.ts'
import { type AlpCounters, AlpReceiver, type LinkSignalling } from '../protocol/alp/alp-receiver.ts'
import type { FlowTable } from '../protocol/ip/flow-table.ts'
import { IpReader } from '../protocol/ip/ip-reader.ts'
import { LinkLayer } from './link-layer.ts'
import { LINK_TYPE } from './link-types.ts'
import { PassedFrames, type PassedReason } from './passed-frames.ts'
import type { CaptureRecord } from './record.ts'
import { Repeats } from './repeats.ts'
import { SuperPackets } from './super-packets.ts'
import { Wrappings } from './wrappings.ts'

/** A shorter piece of a frame does not tell what it holds. */
const LEAST_BYTES = 34

/** Takes the link-layer signalling of an ALP capture; its bytes are valid during the call. */
type SignallingSink = (signalling: LinkSignalling, timeUs: number, frame: number) => void

/** Reads datagrams from captured frames: link layer or ALP, then IP. One instance per source. */
export class FrameReader {
  readonly ip: IpReader
  /** What packets were wrapped in. */
  readonly wrappings = new Wrappings()
  readonly link = new LinkLayer(this.wrappings)
  /** Frames that could not be read, or not to their end. */
  readonly passed = new PassedFrames()
  /** Frames that the capture has twice. */
  readonly repeats = new Repeats()
  /** Number of the last frame, from 1. */
  frame = 0
  /** Frames of all passes. */
  frames = 0
  /** Frames without IP. */
  nonIp = 0
  readonly #flows: FlowTable
  readonly #alp: AlpReceiver

  constructor(flows: FlowTable, sink: DatagramSink, signalling: SignallingSink) {
    this.#flows = flows
    this.ip = new IpReader(flows, sink)
    this.ip.splitter = new SuperPackets()
    this.ip.unwrapper = this.wrappings
    this.#alp = new AlpReceiver({
      ipPacket: (bytes, start, end, plp) => this.#alpIp(bytes, start, end, plp),
      linkSignalling: (body) => signalling(body, Math.max(0, this.ip.timeUs), this.frame),
    })
  }

  /** Counters of ALP packets; null for captures without ALP. */
  get alp(): Readonly<AlpCounters> | null {
    return this.#alp.counters.packets === 0 ? null : this.#alp.counters
  }

  /** Reads one record at its stream time. */
  read(record: CaptureRecord, timeUs: number): void {
    const { ip } = this
    this.frames++
    ip.frame = ++this.frame
    ip.timeUs = timeUs
    ip.cut = record.originalLength > record.end - record.start
    if (record.linkType === LINK_TYPE.alp) {
      this.#alpPacket(record)
      return
    }
    const start = this.link.ip(record.linkType, record.bytes, record.start, record.end)
    if (start < 0) {
      this.nonIp++
      const { bytes, start: from, end } = record
      this.wrappings.inner.look('frame', this.link.lastOther, bytes, from, end, this.frame)
      if (ip.cut && record.end - record.start < LEAST_BYTES) this.#cut(record)
      return
    }
    ip.vlan = this.link.vlan
    if (this.repeats.watching) this.repeats.look(record.bytes, start, record.end, ip.timeUs)
    const { malformed, cutBySnaplen } = ip.counters
    ip.packet(record.bytes, start, record.end)
    if (ip.counters.malformed > malformed) this.passed.add('header', 0, this.frame)
    else if (ip.counters.cutBySnaplen > cutBySnaplen) this.#cut(record)
  }

  /** Kinds of frames that could not be read or used, each once. */
  untold(): ReturnType<PassedFrames['untold']> {
    this.passed.fragments(this.ip.fragmentsLost, this.ip.lostFragmentFrame)
    return this.passed.untold()
  }

  /** Counts a frame that the parser could not read. */
  passOver(reason: PassedReason, detail: number, captured: number, original: number): void {
    this.frames++
    this.passed.add(reason, detail, ++this.frame, captured, original)
  }

  #cut({ start, end, originalLength }: CaptureRecord): void {
    this.passed.add('cut', 0, this.frame, end - start, originalLength)
  }

  /** Restarts frame numbers: the next frame is the first again. */
  rewind(): void {
    this.frame = 0
  }

  /** Drops waiting fragments and segments at the end of a source. */
  flush(): void {
    this.ip.flush()
    this.#alp.flush()
  }

  /** A record of an ALP capture: one ALP packet. */
  #alpPacket(record: CaptureRecord): void {
    const { ip } = this
    const udpBefore = ip.counters.udp
    if (this.#alp.read(record.bytes, record.start, record.end, -1) < 0) {
      ip.brokenOff()
      if (ip.cut) this.#cut(record)
    } else if (ip.counters.udp === udpBefore) this.nonIp++
  }

  #alpIp(bytes: Uint8Array, start: number, end: number, plp: number): void {
    // Fragments of different PLPs do not belong together.
    this.ip.vlan = plp + 1
    this.#flows.plp = plp
    this.ip.packet(bytes, start, end)
    this.#flows.plp = -1
  }
}
