import { u16At } from '../../bytes/ints.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import type { SampleSink } from '../../flow/samples.ts'
import { AC3 } from '../audio/ac3.ts'
import { ADTS } from '../audio/adts.ts'
import { MPEG_AUDIO } from '../audio/mpeg-audio.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'
import { AudioElementary, type ElementaryReader, VideoElementary } from './elementary-readers.ts'
import { openPat, openPmt, Sections, type TsProgram, type TsStream } from './psi.ts'
import { TS_CLOCK_WRAP, TS_PACKET_BYTES, TsPackets } from './ts-packets.ts'

/** Bytes of a PES header up to and with the length of its optional fields, and most with them. */
const PES_FIXED_BYTES = 9
const MAX_PES_HEADER = PES_FIXED_BYTES + 255
const NULL_PID = 0x1fff

/** Payload of one packet: `bytes[start, end)`; reused. */
type Payload = {
  bytes: Uint8Array
  start: number
  end: number
  /** payload_unit_start_indicator. */
  starts: boolean
  continuity: number
  /** discontinuity_indicator. */
  announced: boolean
}

/** State of one PID of the chosen program. */
type Pid = {
  readonly reader: ElementaryReader
  continuity: number
  /** Packets are dropped up to the next that begins a PES packet. */
  waits: boolean
  readonly header: Uint8Array
  /** Bytes of the PES header so far; -1: it is over. */
  headerBytes: number
  /** Bytes of the PES packet still to come; infinite for one without length. */
  left: number
}

/**
 * Reads one program of a transport stream (ISO/IEC 13818-1) into samples: the first of the PAT, or the one asked for. Times are at
 * 90 kHz (audio: counted in samples), unwrapped over all its streams, from where the stream has them.
 */
export class TsDemuxer implements ByteSink {
  readonly #sink: SampleSink
  readonly #faults: StreamFaults
  readonly #wanted: number | null
  readonly #packets: TsPackets
  readonly #pat: Sections
  #pmt: Sections | null = null
  #program: TsProgram | null = null
  #streams = ''
  readonly #pids = new Map<number, Pid>()
  /** Last packet of the PID of the PMT and of the PAT, to notice duplicates and gaps. */
  readonly #tableContinuity = new Map<number, number>()
  #lastTicks: number | null = null
  readonly #payload: Payload = {
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
    starts: false,
    continuity: 0,
    announced: false,
  }
  readonly #ids = new Map<number, number>()
  #ended = false

  /** @param program number of the program; null: the first */
  constructor(sink: SampleSink, faults: StreamFaults, program: number | null = null) {
    this.#sink = sink
    this.#faults = faults
    this.#wanted = program
    this.#packets = new TsPackets((bytes, at) => this.#packet(bytes, at), faults)
    this.#pat = new Sections((section) => this.#takePat(section), faults)
  }

  chunk(bytes: Uint8Array, start: number, end: number): void {
    this.#packets.push(bytes, start, end)
  }

  /** Of a new sender (0 bytes missing) tables and times are read anew. */
  discontinuity(missingBytes: number | null): void {
    if (missingBytes === 0) {
      this.#packets.flush()
      this.#flush()
      this.#forget()
      this.#program = null
      this.#pmt = null
      this.#lastTicks = null
    } else for (const pid of this.#pids.values()) this.#gap(pid)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#packets.flush()
    this.#flush()
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #packet(bytes: Uint8Array, at: number): void {
    const pidNumber = u16At(bytes, at + 1) & 0x1fff
    const control = bytes[at + 3] as number
    if (((bytes[at + 1] as number) & 0x80) !== 0) {
      this.#faults.add('malformed')
      return
    }
    if (pidNumber === NULL_PID || (control & 0x10) === 0) return
    const payload = this.#payload
    payload.bytes = bytes
    payload.start = at + 4
    payload.end = at + TS_PACKET_BYTES
    payload.announced = false
    if ((control & 0x20) !== 0) {
      const length = bytes[at + 4] as number
      payload.announced = length > 0 && ((bytes[at + 5] as number) & 0x80) !== 0
      payload.start += 1 + length
    }
    if (payload.start >= payload.end) return
    payload.starts = ((bytes[at + 1] as number) & 0x40) !== 0
    payload.continuity = control & 15
    const pid = this.#pids.get(pidNumber)
    if (pid !== undefined) this.#elementary(pid, payload)
    else if (pidNumber === 0) this.#table(this.#pat, 0, payload)
    else if (pidNumber === this.#program?.pmtPid && this.#pmt !== null) this.#table(this.#pmt, pidNumber, payload)
  }

  #table(sections: Sections, pid: number, { bytes, start, end, starts, continuity }: Payload): void {
    const before = this.#tableContinuity.get(pid)
    this.#tableContinuity.set(pid, continuity)
    if (before === continuity && !starts) return
    if (before !== undefined && ((before + 1) & 15) !== continuity && before !== continuity) sections.drop()
    sections.payload(bytes, start, end, starts)
  }

  #elementary(pid: Pid, { bytes, start, end, starts, continuity, announced }: Payload): void {
    const before = pid.continuity
    pid.continuity = continuity
    if (before === continuity && !announced) {
      this.#faults.add('duplicate')
      return
    }
    if (before >= 0 && ((before + 1) & 15) !== continuity) {
      if (!announced) this.#faults.add('continuity')
      this.#gap(pid)
    }
    if (starts) {
      pid.waits = false
      pid.headerBytes = 0
    } else if (pid.waits) return
    const from = pid.headerBytes >= 0 ? this.#header(pid, bytes, start, end) : start
    const to = Math.min(end, from + pid.left)
    if (to <= from) return
    pid.left -= to - from
    pid.reader.push(bytes, from, to)
  }

  /** Collects the header of a PES packet (§2.4.3.6). @returns where its payload begins */
  #header(pid: Pid, bytes: Uint8Array, start: number, end: number): number {
    const { header } = pid
    let at = start
    while (at < end) {
      header[pid.headerBytes++] = bytes[at++] as number
      const count = pid.headerBytes
      if (count < PES_FIXED_BYTES || count < PES_FIXED_BYTES + (header[8] as number)) continue
      pid.headerBytes = -1
      if (header[0] !== 0 || header[1] !== 0 || header[2] !== 1 || ((header[6] as number) & 0xc0) !== 0x80) {
        this.#faults.add('malformed')
        pid.waits = true
        return end
      }
      const length = u16At(header, 4)
      pid.left = length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, length - 3 - (header[8] as number))
      this.#times(pid)
      return at
    }
    return end
  }

  #times({ header, reader }: Pid): void {
    const flags = (header[7] as number) >> 6
    const fields = header[8] as number
    if ((flags & 2) === 0 || fields < 5) return
    const pts = this.#unwrap(timestampAt(header, 9))
    const dts = flags === 3 && fields >= 10 ? this.#unwrap(timestampAt(header, 14)) : pts
    reader.mark(pts, dts)
  }

  /** The time nearest to the last one of the program. */
  #unwrap(ticks: number): number {
    const last = this.#lastTicks ?? ticks
    const value = ticks + Math.round((last - ticks) / TS_CLOCK_WRAP) * TS_CLOCK_WRAP
    this.#lastTicks = value
    return value
  }

  #gap(pid: Pid): void {
    pid.waits = true
    pid.headerBytes = -1
    pid.reader.gap()
  }

  #takePat(section: Uint8Array): void {
    const programs = openPat(section)
    if (programs === null) return
    const program = this.#wanted === null ? programs[0] : programs.find(({ number }) => number === this.#wanted)
    const now = this.#program
    if (program === undefined || (program.number === now?.number && program.pmtPid === now.pmtPid)) return
    if (now !== null) this.#flush()
    this.#forget()
    this.#program = program
    this.#pmt = new Sections((table) => this.#takePmt(table, program.number), this.#faults)
  }

  #takePmt(section: Uint8Array, program: number): void {
    const streams = openPmt(section, program)
    if (streams === null) return
    const key = streams.map(({ pid, codec }) => `${pid} ${codec}`).join()
    if (key === this.#streams) return
    this.#flush()
    this.#pids.clear()
    this.#streams = key
    for (const stream of streams) {
      const reader = this.#readerOf(stream)
      if (reader === null) this.#faults.add('unsupported')
      else
        this.#pids.set(stream.pid, {
          reader,
          continuity: -1,
          waits: true,
          header: new Uint8Array(MAX_PES_HEADER),
          headerBytes: -1,
          left: 0,
        })
    }
  }

  #readerOf({ pid, codec, language }: TsStream): ElementaryReader | null {
    if (codec === null) return null
    const id = this.#ids.get(pid) ?? this.#ids.size + 1
    this.#ids.set(pid, id)
    if (codec === 'avc' || codec === 'hevc') return new VideoElementary(codec, id, this.#sink, this.#faults)
    const framing = codec === 'adts' ? ADTS : codec === 'ac3' ? AC3 : MPEG_AUDIO
    return new AudioElementary(framing, id, language, this.#sink, this.#faults)
  }

  #flush(): void {
    for (const { reader } of this.#pids.values()) reader.flush()
  }

  #forget(): void {
    this.#pids.clear()
    this.#streams = ''
    this.#tableContinuity.clear()
  }
}

/** A time of 33 bits with its marker bits. */
function timestampAt(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) >> 1) & 7
  return high * 2 ** 30 + (u16At(bytes, at + 1) >> 1) * 2 ** 15 + (u16At(bytes, at + 3) >> 1)
}
