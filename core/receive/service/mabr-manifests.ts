import { CodecError } from '../../bytes/codec-error.ts'
import { findingAt, placeAt } from '../../flow/findings.ts'
import { ownBytes } from '../../flow/lease.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { MabrManifest } from '../../protocol/mabr/configuration.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import type { FileContext } from '../context/contexts.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { contentKey } from '../object/content-hash.ts'
import { lackFault } from '../signalling/manifest-lacks.ts'
import { readHlsCodecs, readMpdFacts } from '../signalling/mpd-facts.ts'

/** Bound on manifests that arrive before the configuration. */
const MAX_EARLY_MANIFESTS = 16
const MAX_EARLY_BYTES = 4 << 20

/** A service of a gateway's configuration, with its manifests. */
export type MabrListedService = {
  readonly service: ReceivedService
  manifests: readonly MabrManifest[]
  /** Content keys of the last manifests, by name. */
  readonly contents: Map<string, number>
}

/** Manifests of the services of a gateway: which is whose, and what it tells of its service. */
export class MabrManifests {
  readonly #context: FileContext
  readonly #services: ReadonlyMap<string, MabrListedService>
  readonly #rolesChanged: (service: ReceivedService) => void
  /** What arrived before the configuration. */
  #early: FlowFile[] = []

  /** @param services by serviceIdentifier */
  constructor(
    context: FileContext,
    services: ReadonlyMap<string, MabrListedService>,
    rolesChanged: (service: ReceivedService) => void,
  ) {
    this.#context = context
    this.#services = services
    this.#rolesChanged = rolesChanged
  }

  /** Keeps a manifest until the configuration comes, within bounds. */
  keepEarly(file: FlowFile): void {
    const earlyBytes = this.#early.reduce((sum, each) => sum + each.lease.bytes.length, 0)
    if (this.#early.length < MAX_EARLY_MANIFESTS && earlyBytes + file.lease.bytes.length <= MAX_EARLY_BYTES)
      this.#early.push({ ...file, lease: ownBytes(file.lease.bytes.slice()) })
  }

  /** Gives what was kept, and forgets it. */
  takeEarly(): readonly FlowFile[] {
    const early = this.#early
    this.#early = []
    return early
  }

  /** The service of this manifest or child playlist; null where unknown. */
  ownerOf(file: FlowFile): MabrListedService | null {
    const services = [...this.#services.values()]
    const named = services.find((listed) => isLocated(listed, file.name))
    if (named !== undefined) return named
    const byId = services.find((listed) => listed.service.id === file.serviceId)
    if (byId !== undefined) return byId
    const beside = services.filter((listed) =>
      listed.manifests.some((each) => folderOf(nameOf(each)) === folderOf(file.name)),
    )
    if (beside.length > 0) return beside[0] as MabrListedService
    // GPAC gives locations of manifests; a document without any can only mean its one service.
    return services.length === 1 ? (services[0] as MabrListedService) : null
  }

  /** Takes a manifest or a playlist of a service; the main one with what it tells of the service. */
  take(listed: MabrListedService, file: FlowFile, timeUs: number): void {
    const { service } = listed
    // In-band, each channel of the service carries it.
    const content = contentKey(file.lease.bytes)
    if (listed.contents.get(file.name) === content && !this.#context.spec.keepRepeats) return
    if (listed.contents.size >= MAX_EARLY_MANIFESTS) listed.contents.clear()
    listed.contents.set(file.name, content)
    // The master playlist is the one in the configuration, or the only manifest.
    const main = isLocated(listed, file.name) || (file.kind === 'manifest' && service.manifest === null)
    if (!main && file.kind === 'playlist') {
      this.#context.file(file)
      return
    }
    const type = file.contentType === null ? '' : bareMediaType(file.contentType)
    try {
      if (/mpegurl$/.test(type) || file.name.endsWith('.m3u8')) {
        const codecs = readHlsCodecs(file.lease.bytes)
        service.manifest = { kind: 'hls', name: file.name, codecs }
      } else {
        const facts = readMpdFacts(file.lease.bytes)
        service.manifest = { kind: 'dash', name: file.name, codecs: facts.codecs }
        service.roles = facts.roles
        this.#rolesChanged(service)
        if (facts.lack !== null) throw lackFault(facts.lack)
      }
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      const facts = { kind: 'manifestUnreadable', name: file.name, fault: thrown } as const
      this.#context.found(findingAt(facts, placeAt(timeUs, 0, { service: service.id })))
    }
    this.#context.observer.slsFragment(
      service.id,
      {
        type: service.manifest?.kind === 'hls' ? 'HLS' : 'MPD',
        name: file.name,
        version: null,
        bytes: file.lease.bytes,
      },
      file.lastTimeUs,
    )
    this.#context.file({ ...file, kind: 'manifest' })
    this.#context.observer.serviceChanged(service)
  }
}

function isLocated({ manifests }: MabrListedService, name: string): boolean {
  return manifests.some((each) => each.transportObjectUri === name || each.url === name)
}

function nameOf({ transportObjectUri, url }: MabrManifest): string {
  return transportObjectUri ?? url
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1)
}
