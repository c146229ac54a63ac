import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { Report } from '../../contract/report.ts'
import type { ServiceSnapshot } from '../../contract/service-snapshot.ts'
import type { SourceSnapshot } from '../../contract/snapshot.ts'
import type { ReceiveObserver, ServiceFacts } from '../../flow/facts.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../../flow/objects.ts'
import { Version } from '../../flow/version.ts'
import { SessionColumns } from '../../inspect/session-columns.ts'
import { SLS_LIMITS } from '../../protocol/table-limits.ts'
import { readHlsCodecs, readMpdFacts } from '../../receive/signalling/mpd-facts.ts'
import type { DatagramSource } from '../faces/datagram-source.ts'
import { ObjectContents } from '../faces/object-contents.ts'
import { FileCount, type Receiving } from '../faces/receiving.ts'
import { ServedFiles } from '../faces/served-files.ts'
import type { AnySection } from '../part.ts'
import { receiverSections } from './receiver-sections.ts'

const HLS = /\.m3u8?$/i
const NO_MANIFEST = 'No manifest that can be read has been uploaded yet.'

/** What the service of uploads needs of its part. */
type UploadedHost = {
  /** Wall clock, µs since the UNIX epoch. */
  readonly nowUs: () => number
  readonly warn: (text: string) => void
}

/**
 * Uploads as the parts after them see what is received: one service, of which the files themselves tell what it is. They come without
 * packets: there are no flows, channels, losses or rows of objects.
 */
export class UploadedService implements Receiving, ObjectSink {
  readonly sources: readonly DatagramSource[] = []
  readonly wallClock = true
  readonly files = new FileCount()
  readonly columns: SessionColumns
  readonly objects = new ObjectContents(() => this.columns)
  readonly served = new ServedFiles(() => this.services())
  readonly #address: string
  readonly #host: UploadedHost
  readonly #startedUs: number
  readonly #observers: Partial<ReceiveObserver>[] = []
  readonly #version = new Version()
  readonly #service: { -readonly [Fact in keyof ServiceFacts]: ServiceFacts[Fact] }
  /** The manifest is the playlist of one track. */
  #isPart = false
  #hasMedia = false
  #bytes = 0
  #firstUs: number | null = null
  #lastUs: number | null = null

  /** @param address of the uploads, for a person */
  constructor(address: string, id: ServiceId, host: UploadedHost) {
    this.#address = address
    this.#host = host
    this.#startedUs = host.nowUs()
    this.columns = new SessionColumns({
      hash: false,
      bytesOf: (index, view) => this.objects.kept(index, view),
      urlOf: (serviceId, name) => this.served.urlOf(serviceId, name),
      live: true,
    })
    const unsaid = { name: null, category: null, major: null, minor: null, destination: null, source: null }
    const none = {
      signallingUrl: null,
      manifest: null,
      mmtp: null,
      mmtpFlow: null,
      sharesFilesOf: null,
      announced: null,
    }
    this.#service = { ...unsaid, ...none, id, protocol: 'none', joined: true, signalled: false, repairServers: [] }
  }

  get observer(): Receiving['observer'] {
    return this.columns
  }

  begun(object: FlowObject): void {
    this.#came(object.firstTimeUs)
    this.#hasMedia = true
    this.#tell()
  }

  whole(file: FlowFile): void {
    this.#came(file.firstTimeUs)
    this.#lastUs = file.lastTimeUs
    this.#bytes += file.lease.bytes.byteLength
    this.files.file(file)
    if (file.kind === 'manifest' || file.kind === 'playlist') this.#look(file)
    if (file.kind === 'media') this.#hasMedia = true
    this.#tell()
  }

  services(): readonly ServiceFacts[] {
    return this.columns.views.serviceFacts()
  }

  /** Sections of what is received, with the source of it. */
  state(): readonly AnySection[] {
    const source: AnySection = {
      name: 'source',
      version: () => this.#version.of(this.#firstUs ?? 0, this.#lastUs ?? 0),
      read: () => this.#source(),
    }
    const sections = receiverSections(this).map((section) =>
      section.name === 'services' ? { ...section, read: () => this.#lines() } : section,
    )
    return [source, ...sections]
  }

  shiftUs(): number {
    return 0
  }

  observe(observer: Partial<ReceiveObserver>): void {
    this.#observers.push(observer)
  }

  onAbsent(): void {
    // A file that is not uploaded is not announced either.
  }

  readonly joinsAsAsked = false

  asked(): void {
    // Nothing was left that could be joined again.
  }

  record(): void {
    // There are no packets, and no destinations that bring them.
  }

  report(): Report {
    return this.columns.views.report(...this.#reportInputs())
  }

  reportPieces(): Iterable<string> {
    return this.columns.views.reportPieces(...this.#reportInputs())
  }

  droppedByHost(): number {
    return 0
  }

  #came(timeUs: number): void {
    this.#firstUs ??= timeUs
    this.#lastUs = timeUs
  }

  /** Takes the manifest of the service: the first, its newer contents, and one of all tracks instead of one of a single track. */
  #look(file: FlowFile): void {
    const { manifest } = this.#service
    const isPart = file.kind === 'playlist'
    if (manifest !== null && manifest.name !== file.name && (isPart || !this.#isPart)) return
    const read = this.#read(file)
    if (read === null) return
    this.#isPart = isPart
    this.#service.manifest = read
    this.#service.signalled = true
  }

  /** @returns null where it cannot be read */
  #read({ name, lease: { bytes } }: FlowFile): ServiceFacts['manifest'] {
    const kind = HLS.test(name) ? 'hls' : 'dash'
    // A longer document is left to its readers.
    if (bytes.byteLength > SLS_LIMITS.xml.maxLength) return { kind, name, codecs: [] }
    try {
      const codecs = kind === 'hls' ? readHlsCodecs(bytes) : readMpdFacts(bytes, new EntryFaults()).codecs
      return { kind, name, codecs }
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.#host.warn(`The manifest ${JSON.stringify(name)} cannot be read: ${thrown.message}.`)
      return null
    }
  }

  #tell(): void {
    this.columns.serviceChanged(this.#service)
    for (const observer of this.#observers) observer.serviceChanged?.(this.#service)
  }

  #lines(): ServiceSnapshot[] {
    const { signalled } = this.#service
    return this.columns.views
      .services((service) => this.served.playable(service))
      .map((line) => ({
        ...line,
        state: this.#hasMedia ? 'receiving' : signalled ? 'signalled' : 'announced',
        bytes: this.#bytes,
        objects: this.files.count,
        notPlayable: line.playable === null ? (signalled ? line.notPlayable : NO_MANIFEST) : null,
      }))
  }

  #source(): SourceSnapshot {
    const times = { startedWallUs: this.#startedUs, firstTimeUs: this.#firstUs, lastTimeUs: this.#lastUs }
    const packets = { lastPacketWallUs: this.#lastUs, sockets: [], left: [], untimed: false }
    return { ...times, ...packets, label: this.#address, live: true, pace: null, progress: null }
  }

  #reportInputs(): Parameters<SessionColumns['views']['report']> {
    const [firstTime, lastTime] = [this.#firstUs, this.#lastUs].map((timeUs) => (timeUs === null ? null : timeUs / 1e6))
    return [
      { kind: 'presentation', name: this.#address, firstTime: firstTime ?? null, lastTime: lastTime ?? null },
      { frames: 0, udp: 0, bytes: 0, fragmentsDropped: 0 },
    ]
  }
}
