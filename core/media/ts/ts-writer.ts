import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { START_CODE } from '../annexb/annexb-writer.ts'
import { eachNal, nalCodecOf, nalLengthBytes, parameterSetsOf } from '../annexb/video-track.ts'
import { ADTS_HEADER_BYTES, openAudioSpecificConfig, writeAdtsHeader } from '../audio/adts.ts'
import { openEsds } from '../audio/esds.ts'
import { PesBuffer } from './pes-buffer.ts'
import { TsPacketiser } from './ts-packetiser.ts'
import { makePat, makePmt, PMT_PID, type PmtStream } from './ts-tables.ts'

const CLOCK = 90_000
/** Time of the first decoding, so that clocks before it are above 0. */
const BASE_TICKS = 10 * CLOCK
/** Largest distances of tables and of clock references, in media time. */
const TABLES_TICKS = 0.1 * CLOCK
const PCR_TICKS = 0.04 * CLOCK
/** Decoding follows the clock reference sent with a picture by as much. */
const DELAY_TICKS = 0.1 * CLOCK
/** Media times beyond are no pause but a jump: nothing is sent for the time between. */
const MAX_PAUSE_TICKS = 10 * CLOCK
const FIRST_PID = 0x100
/** Audio beside video: a PES packet has frames of as much time. The first is presented so much after its sending. */
const GROUP_TICKS = 0.05 * CLOCK
/** Bytes from which on a PES packet takes no other frame. */
const MAX_GROUP_BYTES = 32 * 1024
/** A frame follows the one before as exactly as this: only the first of a PES packet has a time. */
const CONTINUITY_TICKS = 22
const DELIMITERS = { avc: [0, 0, 0, 1, 9, 0xf0], hevc: [0, 0, 0, 1, 0x46, 1, 0x50] } as const

type Track = {
  track: SampleTrack
  readonly pid: number
  readonly streamId: number
  nal: 'avc' | 'hevc' | null
  sets: readonly Uint8Array[]
  lengthBytes: number
  adts: ReturnType<typeof openAudioSpecificConfig>
  readonly frames: Frames
}

/** Audio frames that are collected for one PES packet. */
type Frames = {
  readonly pes: PesBuffer
  isOpen: boolean
  firstTicks: number
  /** End of the last. */
  nextTicks: number
}

/** Whether a transport stream carries the codec. */
export function fitsTs(codec: string): boolean {
  return nalCodecOf(codec) !== null || /^(mp4a\.40|mp4a\.6b$|mp4a\.69$|ac-3$|ec-3$)/i.test(codec)
}

/**
 * Writes samples of all tracks, in the order of their decode times, as a transport stream (ISO/IEC 13818-1): PAT and PMT at least
 * every 100 ms and before each random access point, PCR at least every 40 ms of media time, video with delimiters and parameter sets
 * before each sync sample, audio beside video in PES packets of some frames. Each chunk is the packets of one PES packet, at the decode
 * time of its last sample.
 */
export class TsWriter implements SampleSink {
  readonly #sink: ByteSink
  readonly #packets = new TsPacketiser()
  readonly #pat = makePat()
  #pmt: Uint8Array | null = null
  #version = -1
  readonly #tracks = new Map<number, Track>()
  /** Decode time of the first sample, s. */
  #originS: number | null = null
  #tablesTicks = Number.NEGATIVE_INFINITY
  #pcrTicks = Number.NEGATIVE_INFINITY
  #discontinuity = false
  readonly #pes = new PesBuffer()
  /** Decode time of the sample taken last. */
  #nowTicks = 0

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  track(track: SampleTrack): void {
    if (!fitsTs(track.codec)) return
    const { id, kind, codec, configuration } = track
    const known = this.#tracks.get(id)
    if (known !== undefined) this.#sendGroup(known)
    const nal = nalCodecOf(codec)
    const esds = codec.startsWith('mp4a.40') && configuration !== null ? openEsds(configuration) : null
    const adts = esds === null ? null : openAudioSpecificConfig(esds.specific)
    const sets = nal !== null && configuration !== null ? parameterSetsOf(nal, configuration) : []
    const lengthBytes = nal !== null && configuration !== null ? nalLengthBytes(nal, configuration) : 4
    const changed = known === undefined || known.track.codec.slice(0, 4) !== codec.slice(0, 4)
    const audios = [...this.#tracks.values()].filter((each) => each.track.kind === 'audio').length
    const streamId = kind === 'video' ? 0xe0 : /^(ac-3|ec-3)/.test(codec) ? 0xbd : 0xc0 + (audios & 31)
    this.#tracks.set(id, {
      track,
      pid: known?.pid ?? FIRST_PID + this.#tracks.size,
      streamId: known?.streamId ?? streamId,
      nal,
      sets,
      lengthBytes,
      adts,
      frames: { pes: new PesBuffer(), isOpen: false, firstTicks: 0, nextTicks: 0 },
    })
    if (!changed) return
    this.#pmt = null
    this.#tablesTicks = Number.NEGATIVE_INFINITY
  }

  sample(sample: Sample): void {
    const track = this.#tracks.get(sample.track)
    if (track === undefined) return
    const { timescale, startTicks = 0 } = track.track
    const decodeS = (sample.decodeTicks - startTicks) / timescale
    this.#originS ??= decodeS
    const dts = Math.round((decodeS - this.#originS) * CLOCK) + BASE_TICKS
    const pts = Math.round((decodeS - this.#originS + sample.offsetTicks / timescale) * CLOCK) + BASE_TICKS
    this.#sendOverdue(dts)
    this.#nowTicks = dts
    if (track.track.kind === 'audio' && pts === dts && track !== this.#clockTrack()) {
      this.#group(track, sample, dts)
      return
    }
    this.#pes.begin(track.streamId, pts, dts)
    if (track.nal === null) this.#frame(this.#pes, track, sample.data)
    else this.#video(this.#pes, track, track.nal, sample.data, sample.sync)
    this.#send(track, this.#pes, dts, sample.sync && track.track.kind === 'video')
  }

  /** Samples are missing: the next clock reference is marked. */
  gap(): void {
    this.#sendGroups()
    this.#discontinuity = true
  }

  end(): void {
    this.#sendGroups()
    this.#sink.end(0)
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  /** Tables for one who joins an audio stream between them; of video they come with each random access point. */
  #preamble(audio: boolean): Uint8Array | null {
    if (!audio || this.#pmt === null) return null
    const both = new Uint8Array(this.#pat.length + this.#pmt.length)
    both.set(this.#pat)
    both.set(this.#pmt, this.#pat.length)
    return both
  }

  /** Clock references and tables for the time up to the next sample. */
  #fillUntil(dts: number): void {
    if (this.#pmt === null || !Number.isFinite(this.#pcrTicks)) return
    if (dts - this.#pcrTicks > MAX_PAUSE_TICKS || dts < this.#pcrTicks - MAX_PAUSE_TICKS) {
      this.#discontinuity = true
      this.#pcrTicks = dts - PCR_TICKS
      return
    }
    while (dts - this.#pcrTicks > PCR_TICKS) {
      const at = this.#pcrTicks + PCR_TICKS
      if (at - this.#tablesTicks >= TABLES_TICKS - PCR_TICKS) this.#tables(at)
      this.#pcrOnly(at)
      this.#flush(at)
    }
  }

  #pcrOnly(dts: number): void {
    const clock = this.#clockTrack()
    if (clock === null) return
    this.#packets.pcrOnly(clock.pid, clockOf(dts))
    this.#pcrTicks = dts
  }

  #tables(dts: number): void {
    if (this.#pmt === null) {
      this.#version++
      const clock = this.#clockTrack()
      this.#pmt = makePmt(this.#version, clock?.pid ?? FIRST_PID, [...this.#tracks.values()].map(streamOf))
    }
    this.#packets.table(this.#pat, 0)
    this.#packets.table(this.#pmt, PMT_PID)
    this.#tablesTicks = dts
  }

  #clockTrack(): Track | null {
    const tracks = [...this.#tracks.values()]
    return tracks.find(({ track }) => track.kind === 'video') ?? tracks[0] ?? null
  }

  /** Adds a frame to the PES packet of its track, which is sent once it has enough of them. */
  #group(track: Track, { data, durationTicks }: Sample, dts: number): void {
    const { frames } = track
    const isNext = Math.abs(dts - frames.nextTicks) <= CONTINUITY_TICKS && frames.pes.length < MAX_GROUP_BYTES
    if (frames.isOpen && !isNext) this.#sendGroup(track)
    if (!frames.isOpen) {
      frames.isOpen = true
      frames.firstTicks = dts
      frames.pes.begin(track.streamId, dts, dts)
    }
    this.#frame(frames.pes, track, data)
    frames.nextTicks = dts + Math.round((durationTicks / track.track.timescale) * CLOCK)
    if (frames.nextTicks - frames.firstTicks > GROUP_TICKS) this.#sendGroup(track)
  }

  /** Sends the frames that were collected of a track. */
  #sendGroup(track: Track): void {
    const { frames } = track
    if (!frames.isOpen) return
    frames.isOpen = false
    this.#send(track, frames.pes, this.#nowTicks, false)
  }

  /** Sends frames that have waited long enough; all of them where times do not go on from theirs. */
  #sendOverdue(dts: number): void {
    for (const track of this.#tracks.values())
      if (track.frames.isOpen && Math.abs(dts - track.frames.firstTicks) > GROUP_TICKS) this.#sendGroup(track)
  }

  #sendGroups(): void {
    for (const track of this.#tracks.values()) this.#sendGroup(track)
  }

  /** Sends a PES packet at a decode time, with the tables and clock references due before it. */
  #send(track: Track, pes: PesBuffer, dts: number, randomAccess: boolean): void {
    this.#fillUntil(dts)
    const isClock = track === this.#clockTrack()
    if (randomAccess || dts - this.#tablesTicks >= TABLES_TICKS - PCR_TICKS) this.#tables(dts)
    if (!Number.isFinite(this.#pcrTicks) && !isClock) this.#pcrOnly(dts)
    if (track.nal === null) pes.bound()
    const isAudio = track.track.kind === 'audio'
    if (randomAccess || (isAudio && this.#clockTrack()?.track.kind === 'audio'))
      this.#sink.joinable?.(this.#preamble(isAudio))
    const pcr = isClock ? clockOf(dts) : null
    if (pcr !== null) this.#pcrTicks = dts
    const discontinuity = isClock && this.#discontinuity
    this.#packets.pes(track.pid, pes.bytes, pes.length, { pcr, randomAccess, discontinuity })
    if (isClock) this.#discontinuity = false
    this.#flush(dts)
  }

  /** Writes a frame of audio, or a unit of what is neither audio nor video. */
  #frame(pes: PesBuffer, { adts }: Track, data: Uint8Array): void {
    if (adts !== null) {
      const at = pes.room(ADTS_HEADER_BYTES)
      writeAdtsHeader(pes.bytes, at, adts, data.length)
    }
    pes.append(data)
  }

  #video(pes: PesBuffer, track: Track, nal: 'avc' | 'hevc', data: Uint8Array, sync: boolean): void {
    pes.append(DELIMITERS[nal])
    let has = false
    const typeOf = (at: number): number =>
      nal === 'avc' ? (data[at] as number) & 31 : ((data[at] as number) >> 1) & 63
    const isSet = (type: number): boolean => (nal === 'avc' ? type === 7 || type === 8 : type >= 32 && type <= 34)
    if (sync) eachNal(data, track.lengthBytes, (start) => (has ||= isSet(typeOf(start))))
    if (sync && !has)
      for (const set of track.sets) {
        pes.append(START_CODE)
        pes.append(set)
      }
    eachNal(data, track.lengthBytes, (start, end) => {
      // A delimiter of the sample's own would be a second one.
      if (typeOf(start) === (nal === 'avc' ? 9 : 35)) return
      pes.append(START_CODE)
      pes.append(data.subarray(start, end))
    })
  }

  #flush(dts: number): void {
    const { bytes, length } = this.#packets
    this.#packets.length = 0
    if (length > 0) this.#sink.chunk(bytes, 0, length, this.#timeOf(dts))
  }

  #timeOf(dts: number): number {
    return Math.round(((this.#originS ?? 0) + (dts - BASE_TICKS) / CLOCK) * 1e6)
  }
}

/** Clock reference at the time of sending, in units of 27 MHz. */
function clockOf(dts: number): number {
  return Math.max(0, Math.round((dts - DELAY_TICKS) * 300))
}

function streamOf({ track: { codec, language }, pid }: Track): PmtStream {
  const descriptors: number[] = []
  const register = (name: string): void => void descriptors.push(5, 4, ...[...name].map((c) => c.charCodeAt(0)))
  if (language !== null && /^[a-z]{3}$/.test(language))
    descriptors.push(10, 4, ...[...language].map((c) => c.charCodeAt(0)), 0)
  const lower = codec.toLowerCase()
  let streamType = 0x0f
  if (nalCodecOf(codec) !== null) streamType = nalCodecOf(codec) === 'avc' ? 0x1b : 0x24
  else if (lower === 'mp4a.6b') streamType = 3
  else if (lower === 'mp4a.69') streamType = 4
  else if (lower === 'ac-3') {
    streamType = 0x81
    register('AC-3')
  } else if (lower === 'ec-3') {
    streamType = 0x87
    register('EAC3')
  }
  return { pid, streamType, descriptors }
}
