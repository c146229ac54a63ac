import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { SampleSink } from '../../flow/samples.ts'
import type { MediaFormat } from '../../media/stream/media-formats.ts'
import { openWriter } from '../../media/stream/open-stages.ts'
import { StreamFaults } from '../../media/stream/stream-faults.ts'
import { TS_PACKET_BYTES } from '../../media/ts/ts-packets.ts'
import { PacedOutput } from '../../socket/stream/paced-output.ts'
import { PacketOutput } from '../../socket/stream/packet-output.ts'
import { type PacketFraction, parsePacketFraction } from '../../socket/stream/packet-shaper.ts'
import { parseStreamAddress, type StreamAddress } from '../../socket/stream/stream-address.ts'
import { openStreamOutlet, type StreamOutlet } from '../../socket/stream/stream-outlet.ts'
import { mediaSection } from '../media/media-section.ts'
import { SampleFrom } from '../media/sample-from.ts'
import { SampleInput } from '../media/sample-input.ts'
import { SampleOutlet } from '../media/sample-outlet.ts'
import { outputFormat } from '../media/stream-format.ts'
import { type AnySection, NOTHING, type Part, type PartHost, type PartTraffic, type StopReason } from '../part.ts'
import type { SocketOutSpec } from './socket-out-options.ts'

/** Bytes of a datagram of an elementary stream, so that no network has to cut it. */
const DATAGRAM_BYTES = 1400
/** Time by which segments of a broadcast may be late, µs. */
const LIVE_DELAY_US = 1_000_000
/** Media time for which further tracks are waited for: segments come whole, one representation after the other. */
const LIVE_FIRST_S = 3
const FIRST_S = 1
const FRAGMENTED = /^s?frag$/
/** Suffixes that mean fragments by themselves. */
const FRAGMENT_SUFFIX = /^(?:m4s|cmf[va]|frag|fmp4)$/i

/** Opens the socket once format and options are known to go together. @throws AppFailure bad-spec | bad-url | not-supported | … */
export async function openSocketOut(spec: PartSpec, host: PartHost): Promise<Part> {
  const options = spec as unknown as SocketOutSpec
  const shown = options.address.replace(/\/$/, '')
  const address = parseStreamAddress(options.address, options.port)
  const format = outputFormat(options, address.kind === 'unix' ? address.path : '', shown)
  if (format === 'mp4' && !FRAGMENTED.test(options.store) && !FRAGMENT_SUFFIX.test(options.ext ?? ''))
    throw new AppFailure(
      'not-supported',
      `Plain MP4 cannot be sent to ${shown}: it needs bytes already sent to be changed at the end.`,
      'Choose fragmented MP4 (store=frag) or MPEG-2 TS (ext=ts).',
    )
  const drop = options.drop === undefined ? null : parsePacketFraction(options.drop, 'pckd')
  const swap = options.reorder === undefined ? null : parsePacketFraction(options.reorder, 'pckr')
  return new SocketOutPart(options, host, { address, format, drop, swap, speed: speedOf(options.speed) })
}

/** What was read of the options. */
type Plan = {
  readonly address: StreamAddress
  readonly format: MediaFormat
  readonly drop: PacketFraction | null
  readonly swap: PacketFraction | null
  readonly speed: number
}

/** Sends media as a byte stream. The socket is opened once every part of the session is. */
class SocketOutPart implements Part {
  readonly id: string
  readonly #spec: SocketOutSpec
  readonly #host: PartHost
  readonly #plan: Plan
  readonly #sections: readonly AnySection[]
  readonly #givers = new SampleInput()
  #isLive = false
  #outlet: StreamOutlet | null = null
  #packets: PacketOutput | null = null
  #paced: PacedOutput | null = null
  #writer: SampleOutlet | null = null
  #input: SampleSink | null = null
  #ended = false

  constructor(spec: SocketOutSpec, host: PartHost, plan: Plan) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#plan = plan
    this.#sections = mediaSection(() => ({
      part: spec.id,
      direction: 'out',
      address: spec.address,
      bytes: this.#outlet?.counts.bytes ?? 0,
      packets: this.#outlet?.counts.packets ?? 0,
      clients: this.#outlet?.counts.clients ?? 0,
      dropped: (this.#outlet?.counts.dropped ?? 0) + (this.#paced?.dropped ?? 0),
    }))
  }

  get input(): SampleSink {
    if (this.#input === null) throw new Error('the socket has not been opened')
    return this.#givers.lane(this.#input)
  }

  linked(from: Part): void {
    this.#givers.add()
    if (from.wants !== undefined) this.#isLive = true
  }

  /** @throws AppFailure source-unreachable | port-in-use | … */
  async start(): Promise<void> {
    const { address, format, drop, swap, speed } = this.#plan
    const { chunkS, rateBps, pace, groupPackets, keepPackets, bufferBytes } = {
      ...this.#spec,
      bufferBytes: this.#spec.sendBuffer,
    }
    const nowUs = (): number => this.#host.nowUs()
    const outlet = await openStreamOutlet(address, {
      interface: this.#spec.interface ?? null,
      listen: this.#spec.listen,
      keepAlive: this.#spec.keepAlive,
      keepPackets,
      maxConnections: this.#spec.maxConnections,
      bufferBytes,
      ttl: this.#spec.ttl,
      retry: this.#spec.retry,
      log: (text) => this.#host.log('socket', 'info', text),
    })
    this.#outlet = outlet
    const udp = address.kind === 'udp'
    const maxBytes = !udp ? null : format === 'ts' ? groupPackets * TS_PACKET_BYTES : DATAGRAM_BYTES
    this.#packets = new PacketOutput(outlet, { maxBytes, drop, swap, rateBps, nowUs })
    // A rate is a pace of its own.
    const isReal = pace === 'real' || (pace === 'auto' && ((udp && rateBps === 0) || this.#isLive))
    this.#paced = new PacedOutput(this.#packets, {
      isReal,
      startDelayUs: this.#isLive ? LIVE_DELAY_US : 0,
      speed,
      nowUs,
    })
    const writer = openWriter(format, this.#paced, chunkS, new StreamFaults())
    this.#writer = new SampleOutlet(format, writer, this.#isLive ? LIVE_FIRST_S : FIRST_S, (codec) =>
      this.#host.problem(
        {
          code: 'not-supported',
          message: `${codec} of the source has no place in ${format} and is left out.`,
          tryThis: 'Choose another format, such as fragmented MP4.',
        },
        'warning',
      ),
    )
    this.#input = this.#spec.startS === 0 ? this.#writer : new SampleFrom(this.#writer, this.#spec.startS)
  }

  async run(): Promise<void> {
    await this.#paced?.ended
    this.#ended = true
    const failure = this.#outlet?.failure ?? null
    if (failure !== null) throw failure
    if (this.#writer?.samples === 0) throw nothingSent(this.#plan.format, this.#writer.leftOut)
  }

  async stop(why: StopReason): Promise<void> {
    if (this.#paced === null) return
    this.#writer?.end()
    if (why !== 'finished' || this.#ended) {
      this.#packets?.stop()
      this.#outlet?.close()
    } else await this.#paced.ended
  }

  async close(): Promise<void> {
    this.#outlet?.close()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  traffic(): PartTraffic {
    const stages = [this.#writer, this.#paced, this.#packets, this.#outlet]
    const all = stages.map((stage) => stage?.waiting ?? NOTHING)
    return {
      waiting: {
        items: all.reduce((sum, { items }) => sum + items, 0),
        bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      },
    }
  }
}

/** Reads a speed. @throws AppFailure bad-spec */
function speedOf(text: string | undefined): number {
  if (text === undefined) return 1
  const speed = /^\d{1,3}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0
  if (speed > 0) return speed
  throw new AppFailure('bad-spec', `speed is "${text}"; it must be a number above 0.`, 'Write 2 for twice as fast.')
}

/** @param leftOut codecs of the source that have no place in the format */
function nothingSent(format: string, leftOut: readonly string[]): AppFailure {
  return leftOut.length > 0
    ? new AppFailure(
        'input-unusable',
        `The source has nothing that can be sent as ${format}: ${leftOut.join(', ')}.`,
        'Choose another format or source.',
      )
    : new AppFailure(
        'nothing-received',
        `No media came that could be sent as ${format}.`,
        'Check that the source is sending, and what it sends.',
      )
}
