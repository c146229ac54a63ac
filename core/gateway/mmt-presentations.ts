import { CodecError } from '../bytes/codec-error.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import type { ByteRange } from '../flow/objects.ts'
import { writeMmtMpd } from '../manifest/mmt/mpd.ts'
import { writeMmtMaster, writeMmtPlaylist } from '../manifest/mmt/playlists.ts'
import { type MmtPresentation, mmtInitName } from '../manifest/mmt/presentation.ts'
import { readMpuFile } from '../media/mmt/mpu-reader.ts'
import { mpuInitSegment, mpuTiming } from '../media/mmt/mpu-segment.ts'
import { MpuTimeline } from '../media/mmt/mpu-timeline.ts'
import type { GatewayService } from './index-answer.ts'
import type { ManifestClock } from './manifest-answer.ts'
import { isPlayable, segmentOf } from './mmt-segment.ts'
import { type AssetLane, afterStretch, bridge, dropStretch, stretchOf } from './mmt-stretches.ts'

/** Number of segments cached, since several players request the same ones. */
const MADE = 16
/** The clock is not that of the stream where the newest MPU arrived longer ago than this, µs. */
const STALE_US = 5_000_000
const MPU_NAME = /^(asset\d+)\/(\d+)\.mp4$/
const SEGMENT_NAME = /^(asset\d+)\/(?:(\d+)-)?(\d+)\.m4s$/

/** State of one service. */
type Service = {
  readonly timeline: MpuTimeline
  readonly lanes: Map<string, AssetLane>
  /** Version of each MPU that was read, by name. */
  readonly seen: Map<string, number>
  scanned: number
  shiftUs: number | null
  /** How often its sender had begun again. */
  readonly restarts: number
}

/** Answer for a name. */
export type MmtAnswer =
  | { readonly kind: 'manifest'; readonly text: string; readonly contentType: string }
  | {
      readonly kind: 'init' | 'media'
      readonly bytes: Uint8Array
      readonly contentType: string
      readonly lastTimeUs: number
    }

/**
 * Presents MMT services as DASH and HLS: each asset becomes an initialisation segment and one media segment per MPU, made from the
 * stored MPUs on request.
 */
export class MmtPresentations {
  readonly #store: ObjectStore
  readonly #clock: ManifestClock
  readonly #services: () => readonly GatewayService[]
  readonly #warn: (text: string) => void
  readonly #known = new Map<ServiceId, Service>()
  readonly #made = new BoundedMap<string, Uint8Array>(MADE)
  readonly #warned = new Set<string>()

  constructor(
    store: ObjectStore,
    clock: ManifestClock,
    services: () => readonly GatewayService[],
    warn: (text: string) => void,
  ) {
    this.#store = store
    this.#clock = clock
    this.#services = services
    this.#warn = warn
  }

  /** Whether a service is delivered by MMTP. */
  serves(serviceId: ServiceId): boolean {
    return this.#services().some(({ id, mmtpFlow }) => id === serviceId && mmtpFlow != null)
  }

  /** Whether a presentation of this service can be played now. */
  ready(serviceId: ServiceId): boolean {
    return this.serves(serviceId) && this.#lanes(this.#scan(serviceId)).length > 0
  }

  /**
   * Answers for a name of an MMT service.
   * @returns `not-yet` for a manifest before its first segment; null for a name that is not of the presentation
   */
  answer(serviceId: ServiceId, name: string, clockUrl: string): MmtAnswer | 'not-yet' | null {
    const segment = SEGMENT_NAME.exec(name)
    if (segment !== null) {
      const [, id = '', stretch = '1', time = ''] = segment
      return this.#segment(serviceId, id, Number(stretch), Number(time), name)
    }
    const playlist = /^(asset\d+)\/index\.m3u8$/.exec(name)
    const init = /^(asset\d+)\/(init(?:-\d+)?\.mp4)$/.exec(name)
    if (name !== 'manifest.mpd' && name !== 'master.m3u8' && playlist === null && init === null) return null
    const service = this.#scan(serviceId)
    const lanes = this.#lanes(service)
    if (lanes.length === 0) return 'not-yet'
    if (init !== null) {
      const lane = service.lanes.get(init[1] as string)
      const stretch = lane?.stretches.find(({ number }) => mmtInitName(number) === init[2])
      if (lane === undefined || stretch === undefined) return null
      return {
        kind: 'init',
        bytes: stretch.init,
        contentType: typeOf(lane),
        lastTimeUs: stretch.line.mpus[0]?.lastTimeUs ?? 0,
      }
    }
    const presentation = this.#presentation(service, lanes, clockUrl)
    if (name === 'manifest.mpd')
      return { kind: 'manifest', text: writeMmtMpd(presentation), contentType: 'application/dash+xml' }
    const contentType = 'application/vnd.apple.mpegurl'
    if (playlist === null) return { kind: 'manifest', text: writeMmtMaster(presentation), contentType }
    const lane = service.lanes.get(playlist[1] as string)
    const described = presentation.lanes.find(({ id }) => id === lane?.id)
    if (lane === undefined || described === undefined) return null
    return { kind: 'manifest', text: writeMmtPlaylist(presentation, described, lane.dropped), contentType }
  }

  #presentation(service: Service, lanes: readonly AssetLane[], clockUrl: string): MmtPresentation {
    const nowUs = this.#clock.nowUs()
    // An ended session keeps its own times.
    if (this.#store.finished) service.shiftUs ??= 0
    if (service.shiftUs === null) {
      const newestUs = Math.max(...lanes.map((lane) => lane.stretches.at(-1)?.line.mpus.at(-1)?.lastTimeUs ?? 0))
      const behindUs = nowUs - newestUs - this.#clock.streamShiftUs()
      service.shiftUs = Math.abs(behindUs) > STALE_US ? Math.round(behindUs / 1000) * 1000 : 0
    }
    return {
      startUs: (service.timeline.originUs ?? 0) + this.#clock.streamShiftUs() + service.shiftUs,
      finished: this.#store.finished,
      nowUs: Math.floor(nowUs / 1000) * 1000,
      clockUrl,
      lanes: lanes.map(({ id, role, stretches }) => ({
        id,
        role,
        stretches: stretches
          .filter(({ line }) => line.mpus.length > 0)
          .map(({ number, codecs, timescale, dimensions, bytes, ticks, line }) => ({
            number,
            codecs,
            timescale,
            dimensions,
            bandwidthBps: ticks === 0 ? 0 : (bytes * 8 * timescale) / ticks,
            segments: line.mpus,
          })),
      })),
    }
  }

  #lanes(service: Service): AssetLane[] {
    return [...service.lanes.values()].filter(({ stretches }) => stretches.some(({ line }) => line.mpus.length > 0))
  }

  /** Adds MPUs stored since the last call, and drops expired ones. */
  #scan(serviceId: ServiceId): Service {
    let service = this.#known.get(serviceId)
    const restarts = this.#store.restartsOf(serviceId)
    if (service === undefined || service.restarts !== restarts) {
      const none = { lanes: new Map(), seen: new Map(), scanned: -1, shiftUs: null }
      service = { timeline: new MpuTimeline(), ...none, restarts }
      this.#known.set(serviceId, service)
    }
    if (service.scanned === this.#store.version) return service
    service.scanned = this.#store.version
    const there = new Map<string, number>()
    const found: {
      name: string
      index: number
      size: number
      missing: readonly ByteRange[]
      firstTimeUs: number
      lastTimeUs: number
    }[] = []
    for (const file of this.#store.current(serviceId)) {
      if (!MPU_NAME.test(file.name)) continue
      found.push({ ...file, index: file.objectIndex })
    }
    for (const lost of this.#store.lostObjects(serviceId)) {
      if (!MPU_NAME.test(lost.name) || lost.size === null || this.#store.storedBytes(lost.index) === 0) continue
      found.push({ ...lost, size: lost.size })
    }
    found.sort((a, b) => a.firstTimeUs - b.firstTimeUs)
    for (const mpu of found) {
      there.set(mpu.name, mpu.index)
      if (service.seen.get(mpu.name) === mpu.index) continue
      this.#add(serviceId, service, mpu)
    }
    service.seen.clear()
    for (const [name, index] of there) service.seen.set(name, index)
    for (const lane of service.lanes.values()) {
      for (const { line } of lane.stretches)
        lane.dropped.segments += line.retain((mpu) => there.get(mpu.name) === mpu.index)
      while (lane.stretches.length > 1 && lane.stretches[0]?.line.mpus.length === 0) dropStretch(lane)
    }
    return service
  }

  #add(
    serviceId: ServiceId,
    service: Service,
    mpu: {
      name: string
      index: number
      size: number
      missing: readonly ByteRange[]
      firstTimeUs: number
      lastTimeUs: number
    },
  ): void {
    const [, id = '', digits = ''] = MPU_NAME.exec(mpu.name) ?? []
    const sequence = Number(digits)
    try {
      const contents = readMpuFile(
        mpu.size,
        (from, to) => this.#store.objectBytes(mpu.index, from, to) ?? new Uint8Array(0),
      )
      const { movie } = contents
      const track = movie.tracks[0]
      if (track === undefined) return
      const timing = mpuTiming(
        track,
        contents.fragments.map(({ fragment }) => fragment),
      )
      if (mpu.missing.length > 0 && !isPlayable(contents, mpu.missing)) return
      const init = mpuInitSegment(movie, track)
      const role = track.handler === 'vide' ? 'video' : track.handler === 'soun' ? 'audio' : 'text'
      let lane = service.lanes.get(id)
      if (lane === undefined) {
        lane = { id, role, stretches: [], dropped: { segments: 0, stretches: 0 } }
        service.lanes.set(id, lane)
      }
      const stretch = stretchOf(lane, service.timeline, init, movie, track, mpu.firstTimeUs)
      if (stretch === null) return
      const { line } = stretch
      const folder = Number(id.slice('asset'.length))
      const flow = this.#services().find((each) => each.id === serviceId)?.mmtpFlow
      const timeUs = flow?.assets.find((asset) => asset.folder === folder)?.timeOf(sequence) ?? null
      const before = lane.stretches[lane.stretches.indexOf(stretch) - 1]
      const placed = afterStretch(before, line.place(sequence, timeUs, mpu.firstTimeUs, timing), stretch.timescale)
      if (placed === null) return
      const { name, index, size, missing, lastTimeUs } = mpu
      bridge(stretch, placed)
      line.add({ ...placed, name, index, size, missing, lastTimeUs, still: false })
      stretch.bytes += size
      stretch.ticks += timing.duration
    } catch (thrown) {
      this.#tell(`Service ${serviceId}: ${mpu.name}`, thrown)
    }
  }

  #segment(serviceId: ServiceId, laneId: string, number: number, time: number, name: string): MmtAnswer | null {
    const service = this.#scan(serviceId)
    const lane = service.lanes.get(laneId)
    const mpu = lane?.stretches.find((each) => each.number === number)?.line.at(time)
    if (lane === undefined || mpu == null) return null
    const key = `${serviceId}/${name}/${mpu.index}`
    let bytes = this.#made.get(key)
    if (bytes === undefined) {
      const file = this.#store.objectBytes(mpu.index, 0, mpu.size)
      if (file === null) return null
      try {
        bytes = segmentOf(mpu, file)
      } catch (thrown) {
        this.#tell(`Service ${serviceId}: ${name}`, thrown)
        return null
      }
      this.#made.set(key, bytes)
    }
    return { kind: 'media', bytes, contentType: typeOf(lane), lastTimeUs: mpu.lastTimeUs }
  }

  #tell(what: string, thrown: unknown): void {
    if (!(thrown instanceof CodecError)) throw thrown
    const key = `${what.split('/')[0]} ${thrown.code}`
    if (this.#warned.has(key)) return
    this.#warned.add(key)
    this.#warn(`${what} cannot be offered to players: ${thrown.message}`)
  }
}

function typeOf({ role }: AssetLane): string {
  return role === 'text' ? 'application/mp4' : `${role}/mp4`
}
