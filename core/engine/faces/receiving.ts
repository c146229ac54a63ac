import type { ServiceId } from '../../contract/ids.ts'
import type { BoxField, BytesView, ObjectBoxes } from '../../contract/object-boxes.ts'
import type { ObjectDetail } from '../../contract/object-rows.ts'
import type { Report } from '../../contract/report.ts'
import type { PictureSnapshot, PlayableSnapshot } from '../../contract/service-snapshot.ts'
import type { Thumbnail } from '../../contract/wall.ts'
import type { AbsentObject, ReceiveObserver, ServiceFacts } from '../../flow/facts.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { SessionColumns } from '../../inspect/session-columns.ts'
import type { DatagramSource } from './datagram-source.ts'
import type { Recording } from './recording.ts'

/** Server of a receiver's files. */
export type Serving = {
  /** Address of a file; null where it has none. */
  urlOf(serviceId: ServiceId, name: string): string | null
  playable(service: ServiceFacts): PlayableSnapshot | null
  /** A window's player came this far with a service. */
  pictured(serviceId: ServiceId, picture: PictureSnapshot): void
  /** Looks at services for the next seconds. @param atUs stream time, once the session has ended; null: the newest */
  look(services: readonly ServiceId[], atUs: number | null): void
  thumbnail(serviceId: ServiceId): Thumbnail | null
  /** Grows when `playable` changes for another reason than what was received. */
  playableVersion(): number
}

/** Reads bytes of an object that are kept; null where they are not, or nothing else than what arrived is served. */
export type BytesReader = (index: number, view: BytesView, from?: number, to?: number) => Uint8Array | null

/** A delivered file. */
export type FileNotice = {
  readonly service: ServiceId
  readonly name: string
  readonly bytes: number
  readonly complete: boolean
}

/** A receiver and the facts of what it received, as the parts after it see it. */
export interface Receiving {
  /** Facts of what was received; defined once the receiver has started. */
  readonly columns: SessionColumns
  readonly sources: readonly DatagramSource[]
  /** Stream time is wall time. */
  readonly wallClock: boolean
  /** Takes facts from parts after the receiver. */
  readonly observer: Pick<ReceiveObserver, 'objectRepaired' | 'found'>
  /** Services with their manifests; empty before the receiver has started. */
  services(): readonly ServiceFacts[]
  /** Stream time less the sources' own time, µs. */
  shiftUs(): number
  /** Adds an observer of facts; call it before the receiver starts. */
  observe(observer: Partial<ReceiveObserver>): void
  /** Adds a listener for announced objects that do not arrive; call it before the receiver starts. */
  onAbsent(listener: (objects: readonly AbsentObject[]) => void): void
  /** Sets the reader of object bytes; the first one is used. */
  keeps(bytesOf: BytesReader): void
  /** Sets the server of files; the first one is used. */
  serves(serving: Serving): void
  /** Address of the manifest of a service; null where it has none, or nothing is served. */
  manifestUrl(serviceId: ServiceId): string | null
  /** Tells the server of files how far a window's player came with a service. */
  pictured(...picture: Parameters<Serving['pictured']>): void
  /** Asks the server of files to look at services, and for what it saw. */
  look(...asked: Parameters<Serving['look']>): void
  thumbnail(serviceId: ServiceId): Thumbnail | null
  /** Whether it joins by what players ask for; otherwise nothing comes of `asked`. */
  readonly joinsAsAsked: boolean
  /** Reports a player's request for a file: the destination that carries it is joined again where it had been left. */
  asked(
    serviceId: ServiceId,
    name: string,
    carrier: { readonly number: number | null; readonly representation: string | null } | null,
    have: boolean,
  ): void
  /** Reports wanted destinations and tunnels to a recording, now and later. */
  record(recording: Recording): void
  /** Counts the delivered files. */
  readonly files: FileCount
  report(): Report
  /** The report as JSON text, made while it is read. */
  reportPieces(): Iterable<string>
  /** @throws AppFailure no-such-session where the row does not exist */
  detail(index: number): ObjectDetail
  /** A copy; shorter where not all is stored. */
  bytes(index: number, from: number, to: number, view: BytesView): Uint8Array
  boxes(index: number, view: BytesView): ObjectBoxes
  /** Fields of the box at an offset; none where there is no box. */
  boxFields(index: number, view: BytesView, offset: number): readonly BoxField[]
  /** Datagrams the system dropped before they could be read. */
  droppedByHost(): number
}

/** Counts files as they are delivered. */
export class FileCount {
  count = 0
  bytes = 0
  readonly #listeners = new Set<(file: FileNotice) => void>()

  get amount(): { readonly items: number; readonly bytes: number } {
    return { items: this.count, bytes: this.bytes }
  }

  listen(listener: (file: FileNotice) => void): void {
    this.#listeners.add(listener)
  }

  file(file: FlowFile): void {
    this.count++
    this.bytes += file.lease.bytes.byteLength
    if (this.#listeners.size === 0) return
    const { serviceId, name, lease, complete } = file
    for (const listener of this.#listeners)
      listener({ service: serviceId, name, bytes: lease.bytes.byteLength, complete })
  }
}
