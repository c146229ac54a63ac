import type { OriginSnapshot } from '../../contract/http-snapshots.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { shownText } from '../../contract/shown-text.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { FirstReports } from '../../failure/first-reports.ts'
import { WriteDoor } from '../../files/write-door.ts'
import { Version } from '../../flow/version.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { MountHandle } from '../../http/mount.ts'
import { parseTarget } from '../../http/request-target.ts'
import { FileServer } from '../../server/file-server.ts'
import { OriginFiles } from '../../server/origin/origin-files.ts'
import { OriginFolder, writeProblem } from '../../server/origin/origin-folder.ts'
import { OriginMount } from '../../server/origin/origin-mount.ts'
import { openRoots, tidyFolder } from '../../server/roots.ts'
import type { AnySection, ObjectNeeds, Part, PartHost } from '../part.ts'
import { clientSection, type HttpFront, openHttpFront, ownFiles, requestSection } from './http-front.ts'
import type { HttpOriginSpec } from './http-origin-options.ts'

/** Bytes of files in memory. */
const MEMORY_BYTES = 512 * 1024 * 1024
const READ_RULES = { listing: false, compressBelow: 50_000, cacheControl: null, ignoreRanges: false } as const

/** Opens an origin, which serves from the start. @throws AppFailure as `openHttpFront`, and folder-not-writable */
export async function openHttpOrigin(spec: PartSpec, host: PartHost): Promise<Part> {
  const own = spec as unknown as HttpOriginSpec
  const { prefix, manifest } = readPath(own.path)
  const problems = new FirstReports((error) => host.problem(error, 'error'))
  const opened = own.folder === undefined ? null : await openFolder(own.folder, host, problems)
  const files = new OriginFiles({
    manifest,
    leftOut: (serviceId) =>
      host.problem(
        {
          code: 'not-supported',
          message: `Service ${serviceId} is not served: ${own.path} is the manifest of one service.`,
          tryThis: 'Choose the service with --services, or serve a folder: --origin-path /.',
        },
        'warning',
      ),
    maxSegments: own.maxSegments,
    memoryBytes: MEMORY_BYTES,
    nowMs: () => host.nowUs() / 1000,
    warn: (text) => host.log('http', 'warning', text),
    folder: opened?.folder ?? null,
  })
  const front = await openHttpFront(own, host)
  const mount = new OriginMount(files, opened?.server ?? null, own.holdS * 1000)
  try {
    const group = host.shared(`origins ${own.listen} ${prefix}`, () => new OriginGroup(prefix, front, host))
    group.add(mount, manifest)
    host.log('http', 'info', `Origin on ${front.use.origin}${own.path}`)
    return new HttpOriginPart(own, front, { files, mount, group, folder: opened?.folder ?? null }, problems)
  } catch (error) {
    await front.use.close()
    throw error
  }
}

/** Origins of a session below one path, each of which has files of its own. */
class OriginGroup {
  readonly handle: MountHandle
  readonly #mounts: OriginMount[] = []
  readonly #manifests = new Set<string | null>()
  readonly #prefix: string

  /** @throws AppFailure port-in-use */
  constructor(prefix: string, { use, rules, log, arrived }: HttpFront, host: PartHost) {
    this.#prefix = prefix
    this.handle = use.mount({
      prefix,
      rules: {
        ...rules,
        methods: ['GET', 'HEAD'],
        otherMethods: 'Nothing can be written here.',
        localNames: 'loopback',
      },
      log: (_level, text) => host.log('http', 'warning', text),
      arrived,
      answer: (exchange) => {
        log?.take(exchange)
        return this.#answer(exchange)
      },
    })
  }

  /** @throws AppFailure port-in-use where another origin has that manifest */
  add(mount: OriginMount, manifest: string | null): void {
    if (this.#manifests.has(manifest))
      throw new AppFailure(
        'port-in-use',
        `${this.#prefix}/${manifest ?? ''} is already in use.`,
        'Choose another path.',
      )
    this.#manifests.add(manifest)
    this.#mounts.push(mount)
  }

  /** The mounts end with the servers of their parts. */
  async close(): Promise<void> {
    for (const mount of this.#mounts) mount.close()
  }

  async #answer(exchange: Exchange): Promise<void> {
    const path = exchange.target.components.join('/')
    const known = this.#mounts.find((each) => each.knows(path))
    const mount = known ?? this.#mounts.find(({ isOnDisk }) => isOnDisk) ?? this.#mounts[0]
    await mount?.answer(exchange)
  }
}

type Opened = {
  readonly files: OriginFiles
  readonly mount: OriginMount
  readonly group: OriginGroup
  readonly folder: OriginFolder | null
}

/** Serves received files until the session is closed. */
class HttpOriginPart implements Part {
  readonly id: string
  readonly input: OriginFiles
  readonly #spec: HttpOriginSpec
  readonly #front: HttpFront
  readonly #opened: Opened
  readonly #problems: FirstReports
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]

  constructor(spec: HttpOriginSpec, front: HttpFront, opened: Opened, problems: FirstReports) {
    this.id = spec.id
    this.#spec = spec
    this.#front = front
    this.#opened = opened
    this.#problems = problems
    this.input = opened.files
    this.#sections = [
      { name: 'origin', version: () => this.#now(), read: () => this.#snapshot() },
      requestSection(() => front.requests),
      clientSection(() => front.use),
    ]
  }

  async stop(): Promise<void> {
    await this.#opened.folder?.settled()
    this.#problems.end((more) => ({
      code: 'disk-full',
      message: `${more} more files could not be written.`,
      tryThis: 'See the log for them: --log http@info.',
    }))
    // Received files stay served until the session is closed.
  }

  async close(): Promise<void> {
    this.#opened.mount.close()
    await this.#front.use.close()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  wants(): 'all' {
    return 'all'
  }

  needs(): ObjectNeeds {
    return { hash: false, patched: false }
  }

  #now(): number {
    const { files, removed } = this.#opened.files.counts
    const { requests, bytes } = this.#opened.group.handle
    return this.#version.of(files, removed, requests, bytes, this.#opened.mount.held)
  }

  #snapshot(): OriginSnapshot {
    const { requests, bytes } = this.#opened.group.handle
    const { origin } = this.#front.use
    const held = this.#opened.mount.held
    return { url: `${origin}${this.#spec.path}`, baseUrl: origin, requests, bytes, held, ...this.#opened.files.counts }
  }
}

async function openFolder(
  path: string,
  host: PartHost,
  problems: FirstReports,
): Promise<{ folder: OriginFolder; server: FileServer }> {
  const note = (text: string): void => host.log('http', 'info', text)
  const roots = await openRoots({ read: [path], overlay: true }, note)
  await tidyFolder(path, note)
  const folder = new OriginFolder(new WriteDoor(roots[0]?.door.root ?? path), (name, error) => {
    const message = `Writing ${shownText(name, 200)} into ${path} ${writeProblem(error)}.`
    host.log('http', 'warning', message)
    problems.add({ code: 'folder-not-writable', message, tryThis: 'Make room, or name another folder.' })
  })
  return { folder, server: new FileServer(roots, READ_RULES, await ownFiles(host), { growing: () => null }) }
}

/** The folder of a path as a prefix, and the manifest in it; null: a folder of services. @throws AppFailure bad-spec */
function readPath(path: string): { prefix: string; manifest: string | null } {
  const target = path.startsWith('/') ? parseTarget(path) : 400
  const components = typeof target === 'number' ? [''] : [...target.components]
  const manifest = components.pop() ?? ''
  if (typeof target === 'number' || target.search !== '' || components.includes(''))
    throw new AppFailure('bad-spec', `"${path}" is no path of an origin.`, 'Write /, /FOLDER/ or /NAME.mpd.')
  return { prefix: components.map((each) => `/${each}`).join(''), manifest: manifest === '' ? null : manifest }
}
