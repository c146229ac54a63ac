import { joinBytes } from '../bytes/join-bytes.ts'
import type { DecodedSnapshot } from '../contract/decoder.ts'
import { defined } from '../contract/defined.ts'
import type { ServiceId } from '../contract/ids.ts'
import { decodeOnce } from '../decode/decoding.ts'
import { pictureArguments, soundArguments } from '../decode/ffmpeg-arguments.ts'
import type { Ffmpeg } from '../decode/ffmpeg-program.ts'
import type { MediaDecoder } from '../decode/media-decoder.ts'
import { leadsTo } from '../flow/address.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import { HttpFailure } from '../http/client/http-failure.ts'
import { type HttpStream, openStream } from '../http/client/open-stream.ts'
import type { Exchange } from '../http/exchange.ts'
import type { SegmentAddress } from '../manifest/mpd/segments.ts'
import { DecodedJob, type DecodedRefusal, refuseDecoded } from './decoded-job.ts'
import { decodedManifest, type Lane } from './decoded-lanes.ts'
import { messageOf } from './service-manifests.ts'
import { isManifestName } from './service-scopes.ts'

/** Presentations whose representations are remembered. */
const MAX_PRESENTATIONS = 64
/** Segments that are decoded at a time: pictures and sound of one player. */
const MAX_RUNNING = 3
const MAX_WAITING = 32
/** Decoded bytes that are kept, for players that ask again. */
const MAX_KEPT_BYTES = 48 << 20
/** A manifest, or an initialisation segment. */
const MAX_SHORT_BYTES = 8 << 20
/** The gateway holds requests for what is expected for 5 s at most. */
const ANSWER_MS = 10_000
/** Without a byte of a segment that arrives. */
const STALL_MS = 10_000

/** A segment that is asked for. */
type Asked = {
  readonly exchange: Exchange
  /** Paths of the same files as they were sent. */
  readonly segment: string
  readonly init: string
  readonly lane: Lane
  readonly address: SegmentAddress
}

/**
 * Serves presentations of the gateway with representations decoded by ffmpeg: `/serviceN/~decoded~CODECS/<name>`. Segments are
 * read from the gateway itself, so that what it holds, repairs and refuses is the same for both.
 */
export class DecodedAnswers {
  readonly #decoder: MediaDecoder
  readonly #plain: (exchange: Exchange, serviceId: ServiceId, skip: number) => Promise<void>
  readonly #onMade: (serviceId: ServiceId, made: DecodedSnapshot) => void
  readonly #lanes = new BoundedMap<string, readonly Lane[]>(MAX_PRESENTATIONS)
  readonly #jobs = new Map<string, DecodedJob>()
  readonly #runs = new Set<Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #running = 0
  #closed = false

  /** @param plain answers without decoding @param onMade called for each decoded segment with a picture */
  constructor(
    decoder: MediaDecoder,
    plain: (exchange: Exchange, serviceId: ServiceId, skip: number) => Promise<void>,
    onMade: (serviceId: ServiceId, made: DecodedSnapshot) => void,
  ) {
    this.#decoder = decoder
    this.#plain = plain
    this.#onMade = onMade
  }

  /** @param codecs that are decoded @param skip components of the path before the name */
  async answer(exchange: Exchange, serviceId: ServiceId, codecs: readonly string[], skip: number): Promise<void> {
    const ffmpeg = await this.#decoder.ready()
    if (ffmpeg === null || this.#closed)
      return refuseDecoded(exchange, { status: 404, sentence: 'There is no ffmpeg that decodes it.', retry: false })
    const { written, search } = exchange.target
    const plain = `${exchange.prefix}/service${serviceId}/`
    const folder = `${exchange.prefix}/${written.slice(0, skip).join('/')}/`
    const rest = `${written.slice(skip).join('/')}${search}`
    if (isManifestName(exchange.target.components.join('/')))
      return this.#answerManifest(exchange, { folder, plain, rest, codecs: new Set(codecs) })
    const path = folder + rest
    for (const lane of this.#lanes.get(folder) ?? []) {
      const made = lane.kind === 'video' ? ffmpeg.picture : ffmpeg.sound
      if (lane.init === null) continue
      if (leadsTo(lane.init, path)) return this.#answerInit(exchange, lane, made?.init ?? null)
      const address = lane.find(path)
      if (address === null) continue
      const init = lane.init.startsWith(folder) ? plain + lane.init.slice(folder.length) : lane.init
      return this.#answerSegment(path, serviceId, { exchange, segment: plain + rest, init, lane, address }, ffmpeg)
    }
    return this.#plain(exchange, serviceId, skip)
  }

  /** Ends all that is decoded; settles once no process is left. */
  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#jobs.values()) job.cancel()
    for (const go of this.#waiting.splice(0)) go()
    await Promise.all([this.#decoder.close(), ...this.#runs])
  }

  async #answerManifest(
    exchange: Exchange,
    place: {
      /** Path of the decoded presentation, that of the service, and the name below both. */
      readonly folder: string
      readonly plain: string
      readonly rest: string
      readonly codecs: ReadonlySet<string>
    },
  ): Promise<void> {
    const { folder, plain, rest, codecs } = place
    try {
      const text = new TextDecoder().decode(await readShort(exchange, plain + rest))
      // References from the root would lead past this folder.
      const local = ['"', '>', '\n'].reduce((so, sign) => so.replaceAll(sign + plain, sign + folder), text)
      const lanes = this.#lanes.get(folder) ?? []
      const made = decodedManifest({
        text: local,
        path: folder + rest,
        codecs,
        height: this.#decoder.step.height,
        lanes,
      })
      if (made.lanes !== null) this.#lanes.set(folder, made.lanes)
      exchange.text(200, made.contentType, made.text, { 'Cache-Control': 'no-cache' })
    } catch (thrown) {
      refuseDecoded(exchange, refusalOf(thrown))
    }
  }

  #answerInit(exchange: Exchange, lane: Lane, init: Uint8Array | null): void {
    if (init === null) {
      refuseDecoded(exchange, { status: 404, sentence: 'This ffmpeg does not encode it.', retry: false })
      return
    }
    exchange.head(200, {
      'Content-Type': `${lane.kind}/mp4`,
      'Content-Length': init.length,
      'Cache-Control': 'no-store',
    })
    exchange.end(init)
  }

  async #answerSegment(key: string, serviceId: ServiceId, asked: Asked, ffmpeg: Ffmpeg): Promise<void> {
    const { exchange, lane } = asked
    const contentType = `${lane.kind}/mp4`
    if (exchange.isHead) {
      exchange.head(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' })
      return exchange.end()
    }
    let job = this.#jobs.get(key)
    if (job === undefined || job.useless || (job.signal.aborted && !job.over)) {
      job = new DecodedJob()
      this.#jobs.delete(key)
      this.#jobs.set(key, job)
      const run = this.#run(job, serviceId, asked, ffmpeg).finally(() => this.#runs.delete(run))
      this.#runs.add(run)
      this.#evict()
    }
    await job.answer(exchange, contentType)
  }

  async #run(job: DecodedJob, serviceId: ServiceId, asked: Asked, ffmpeg: Ffmpeg): Promise<void> {
    if (!(await this.#slot(job))) return job.end({ status: 503, sentence: 'Too many segments wait.', retry: true })
    try {
      await this.#decode(job, serviceId, asked, ffmpeg)
    } catch (thrown) {
      job.end(refusalOf(thrown))
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  async #decode(job: DecodedJob, serviceId: ServiceId, asked: Asked, ffmpeg: Ffmpeg): Promise<void> {
    const { exchange, segment, init: initPath, lane, address } = asked
    const init = await readShort(exchange, initPath)
    const stream = await openPlain(exchange, segment, job.signal)
    // The gateway tags what is whole.
    const growing = stream.head.headers.etag === undefined
    const { step } = this.#decoder
    const { durationMs, framesPerS } = lane
    const of = {
      path: ffmpeg.path,
      onPiece: (piece: Uint8Array, kind: 'init' | 'media') => job.piece(piece, kind),
      signal: job.signal,
    }
    try {
      if (lane.kind === 'audio') {
        const { fromS, input } = await lane.sound.after(init, stream.chunks, address)
        job.end(await decodeOnce({ ...of, args: soundArguments(fromS), input }))
        return
      }
      if (ffmpeg.picture === null) throw new Error('this ffmpeg makes no pictures')
      const args = pictureArguments(ffmpeg.picture.encoder, step, framesPerS)
      const end = await decodeOnce({ ...of, args, input: inOrder(init, stream.chunks) })
      job.end(end)
      const { lines } = lane
      const made = this.#decoder.ended(end, { step, durationMs, growing, framesPerS, lines })
      if (made !== null) this.#onMade(serviceId, made)
    } finally {
      stream.close()
    }
  }

  /** Waits until there is room for one more. @returns false: too many wait already */
  async #slot(job: DecodedJob): Promise<boolean> {
    if (this.#running >= MAX_RUNNING) {
      if (this.#waiting.length >= MAX_WAITING) {
        job.cancel()
        return false
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#running++
    return true
  }

  /** Drops the oldest segments beyond what is kept. */
  #evict(): void {
    let bytes = 0
    for (const job of this.#jobs.values()) bytes += job.bytes
    for (const [key, job] of this.#jobs) {
      if (bytes <= MAX_KEPT_BYTES && !job.useless) continue
      if (!job.over) continue
      bytes -= job.bytes
      this.#jobs.delete(key)
    }
  }
}

/** Opens a file of the gateway that this client asks, as it was sent. @throws HttpFailure */
function openPlain({ request }: Exchange, path: string, signal?: AbortSignal): Promise<HttpStream> {
  const { localAddress = '127.0.0.1', localPort = 0 } = request.socket
  const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress
  // The clock of a manifest has the host that the client uses.
  const headers = request.headers.host === undefined ? {} : { host: request.headers.host }
  return openStream(`http://${host}:${localPort}${path}`, {
    headers,
    answerMs: ANSWER_MS,
    stallMs: STALL_MS,
    ...defined({ signal }),
  })
}

/** Reads a manifest or an initialisation segment. @throws HttpFailure, Error where it is too long */
async function readShort(exchange: Exchange, path: string): Promise<Uint8Array> {
  const stream = await openPlain(exchange, path)
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of stream.chunks) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > MAX_SHORT_BYTES) {
      stream.close()
      throw new Error(`it has more than ${MAX_SHORT_BYTES} bytes`)
    }
  }
  return joinBytes(pieces)
}

async function* inOrder(init: Uint8Array, media: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield init
  yield* media
}

/** Why something cannot be decoded: what the gateway answered for the file, as it is. */
function refusalOf(thrown: unknown): DecodedRefusal {
  const status = thrown instanceof HttpFailure ? thrown.status : null
  if (status !== null)
    return { status, sentence: `The gateway answered ${status} for what would be decoded.`, retry: status === 503 }
  return { status: 404, sentence: `It cannot be decoded: ${messageOf(thrown)}.`, retry: false }
}
