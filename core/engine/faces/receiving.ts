import type { ServiceId } from '../../contract/ids.ts'
import type { Report } from '../../contract/report.ts'
import type { AbsentObject, ReceiveObserver, ServiceFacts } from '../../flow/facts.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { SessionColumns } from '../../inspect/session-columns.ts'
import type { DatagramSource } from './datagram-source.ts'
import type { ObjectContents } from './object-contents.ts'
import type { Recording } from './recording.ts'
import type { ServedFiles } from './served-files.ts'

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
  /** Details and bytes of its objects. */
  readonly objects: ObjectContents
  /** Its files as they are served. */
  readonly served: ServedFiles
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
