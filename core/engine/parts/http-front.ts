import type { OutgoingHttpHeaders } from 'node:http'
import { createSecureContext } from 'node:tls'
import { isLoopback } from '../../contract/loopback.ts'
import type { SpecOf } from '../../contract/option-row.ts'
import { parseEndpoint } from '../../contract/option-values.ts'
import type { ClientsSnapshot } from '../../contract/served-requests.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { readRegular } from '../../files/door.ts'
import type { CorsRules } from '../../http/cors.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type HostUse, joinHttpHost } from '../../http/http-host.ts'
import { TransferTable } from '../../http/transfer-table.ts'
import { headersOf } from '../../server/headers.ts'
import { OwnFiles } from '../../server/own-files.ts'
import { RequestLog, readLoggedRequests } from '../../server/request-log.ts'
import { RequestTable } from '../../server/request-table.ts'
import type { AnySection, PartHost } from '../part.ts'
import type { HOST_OPTIONS } from './http-host-options.ts'

const MAX_PEM_BYTES = 1024 * 1024

/** Options of a part that serves something over HTTP. */
export type HostSpec = Omit<SpecOf<string, typeof HOST_OPTIONS>, 'kind'> & { readonly listen: string }

/** Rules of the replies of every mount of a part. */
export type FrontRules = CorsRules & {
  readonly headers: OutgoingHttpHeaders
  readonly stamp?: () => OutgoingHttpHeaders
}

/** What a part has of an HTTP server, which it may share with others of the same address. */
export type HttpFront = {
  readonly use: HostUse
  readonly rules: FrontRules
  /** Null: requests are not logged. */
  readonly log: RequestLog | null
  /** Null: there is no window to show requests. */
  readonly requests: RequestTable | null
  /** What a mount tells of requests that arrive. */
  readonly arrived: (exchange: Exchange) => void
  readonly speaksTls: boolean
  /** Clients are on this computer only. */
  readonly isLocal: boolean
}

/**
 * Opens or joins the server of an address. Parts of one session that name the same address with port 0 share a server, too.
 * @throws AppFailure bad-spec | file-unreadable | input-unusable | port-in-use | address-not-local | socket-failed
 */
export async function openHttpFront(spec: HostSpec, host: PartHost): Promise<HttpFront> {
  const endpoint = parseEndpoint(spec.listen)
  if (endpoint === null)
    throw new AppFailure('bad-spec', `${spec.listen} is no address to serve on.`, 'Write HOST:PORT.')
  const tls = await readTls(spec)
  if (spec.cert !== undefined && spec.key !== undefined) await ownFiles(host, spec.cert, spec.key)
  const headers = { ...(spec.serverName === 'none' ? undefined : { Server: spec.serverName }) }
  Object.assign(headers, headersOf(spec.headers ?? []))
  const log = requestLog(spec, host)
  const chosen = host.shared(`http ${spec.listen}`, () => new ChosenPort(endpoint.port))
  const use = await joinHttpHost(endpoint.host, chosen.port, {
    tls,
    connections: spec.maxConnections,
    connectionsPerPeer: spec.maxPerPeer,
    idleS: spec.idleS,
    closes: spec.closes,
    errors: spec.maxErrors,
    blockBytes: spec.blockBytes ?? null,
  })
  chosen.port = Number(new URL(use.origin).port) || chosen.port
  if (use.ignored.length > 0)
    host.log('http', 'warning', `${use.origin} has its own ${use.ignored.join(', ')}; those of ${spec.id} are ignored.`)
  const requests = requestTable(use.origin, host)
  const stamp = (): OutgoingHttpHeaders => ({ 'Server-UTC': Math.round(host.nowUs() / 1000) })
  return {
    use,
    log,
    requests,
    arrived: (exchange) => requests?.take(exchange),
    rules: {
      cors: spec.cors,
      origins: spec.allowOrigins ?? [],
      headers,
      ...(spec.serverUtc ? { stamp } : undefined),
    },
    speaksTls: tls !== null,
    isLocal: isLoopback(endpoint.host),
  }
}

/** The port of an address in a session: 0 until the system has chosen one. */
class ChosenPort {
  port: number

  constructor(port: number) {
    this.port = port
  }

  async close(): Promise<void> {
    // Its users close the server.
  }
}

/**
 * Reads the certificate of a server and its key; null where neither is named.
 * @throws AppFailure bad-spec | input-unusable | file-unreadable
 */
export async function readTls({
  cert,
  key,
}: Pick<HostSpec, 'cert' | 'key'>): Promise<{ cert: string; key: string } | null> {
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

/** Files that the servers of a session are made of, with some more. */
export async function ownFiles(host: PartHost, ...more: readonly string[]): Promise<OwnFiles> {
  const own = host.shared('files of servers', () => new OwnFiles())
  await own.add(...more)
  return own
}

/** The log of the requests that an option names; null where it is absent. @throws AppFailure bad-spec */
export function requestLog({ requestLog: asked }: Pick<HostSpec, 'requestLog'>, host: PartHost): RequestLog | null {
  if (asked === undefined) return null
  const logged = readLoggedRequests(asked)
  if (typeof logged === 'string')
    throw new AppFailure(
      'bad-spec',
      `"${logged}" is no method whose requests could be logged.`,
      'Name some of GET, HEAD, PUT, POST, DELETE, OPTIONS, *, REC.',
    )
  return new RequestLog(logged, (line) => host.log('http', 'info', line))
}

/** The table of a server's requests; null where there is no window to show it. */
export function requestTable(baseUrl: string, host: PartHost): RequestTable | null {
  return host.windowHost === null ? null : new RequestTable(baseUrl, () => host.nowUs())
}

/** The section of a table of requests, which may be made later. */
export function requestSection(table: () => RequestTable | null): AnySection {
  return { name: 'requests', version: () => table()?.version() ?? 0, read: () => table()?.snapshot() ?? null }
}

/** The section of a server's connections; null while there is no server, or no window to show it. */
export function clientSection(server: () => HostUse | null): AnySection {
  const read = (): ClientsSnapshot | null => {
    const use = server()
    return use === null ? null : { baseUrl: use.origin, host: use.host, ...use.clients.clients() }
  }
  return { name: 'clients', version: () => server()?.clients.progress() ?? 0, read }
}

/** The table of a part's uploads or pushes; null where there is no window to show it. */
export function transferTable(host: PartHost): TransferTable | null {
  return host.windowHost === null ? null : new TransferTable(() => host.nowUs())
}

/** The section of a table of uploads or pushes. */
export function transferSection(table: TransferTable | null): AnySection {
  return { name: 'transfers', version: () => table?.version() ?? 0, read: () => table?.snapshot() ?? null }
}

async function readPem(path: string, what: string): Promise<string> {
  const bytes = await readRegular(path, MAX_PEM_BYTES).catch((error: Error) => {
    throw new AppFailure('file-unreadable', `The ${what} ${path} ${error.message}.`, 'Name another file.', error)
  })
  return new TextDecoder().decode(bytes)
}
