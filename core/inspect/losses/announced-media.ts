import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { SlsFragment } from '../../flow/facts.ts'
import { renameKey } from '../../flow/rename-key.ts'
import { parsePlaylist } from '../../manifest/hls/parse.ts'
import { parseMpd } from '../../manifest/mpd/parse.ts'
import { resolveReference } from '../../manifest/reference.ts'
import { type Availability, SAME_CLOCK_US } from '../clock/lateness.ts'
import { listedSegments, mpdLists, type SegmentList } from './segment-list.ts'

/** Larger manifests are not stored here. */
const MAX_BYTES = 1 << 20
const MAX_PLAYLISTS = 64

type Manifest = {
  readonly name: string
  readonly bytes: Uint8Array
  /** Read at first use: a live manifest may arrive with every segment. */
  lists: readonly SegmentList[] | null
  /** The representations of these lists, once they were asked for. */
  announced: readonly AnnouncedRepresentation[] | null
  /** Time shift of players; null: unlimited, or unknown so far. */
  timeShiftUs: number | null
}
type Service = {
  readonly id: ServiceId
  manifest: Manifest | null
  readonly playlists: Map<string, SegmentList>
  sharesFilesOf: ServiceId | null
}

/** Position of a segment in a list of announced ones; two positions of one list can be compared. */
export type AnnouncedPlace = { readonly list: SegmentList; readonly position: number }

/** A representation of the newest manifest. */
export type AnnouncedRepresentation = {
  readonly id: string
  readonly period: number
  /** Position of its adaptation set in the period. */
  readonly set: number
  /** Of its first segment, µs; null where none is listed. */
  readonly durationUs: number | null
  readonly first: string | null
}

const NONE: readonly AnnouncedRepresentation[] = []

/** Media segments announced by the newest manifests and playlists of each service. */
export class AnnouncedMedia {
  readonly #services = new Map<ServiceId, Service>()
  readonly #dropped: (service: ServiceId, table: string, faults: EntryFaults, timeUs: number) => void

  /** @param dropped called where entries of a manifest or playlist were left out */
  constructor(
    dropped: (service: ServiceId, table: string, faults: EntryFaults, timeUs: number) => void = () => undefined,
  ) {
    this.#dropped = dropped
  }

  slsFragment(serviceId: ServiceId, fragment: SlsFragment): void {
    if (fragment.type === 'MPD') this.manifest(serviceId, fragment.name, fragment.bytes)
  }

  /** Takes an MPD, from the signalling or as an object of its own. */
  manifest(serviceId: ServiceId, name: string, bytes: Uint8Array): void {
    if (bytes.length > MAX_BYTES) return
    this.#service(serviceId).manifest = { name, bytes: bytes.slice(), lists: null, announced: null, timeShiftUs: null }
  }

  /** Announcements of another service that apply to this one too (DVB-MABR). */
  share(serviceId: ServiceId, of: ServiceId | null): void {
    this.#service(serviceId).sharesFilesOf = of
  }

  /** Takes a whole child playlist. */
  playlist(serviceId: ServiceId, name: string, bytes: Uint8Array, timeUs: number): void {
    if (bytes.length > MAX_BYTES) return
    const { playlists } = this.#service(serviceId)
    try {
      const faults = new EntryFaults()
      const playlist = parsePlaylist(bytes, faults)
      if (faults.count > 0 || faults.writings.length > 0) this.#dropped(serviceId, `Playlist ${name}`, faults, timeUs)
      if (playlist.kind !== 'media') return
      const segments: { name: string; durationUs: number; availabilityUs: null }[] = []
      for (const { uri, durationS, gap } of playlist.segments) {
        // It is not there (RFC 8216bis §4.4.4.7).
        if (gap) continue
        const segment = resolveReference(name, uri)
        const durationUs = Math.round(durationS * 1e6)
        const last = segments.at(-1)
        // Byte ranges of one file are one object.
        if (last?.name === segment) last.durationUs += durationUs
        else segments.push({ name: segment, durationUs, availabilityUs: null })
      }
      if (playlists.size >= MAX_PLAYLISTS && !playlists.has(name)) return
      playlists.set(name, listedSegments(segments))
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
    }
  }

  /** Representations with segments that the service's own manifest announces: the same list until it changes. */
  representations(serviceId: ServiceId, timeUs: number): readonly AnnouncedRepresentation[] {
    const service = this.#services.get(serviceId)
    const manifest = service?.manifest ?? null
    if (service === undefined || manifest === null) return NONE
    manifest.announced ??= this.#lists(service, timeUs).flatMap((list) => {
      if (list.of === null) return []
      const { representation: id, period, set } = list.of
      const position = list.first === null ? null : list.positionOf(list.first)
      return [{ id, period, set, durationUs: position === null ? null : list.durationUs(position), first: list.first }]
    })
    return manifest.announced
  }

  serviceRenumbered(former: ServiceId, serviceId: ServiceId): void {
    renameKey(this.#services, former, serviceId)
  }

  serviceGone(serviceId: ServiceId): void {
    this.#services.delete(serviceId)
  }

  /**
   * Position of a name; null where no list has it.
   * @param timeUs how far an open list is read
   */
  place(serviceId: ServiceId, name: string, timeUs: number): AnnouncedPlace | null {
    for (const source of this.#sources(serviceId)) {
      const place = placeIn(this.#lists(source, timeUs), name) ?? placeIn(source.playlists.values(), name)
      if (place !== null) return place
    }
    return null
  }

  /** When players may ask for a segment; null where the manifest does not say. */
  availability(serviceId: ServiceId, name: string, timeUs: number): Availability | null {
    const place = this.place(serviceId, name, timeUs)
    const availabilityUs = place === null ? null : place.list.availabilityUs(place.position)
    if (place === null || availabilityUs === null) return null
    const durationUs = place.list.durationUs(place.position) ?? 0
    return { availabilityUs, durationUs, earlyUs: place.list.of?.earlyUs ?? 0 }
  }

  /**
   * End of a segment's use to players (ISO/IEC 23009-1 §A.3.4), stream µs: its availability, its duration and the time
   * shift buffer. With another clock in the manifest it counts from the arrival. Null where the manifest sets no end.
   */
  usefulUntilUs(serviceId: ServiceId, name: string, arrivalUs: number): number | null {
    for (const source of this.#sources(serviceId)) {
      for (const list of this.#lists(source, arrivalUs)) {
        const position = list.positionOf(name)
        const timeShiftUs = source.manifest?.timeShiftUs ?? null
        if (position === null || timeShiftUs === null) continue
        const availabilityUs = list.availabilityUs(position) ?? arrivalUs
        const fromUs = Math.abs(availabilityUs - arrivalUs) > SAME_CLOCK_US ? arrivalUs : availabilityUs
        return fromUs + (list.durationUs(position) ?? 0) + timeShiftUs
      }
    }
    return null
  }

  /** Manifests and playlists that may announce a service's media. */
  #sources(serviceId: ServiceId): Service[] {
    const service = this.#services.get(serviceId)
    if (service === undefined) return []
    const shared = service.sharesFilesOf === null ? undefined : this.#services.get(service.sharesFilesOf)
    return shared === undefined ? [service] : [service, shared]
  }

  #lists(service: Service, timeUs: number): readonly SegmentList[] {
    const { manifest } = service
    if (manifest === null) return []
    if (manifest.lists !== null) return manifest.lists
    try {
      const faults = new EntryFaults()
      const mpd = parseMpd(manifest.bytes, manifest.name, faults)
      if (faults.count > 0 || faults.writings.length > 0)
        this.#dropped(service.id, `MPD ${manifest.name}`, faults, timeUs)
      manifest.timeShiftUs = mpd.timeShiftBufferDepthUs
      manifest.lists = mpdLists(mpd, timeUs)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      manifest.lists = []
    }
    return manifest.lists
  }

  #service(id: ServiceId): Service {
    let service = this.#services.get(id)
    if (service === undefined) {
      service = { id, manifest: null, playlists: new Map(), sharesFilesOf: null }
      this.#services.set(id, service)
    }
    return service
  }
}

function placeIn(lists: Iterable<SegmentList>, name: string): AnnouncedPlace | null {
  for (const list of lists) {
    const position = list.positionOf(name)
    if (position !== null) return { list, position }
  }
  return null
}
