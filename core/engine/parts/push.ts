import type { ServiceId } from '../../contract/ids.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { FirstReports } from '../../failure/first-reports.ts'
import { parseUrl } from '../../failure/parse-url.ts'
import { Version } from '../../flow/version.ts'
import { SYSTEM_CLOCK } from '../../http/client/http-clock.ts'
import { PushSink } from '../../push/push-sink.ts'
import { PushTarget } from '../../push/push-target.ts'
import { headersOf } from '../../server/headers.ts'
import type { AnySection, ObjectNeeds, Part, PartHost, PartTraffic } from '../part.ts'
import { transferSection, transferTable } from './http-front.ts'
import type { PushSpec } from './push-options.ts'

/** Opens the targets of a push; nothing is asked before the first file. @throws AppFailure bad-url | bad-spec */
export async function openPush(spec: PartSpec, host: PartHost): Promise<Part> {
  return new PushPart(spec as unknown as PushSpec, host)
}

/** Sends received files to HTTP servers. */
class PushPart implements Part {
  readonly id: string
  readonly input: PushSink
  readonly #targets: readonly PushTarget[]
  readonly pushing: readonly PushTarget[]
  readonly #problems: FirstReports
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #closing: Promise<unknown> | null = null
  #fail: (failure: AppFailure) => void = () => {}
  #tellStopped: () => void = () => {}
  readonly #endsOnFailure: boolean
  readonly #failing = new Promise<void>((resolve, reject) => {
    this.#tellStopped = resolve
    this.#fail = reject
  })

  constructor(spec: PushSpec, host: PartHost) {
    this.id = spec.id
    this.#endsOnFailure = spec.endsOnFailure
    // It may fail before it runs.
    this.#failing.catch(() => undefined)
    this.#problems = new FirstReports((error) => host.problem(error, 'error'))
    const headers = headersOf(spec.headers ?? []) as Record<string, string>
    const rules = {
      method: spec.post ? 'POST' : 'PUT',
      headers,
      timeoutMs: spec.timeoutS * 1000,
      retries: !spec.endsOnFailure,
      growing: !spec.wholeFiles,
      connections: spec.connections,
    } as const
    const transfers = transferTable(host)
    const places = spec.urls.map((text) => {
      const { folder, manifest } = placeOf(text)
      const shown = withoutCredentials(folder.href)
      const failed = (path: string, reason: string): void => {
        host.log('http', 'warning', `${shown}${path} was not pushed: ${reason}.`)
        const message = `Some files were not pushed to ${shown}: ${reason}.`
        const tryThis = 'See that the server is there, takes uploads below this address, and has room.'
        if (spec.endsOnFailure) this.#fail(new AppFailure('source-unreachable', message, tryThis))
        else this.#problems.add({ code: 'source-unreachable', message, tryThis })
      }
      const target = new PushTarget(folder, rules, failed, SYSTEM_CLOCK, transfers)
      const leftOut = (serviceId: ServiceId): void => {
        const error = {
          code: 'not-supported',
          message: `Service ${serviceId} is not pushed to ${shown}, since an address that names a manifest takes one service.`,
          tryThis: 'Choose the service with --services, or push to a folder.',
        } as const
        host.problem(error, 'warning')
      }
      return { target, manifest, leftOut }
    })
    this.#targets = places.map(({ target }) => target)
    this.pushing = this.#targets
    this.input = new PushSink(places, spec.maxSegments)
    this.#sections = [
      { name: 'push', version: () => this.#now(), read: () => this.#targets.map((target) => target.snapshot()) },
      transferSection(transfers),
    ]
  }

  /** Rejects at the first failure, where that ends the session; else the session does not wait for it. */
  run(): Promise<void> {
    return this.#endsOnFailure ? this.#failing : Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#tellStopped()
    this.#closing ??= this.#finish()
    await this.#closing
  }

  flush(): void {
    for (const target of this.#targets) target.flush()
  }

  async close(): Promise<void> {
    await Promise.all(this.#targets.map((target) => target.close()))
  }

  traffic(): PartTraffic {
    const bytes = this.#targets.reduce((sum, target) => sum + target.snapshot().waitingBytes, 0)
    return { waiting: { items: 0, bytes } }
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

  async #finish(): Promise<void> {
    await Promise.all(this.#targets.map((target) => target.finish()))
    this.#problems.end((more) => ({
      code: 'source-unreachable',
      message: `${more} more reasons kept files from being pushed.`,
      tryThis: 'See the log for them: --log http@info.',
    }))
  }

  #now(): number {
    return this.#version.of(
      ...this.#targets.flatMap((target) => {
        const { files, removed, failed, leftOut, retries, waitingBytes, reachable } = target.snapshot()
        return [files, removed, failed, leftOut, retries, waitingBytes, Number(reachable)]
      }),
    )
  }
}

/** Reads an address: a folder, or a manifest in a folder. @throws AppFailure bad-url */
function placeOf(text: string): { folder: URL; manifest: string | null } {
  const url = parseUrl(text)
  if (url === null) throw refused(text)
  if (!/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') throw refused(text)
  const [, folder = '/', name = ''] = /^(.*\/)([^/]*)$/.exec(url.pathname) ?? []
  const isManifest = /\.(?:mpd|m3u8)$/i.test(name)
  url.pathname = isManifest || name === '' ? folder : `${url.pathname}/`
  return { folder: url, manifest: isManifest ? decoded(name) : null }
}

/** A name without escapes; as it is where they are malformed. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function refused(text: string): AppFailure {
  return new AppFailure(
    'bad-url',
    `${withoutCredentials(text)} is no address to push to.`,
    'Name a folder or a manifest: http://HOST/FOLDER/ or http://HOST/FOLDER/NAME.mpd.',
  )
}
