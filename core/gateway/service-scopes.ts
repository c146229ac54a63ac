import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { encodePath } from '../http/request-target.ts'
import { isAbsoluteReference, resolveReference } from '../manifest/reference.ts'
import { foldersOf, type ReferenceScope } from '../manifest/reference-scope.ts'
import { LocalPaths } from './local-paths.ts'

const IDENTIFIER = /(\$[^$]*\$)/
const ABSOLUTE = /^https?:\/\//i

/** What manifests of each service may refer to: its received files, by the names of the store. */
export class ServiceScopes {
  readonly #store: ObjectStore
  readonly #paths = new Map<ServiceId, { readonly version: number; readonly paths: LocalPaths }>()
  readonly #folders = new Map<ServiceId, { readonly version: number; readonly folders: ReadonlySet<string> }>()

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /** Folders of files received under absolute names: objects of DVB-MABR are mostly named by their URL at the origin. */
  folders(serviceId: ServiceId): ReadonlySet<string> {
    const { version } = this.#store
    const known = this.#folders.get(serviceId)
    if (known?.version === version) return known.folders
    const names = this.#store.available(serviceId).flatMap(({ name }) => (ABSOLUTE.test(name) ? [name] : []))
    const folders = foldersOf(names)
    this.#folders.set(serviceId, { version, folders })
    return folders
  }

  /**
   * @param root path of the service, as `/service1`, to which absolute references are rewritten; null keeps them
   * @param asked is given each address of another host with the path of its file here
   */
  of({ serviceId, name }: StoredFile, root: string | null, asked?: Map<string, string | null>): ReferenceScope {
    return {
      name,
      folders: this.folders(serviceId),
      pathOf: root === null ? null : (wanted) => encodeTemplate(wanted, root),
      localOf: (url) => {
        const path = this.localOf(serviceId, url)
        asked?.set(url, path)
        return path
      },
      isManifest: (reference) => this.#isManifest(serviceId, resolveReference(name, reference)),
    }
  }

  /** Path of the received file that an address of another host leads to; null where there is none. */
  localOf(serviceId: ServiceId, url: string): string | null {
    const { version } = this.#store
    let known = this.#paths.get(serviceId)
    if (known?.version !== version) {
      const names = this.#store.available(serviceId).map(({ name }) => name)
      const arriving = this.#store.live(serviceId).flatMap(({ name }) => name ?? [])
      known = { version, paths: new LocalPaths([...names, ...arriving], known?.paths ?? null) }
      this.#paths.set(serviceId, known)
    }
    return known.paths.of(url)
  }

  #isManifest(serviceId: ServiceId, resolved: string): boolean {
    const local = isAbsoluteReference(resolved) ? this.localOf(serviceId, resolved) : null
    const [name = ''] = (local ?? resolved).split('?', 1)
    if (isManifestName(name)) return true
    const found = this.#store.find(serviceId, name)
    return found.state === 'ready' && isManifest(found.file)
  }
}

/** Whether a file is an MPD or a playlist. */
export function isManifest(file: Pick<StoredFile, 'kind' | 'name'>): boolean {
  return file.kind === 'manifest' || file.kind === 'playlist' || isManifestName(file.name)
}

/** Whether a name has the extension of a manifest. */
export function isManifestName(name: string): boolean {
  return /\.(?:mpd|m3u8?)$/i.test(name)
}

/**
 * Encodes a URL, or a template of URLs (ISO/IEC 23009-1 §5.3.9.4.4) whose identifiers players replace, as a path.
 * Null where no request can contain it.
 */
function encodeTemplate(url: string, root: string): string | null {
  const parts = url.split(IDENTIFIER).map((part, index) => (index % 2 === 1 || part === '' ? part : encodePath(part)))
  return parts.includes(null) ? null : `${root}/${parts.join('')}`
}
