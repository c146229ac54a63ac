import type { OutgoingHttpHeaders } from 'node:http'
import { createSecureContext } from 'node:tls'
import { parseEndpoint } from '../../contract/option-values.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import type { ServerSnapshot } from '../../contract/snapshot.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { readRegular } from '../../files/door.ts'
import { Version } from '../../flow/version.ts'
import { type HostUse, joinHttpHost } from '../../http/http-host.ts'
import { isLoopback } from '../../http/listen.ts'
import type { MountHandle } from '../../http/mount.ts'
import { folderMount } from '../../server/folder-mount.ts'
import { headersOf } from '../../server/headers.ts'
import { Logins } from '../../server/logins.ts'
import { RequestLog, readLoggedRequests } from '../../server/request-log.ts'
import { openRoots } from '../../server/roots.ts'
import { Users } from '../../server/users.ts'
import type { AnySection, Part, PartHost } from '../part.ts'
import type { ServerSpec } from './server-options.ts'

const MAX_PEM_BYTES = 1024 * 1024

/** Opens a server of folders, which listens once it is started. */
export async function openServer(spec: PartSpec, host: PartHost): Promise<Part> {
  return new ServerPart(spec as unknown as ServerSpec, host)
}

/** Serves folders over HTTP until it is stopped. */
class ServerPart implements Part {
  readonly id: string
  readonly #spec: ServerSpec
  readonly #host: PartHost
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #use: HostUse | null = null
  #mount: MountHandle | null = null
  #uploadedBytes = 0
  #ended: () => void = () => {}
  readonly #end = new Promise<void>((resolve) => {
    this.#ended = resolve
  })

  constructor(spec: ServerSpec, host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#sections = [{ name: 'server', version: () => this.#now(), read: () => this.#snapshot() }]
  }

  async start(): Promise<void> {
    const spec = this.#spec
    const endpoint = parseEndpoint(spec.listen)
    if (endpoint === null || (spec.read === undefined && spec.write === undefined))
      throw new AppFailure('bad-spec', `${this.id} has nothing to serve.`, 'Name a folder to read or to write.')
    const tls = await this.#tls()
    const headers = this.#headers()
    const log = this.#log()
    const users = spec.users === undefined ? null : await Users.read(spec.users)
    if (users !== null && tls === null && !isLoopback(endpoint.host) && !spec.insecureLogin)
      throw new AppFailure(
        'not-supported',
        `Users of other computers would send their passwords to ${spec.listen} in the clear.`,
        'Use --cert and --key, or --insecure-login where nobody listens on the way.',
      )
    const { read = [], write, overlay } = spec
    const roots = await openRoots({ read, overlay, ...(write === undefined ? undefined : { write }) }, (text) =>
      this.#host.log('http', 'info', text),
    )
    const use = await joinHttpHost(endpoint.host, endpoint.port, {
      tls,
      connections: spec.maxConnections,
      connectionsPerPeer: spec.maxPerPeer,
      idleS: spec.idleS,
      closes: spec.closes,
      errors: spec.maxErrors,
      blockBytes: spec.blockBytes ?? null,
    })
    this.#use = use
    if (use.ignored.length > 0)
      this.#host.log(
        'http',
        'warning',
        `${use.origin} has its own ${use.ignored.join(', ')}; those of ${this.id} are ignored.`,
      )
    const rules = {
      listing: spec.listing,
      compressBelow: spec.compressBelow,
      cacheControl: spec.cacheControl ?? null,
      ignoreRanges: spec.ignoreRanges,
      maxBytes: spec.maxUpload,
      cors: spec.cors,
      origins: spec.allowOrigins ?? [],
      headers,
      serverUtc: spec.serverUtc,
    }
    this.#mount = use.mount(
      folderMount(roots, rules, {
        logins: new Logins(users, () => performance.now()),
        nowMs: () => this.#host.nowUs() / 1000,
        events: {
          asked: (exchange) => log?.take(exchange),
          written: (path, bytes) => {
            this.#uploadedBytes += bytes ?? 0
            log?.written(path, bytes)
          },
          warn: (text) => this.#host.log('http', 'warning', text),
        },
      }),
    )
    this.#host.log('http', 'info', `Server on ${use.origin}`)
  }

  run(): Promise<void> {
    return this.#end
  }

  async stop(): Promise<void> {
    this.#ended()
    await this.#use?.close()
  }

  async close(): Promise<void> {
    await this.stop()
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  async #tls(): Promise<{ cert: string; key: string } | null> {
    const { cert, key } = this.#spec
    if (cert === undefined && key === undefined) return null
    if (cert === undefined || key === undefined)
      throw new AppFailure('bad-spec', 'TLS needs a certificate and its key.', 'Give --cert FILE and --key FILE.')
    const pems = { cert: await readPem(cert, 'certificate'), key: await readPem(key, 'key') }
    try {
      createSecureContext(pems)
    } catch (error) {
      throw new AppFailure(
        'input-unusable',
        `${cert} and ${key} are no certificate and the key of it.`,
        'Name a PEM certificate and its PEM key.',
        error,
      )
    }
    return pems
  }

  #headers(): OutgoingHttpHeaders {
    const { headers = [], serverName } = this.#spec
    return { ...(serverName === 'none' ? undefined : { Server: serverName }), ...headersOf(headers) }
  }

  #log(): RequestLog | null {
    const { requestLog } = this.#spec
    if (requestLog === undefined) return null
    const logged = readLoggedRequests(requestLog)
    if (typeof logged === 'string')
      throw new AppFailure(
        'bad-spec',
        `"${logged}" is no method whose requests could be logged.`,
        'Name some of GET, HEAD, PUT, POST, DELETE, OPTIONS, *, REC.',
      )
    return new RequestLog(logged, (line) => this.#host.log('http', 'info', line))
  }

  #now(): number {
    const { requests = 0, bytes = 0 } = this.#mount ?? {}
    return this.#version.of(requests, bytes, this.#uploadedBytes, this.#use?.connections ?? 0)
  }

  #snapshot(): ServerSnapshot | null {
    if (this.#use === null || this.#mount === null) return null
    const { requests, bytes } = this.#mount
    const { origin: baseUrl, connections } = this.#use
    return { baseUrl, requests, bytes, uploadedBytes: this.#uploadedBytes, connections }
  }
}

async function readPem(path: string, what: string): Promise<string> {
  const bytes = await readRegular(path, MAX_PEM_BYTES).catch((error: Error) => {
    throw new AppFailure('file-unreadable', `The ${what} ${path} ${error.message}.`, 'Name another file.', error)
  })
  return new TextDecoder().decode(bytes)
}
