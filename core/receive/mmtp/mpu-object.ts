import { CodecError } from '../../bytes/codec-error.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { ChannelRole } from '../../contract/report.ts'
import type { Carrier } from '../../flow/carriers.ts'
import { believableBytes } from '../../flow/holes.ts'
import { type Lease, ownBytes } from '../../flow/lease.ts'
import type { ByteRange, FlowObject, ObjectKind } from '../../flow/objects.ts'
import { type MpuMovie, parseMpuMovie } from '../../media/mmt/mpu-movie.ts'
import { hintBytesAt } from '../../protocol/mmtp/hint-sample.ts'
import { FRAGMENT_INDICATOR, MPU_FRAGMENT, type MpuPayload } from '../../protocol/mmtp/mpu-payload.ts'
import type { BytePool } from '../object/byte-pool.ts'
import { fillMpu, type MpuFile, type MpuPlan, planItems, planTimed } from './mpu-file.ts'
import { MpuParts } from './mpu-parts.ts'
import { wholeUnits } from './mpu-units.ts'

/** Bound on movie fragments of one MPU. */
const MAX_FRAGMENTS = 1024
/** Attempts after every packet; later ones wait for one part in this many more. */
const FREE_ATTEMPTS = 64
const ATTEMPT_PART = 8
/** Samples of an MPU whose data has not arrived: without sizes of their own they take no bytes of its metadata. */
const FREE_SAMPLES = 4096

/** The asset of an MPU, as far as the MPU needs it. */
export interface MpuHome {
  readonly index: number
  readonly destination: string
  readonly packetId: number
  /** Number of the folder of its files. */
  readonly folder: number
  readonly serviceId: ServiceId | null
  readonly role: ChannelRole
  readonly pool: BytePool
  readonly maxBytes: number
  /** Metadata of an earlier MPU of the asset, used where an MPU's own is lost; null before the first. */
  readonly lastMovie: MpuMovie | null
}

/** What tells an MPU from others. */
export type MpuNumbers = {
  readonly index: number
  readonly mpu: number
  readonly instance: number
  /** Of its first packet. */
  readonly sequence: number
}

/** One media processing unit, during and after its arrival: an object whose bytes are the MP4 file made of it. */
export class MpuObject implements FlowObject {
  readonly index: number
  readonly carrier: Extract<Carrier, { kind: 'mmtp' }>
  readonly firstTimeUs: number
  readonly repeats = 0
  readonly contentEncoding = null
  readonly listed = null
  readonly assembled = true
  readonly times = null
  readonly recovered = 0
  readonly starved = false
  readonly recoveredRanges = []
  readonly frame: number
  state: FlowObject['state'] = 'receiving'
  lostRanges: readonly ByteRange[] = []
  readonly joinedAt = 0
  readonly packetBytes = 0
  lastTimeUs: number
  packets = 0
  /** Stream time at which a newer MPU of the asset began; -1 while this is the newest. */
  endingSinceUs = -1
  /** It was in transmission when its asset was first seen. */
  joinedLate = false
  readonly #home: MpuHome
  readonly #base: number
  readonly #metadata: MpuParts
  readonly #fragments: MpuParts
  readonly #media: MpuParts
  #timed = true
  #mediaBytes = 0
  #movie: MpuMovie | null = null
  #plan: MpuPlan | null = null
  /** False after new metadata since the last plan. */
  #planned = false
  #triedAt = -1
  readonly #plans = new Attempts()
  readonly #fills = new Attempts()
  #file: MpuFile | null = null
  /** Its first unreadable part. */
  fault: CodecError | null = null

  constructor(home: MpuHome, { index, mpu, instance, sequence }: MpuNumbers, timeUs: number, frame: number) {
    this.#home = home
    this.index = index
    this.carrier = { kind: 'mmtp', packetId: home.packetId, mpu, instance }
    this.#base = sequence
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
    this.frame = frame
    const room = (): MpuParts => new MpuParts(home.pool, home.maxBytes)
    this.#metadata = room()
    this.#fragments = room()
    this.#media = room()
  }

  get lostAtUs(): number {
    return this.lastTimeUs
  }
  get lostFrame(): number {
    return this.frame
  }
  get serviceId(): ServiceId | null {
    return this.#home.serviceId
  }
  get destination(): string {
    return this.#home.destination
  }
  get channel(): number {
    return this.#home.index
  }
  /** Its MPU sequence number. */
  get sequence(): number {
    return this.carrier.mpu
  }
  get role(): ChannelRole {
    return this.#home.role
  }
  get representation(): string {
    return `asset${this.#home.folder}`
  }
  get name(): string {
    return `asset${this.#home.folder}/${this.sequence}.mp4`
  }
  get contentType(): string {
    const { role } = this.#home
    return role === 'video' || role === 'audio' ? `${role}/mp4` : 'application/mp4'
  }
  get kind(): ObjectKind {
    return 'media'
  }
  get size(): number | null {
    return this.#file?.bytes.length ?? this.#plan?.size ?? null
  }
  get received(): number {
    if (this.#file !== null)
      return this.#file.missing.reduce((sum, [from, to]) => sum - (to - from), this.#file.bytes.length)
    return this.#metadata.used + this.#fragments.used + this.#mediaBytes
  }

  /** MPU metadata and movie fragment metadata are complete. */
  get hasMetadata(): boolean {
    return this.#movie !== null
  }
  get hasFragments(): boolean {
    return !this.#timed || this.#fragments.count > 0
  }
  /** False for items, whose extent is in the metadata. */
  get isTimed(): boolean {
    return this.#timed
  }
  /** Known movie fragments. */
  get fragments(): number {
    return this.#plan?.fragments.length ?? 0
  }
  get movie(): MpuMovie | null {
    return this.#movie
  }
  get file(): MpuFile | null {
    return this.#file
  }

  /**
   * Takes the data unit in `payload`.
   * @returns false at a bound
   */
  take(payload: MpuPayload, sequence: number, bytes: Uint8Array): boolean {
    const { fragmentType, indicator, dataStart: start, dataEnd: end } = payload
    if (fragmentType === MPU_FRAGMENT.mfu) {
      const { timed, movieFragment, offset } = payload
      const sample = timed ? payload.sampleNumber : payload.itemId
      this.#timed = timed
      const starts = indicator === FRAGMENT_INDICATOR.whole || indicator === FRAGMENT_INDICATOR.first
      const hint = timed && starts ? hintBytesAt(bytes, start, end, movieFragment, sample) : 0
      this.#mediaBytes += end - start - hint
      return this.#media.add(payload, sequence, bytes, movieFragment, sample, offset)
    }
    const parts = fragmentType === MPU_FRAGMENT.mpuMetadata ? this.#metadata : this.#fragments
    if (parts.count >= MAX_FRAGMENTS) return true
    this.#planned = false
    return parts.add(payload, sequence, bytes)
  }

  /**
   * Builds the file if it is complete.
   * @param ending false after a packet: an MPU of very many parts, or of parts that do not fit, is tried now and then
   * @returns true where it is
   */
  complete(ending: boolean): boolean {
    if (this.#file !== null) return this.#file.missing.length === 0
    if (!this.#planned && (ending || this.#plans.due(this.#metadata.count + this.#fragments.count)))
      this.#makePlan(false)
    const plan = this.#plan
    if (plan === null || this.#mediaBytes < plan.mediaBytes || this.#triedAt === this.#mediaBytes) return false
    if (!ending && !this.#fills.due(this.#media.count)) return false
    this.#triedAt = this.#mediaBytes
    const file = this.#fill(plan)
    if (file === null || file.missing.length > 0) return false
    this.#file = file
    return true
  }

  /** Builds the available part, with the metadata of an earlier MPU where its own is missing. */
  buildPartial(): void {
    if (this.#file !== null) return
    const own = this.#movie !== null
    const plan = this.#plan ?? this.#makePlan(true)
    const came = this.received
    if (plan === null || plan.size > believableBytes(came)) return
    const file = this.#fill(plan)
    if (file === null) return
    const lent: ByteRange[] = own ? [] : [[0, plan.movie.bytes.length]]
    this.#file = { ...file, missing: [...lent, ...file.missing] }
  }

  /** Frees its memory but for the file, which readers may still use. */
  release(): void {
    for (const parts of [this.#metadata, this.#fragments, this.#media]) parts.release()
    this.#plan = null
  }

  /** The file is released too. */
  releaseFile(): void {
    this.release()
    this.#file = null
    this.#movie = null
  }

  prefixBytes(): number {
    return this.state === 'complete' ? (this.#file?.bytes.length ?? 0) : 0
  }

  lease(from: number, to: number): Lease {
    return ownBytes(this.#file?.bytes.subarray(from, to) ?? new Uint8Array(0))
  }

  missing(): ByteRange[] {
    if (this.#file !== null) return [...this.#file.missing]
    const { size } = this
    return this.state === 'receiving' || size === null ? [] : [[0, size]]
  }

  watch(): () => void {
    return () => {}
  }

  #makePlan(lend: boolean): MpuPlan | null {
    this.#planned = true
    this.#triedAt = -1
    try {
      const metadata = this.#movie === null ? wholeUnits(this.#metadata.inOrder(this.#base))[0] : undefined
      if (metadata !== undefined) this.#movie = parseMpuMovie(metadata.slice())
      const movie = this.#movie ?? (lend ? this.#home.lastMovie : null)
      if (movie === null) return null
      if (!this.#timed || movie.items.length > 0) this.#plan = planItems(movie)
      else {
        const units = wholeUnits(this.#fragments.inOrder(this.#base))
        this.#plan = units.length === 0 ? null : planTimed(movie, units, FREE_SAMPLES + this.#mediaBytes)
      }
      if (this.#plan !== null && this.#plan.size > this.#home.maxBytes) {
        this.fault ??= new CodecError('mpu-size', 0, `${this.#plan.size} bytes, ${this.#home.maxBytes} are allowed`)
        this.#plan = null
      }
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.fault ??= thrown
      this.#plan = null
    }
    return this.#plan
  }

  #fill(plan: MpuPlan): MpuFile | null {
    if (!this.#home.pool.reserve(plan.size)) return null
    try {
      return fillMpu(plan, this.#media.inOrder(this.#base), new Uint8Array(plan.size))
    } finally {
      this.#home.pool.unreserve(plan.size)
    }
  }
}

/** Spaces attempts whose cost grows with the number of parts, so that all of them cost like a few. */
class Attempts {
  #made = 0
  #next = 0

  due(parts: number): boolean {
    if (this.#made >= FREE_ATTEMPTS && parts < this.#next) return false
    this.#made++
    this.#next = parts + Math.ceil(parts / ATTEMPT_PART)
    return true
  }
}
