import type { ServiceId } from '../../contract/ids.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { SlsFragment } from '../../flow/facts.ts'
import { placeAt } from '../../flow/findings.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { MAX_COMPARED_BYTES } from './agreement.ts'
import { forbiddenChange, type MpdChange, type MpdOutline, mpdOutline } from './mpd-outline.ts'
import type { FoundByClock } from './silence.ts'

const MAX_MANIFESTS = 256
/** A sender that begins again within this time of a change has another presentation, which may differ. */
const RESTART_US = 15_000_000

type Manifest = {
  service: ServiceId
  readonly name: string
  /** The newest version, until it is read. */
  bytes: Uint8Array | null
  changedUs: number
  outline: MpdOutline | null
  /** Changes that are told unless the sender begins again. */
  changes: { readonly change: MpdChange; readonly timeUs: number }[]
}

/** Compares each version of an MPD with the one before it: players do not read again what they hold for fixed. */
export class ManifestUpdates {
  readonly #found: FoundByClock
  readonly #manifests = new BoundedMap<string, Manifest>(MAX_MANIFESTS)
  /** When a sender began again last. */
  #restartedUs = Number.NEGATIVE_INFINITY

  constructor(found: FoundByClock) {
    this.#found = found
  }

  slsFragment(service: ServiceId, { type, name, bytes }: SlsFragment, timeUs: number): void {
    if (type === 'MPD') this.#arrived(service, name, bytes, timeUs)
  }

  objectEnded(object: FlowObject): void {
    const { kind, state, serviceId, name, size, lastTimeUs } = object
    if (kind !== 'manifest' || state !== 'complete' || serviceId === null || name === null || size === null) return
    if (size <= MAX_COMPARED_BYTES) this.#arrived(serviceId, name, object.lease(0, size).bytes, lastTimeUs)
  }

  /** A sender began again; its manifest may be of another service than its media. */
  restarted(timeUs: number): void {
    this.#restartedUs = timeUs
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    for (const manifest of this.#manifests.values()) if (manifest.service === former) manifest.service = service
  }

  look(nowUs: number): void {
    for (const manifest of this.#manifests.values()) {
      this.#read(manifest)
      this.#tell(manifest, nowUs - RESTART_US)
    }
  }

  /** No sender can begin again any more. */
  close(): void {
    for (const manifest of this.#manifests.values()) {
      this.#read(manifest)
      this.#tell(manifest, Number.POSITIVE_INFINITY)
    }
  }

  #arrived(service: ServiceId, name: string, bytes: Uint8Array, timeUs: number): void {
    if (bytes.length > MAX_COMPARED_BYTES) return
    const key = `${service} ${name}`
    let manifest = this.#manifests.get(key)
    if (manifest === undefined) {
      manifest = { service, name, bytes: null, changedUs: timeUs, outline: null, changes: [] }
      this.#manifests.set(key, manifest)
    }
    // Read when time passes: a storm of manifests is not read at its pace.
    manifest.bytes = bytes.slice()
    manifest.changedUs = timeUs
  }

  #read(manifest: Manifest): void {
    const { bytes, outline: before, changedUs: timeUs } = manifest
    if (bytes === null) return
    manifest.bytes = null
    manifest.outline = mpdOutline(bytes)
    if (before === null || manifest.outline === null) return
    const change = forbiddenChange(before, manifest.outline)
    if (change !== null) manifest.changes.push({ change, timeUs })
  }

  #tell(manifest: Manifest, untilUs: number): void {
    while (manifest.changes[0] !== undefined && manifest.changes[0].timeUs <= untilUs) {
      const { change, timeUs } = manifest.changes.shift() as Manifest['changes'][number]
      const { service, name } = manifest
      if (Math.abs(this.#restartedUs - timeUs) <= RESTART_US) continue
      this.#found({ kind: 'manifestChanged', manifest: name, change }, placeAt(timeUs, 0, { service }))
    }
  }
}
