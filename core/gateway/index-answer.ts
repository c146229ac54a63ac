import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { MmtpFlowFacts } from '../flow/facts.ts'
import type { ObjectKind } from '../flow/objects.ts'
import type { Exchange } from '../http/exchange.ts'
import { encodeAddress } from '../http/request-target.ts'
import { streamText } from '../http/streamed-text.ts'

/** A service as the receiver knows it. */
export type GatewayService = {
  readonly id: ServiceId
  readonly name: string | null
  readonly manifest: { readonly kind: 'dash' | 'hls'; readonly name: string } | null
  /** Set for an MMTP service, whose presentation is ours. */
  readonly mmtpFlow?: MmtpFlowFacts | null
  /** Representation@id of the media on the channels of the S-TSID; null where nothing tells. */
  readonly announced?: ReadonlySet<string> | null
}

type Row = { readonly name: string; readonly url: string | null; readonly facts: string }

/** Lists the services: a page, or JSON where the client prefers that. */
export function answerIndex(
  exchange: Exchange,
  store: ObjectStore,
  services: readonly GatewayService[],
): Promise<void> {
  const ids = [...new Set([...services.map((service) => service.id), ...store.services()])].sort((a, b) => a - b)
  const known = new Map(services.map((service) => [service.id, service]))
  const list = function* () {
    for (const id of ids) {
      const { name = null, manifest = null } = known.get(id) ?? {}
      yield {
        id,
        name,
        url: `${exchange.prefix}/service${id}/`,
        manifest:
          manifest === null
            ? null
            : { kind: manifest.kind, name: manifest.name, url: addressOf(exchange, id, manifest.name) },
        files: store.count(id),
      }
    }
  }
  if (exchange.accepts('application/json'))
    return answerJson(exchange, { finished: store.finished }, 'services', list())
  const rows = function* (): Generator<Row> {
    for (const { id, name, url, manifest, files } of list()) {
      yield { name: `Service ${id}${name === null ? '' : `: ${name}`}`, url, facts: `${files} files` }
      if (manifest !== null) yield { name: manifest.name, url: manifest.url, facts: manifest.kind.toUpperCase() }
    }
  }
  return answerPage(exchange, 'Services', rows())
}

/** Lists the files of a service and the objects that are arriving, as they were when it was asked. */
export function answerFileList(exchange: Exchange, store: ObjectStore, serviceId: ServiceId): Promise<void> {
  const ready = store.list(serviceId)
  const live = store.live(serviceId)
  const lost = store.lostObjects(serviceId)
  const list = function* () {
    for (const { name, size, kind } of ready) yield listed(name, kind, 'ready', size, size)
    for (const { name, size, kind, received } of live) yield listed(name ?? '', kind, 'receiving', size, received)
    for (const { name, size, kind, received } of lost) yield listed(name, kind, 'lost', size, received)
  }
  const listed = (name: string, kind: ObjectKind, state: string, size: number | null, received: number) => ({
    name,
    kind,
    state,
    size,
    received,
    url: addressOf(exchange, serviceId, name),
  })
  if (exchange.accepts('application/json')) {
    return answerJson(exchange, { id: serviceId, finished: store.finished }, 'files', list())
  }
  const rows = function* (): Generator<Row> {
    for (const { name, url, state, received, size } of list()) {
      yield {
        name,
        url: state === 'lost' ? null : url,
        facts: state === 'ready' ? `${received} bytes` : `${state}, ${received} of ${size ?? 'unknown'} bytes`,
      }
    }
  }
  return answerPage(exchange, `Service ${serviceId}`, rows())
}

function addressOf({ prefix }: Exchange, serviceId: ServiceId, name: string): string | null {
  const path = encodeAddress(name)
  return path === null ? null : `${prefix}/service${serviceId}/${path}`
}

/** JSON of an object with a list as its last field. */
function answerJson(exchange: Exchange, facts: object, name: string, list: Iterable<object>): Promise<void> {
  const parts = function* (): Generator<string> {
    yield `${JSON.stringify(facts).slice(0, -1)},${JSON.stringify(name)}:[`
    let comma = ''
    for (const one of list) {
      yield comma + JSON.stringify(one)
      comma = ','
    }
    yield ']}'
  }
  return streamText(exchange, 'application/json', parts(), LIST_HEADERS)
}

const LIST_HEADERS = { 'Cache-Control': 'no-cache', Vary: 'Accept, Origin' }

function answerPage(exchange: Exchange, title: string, rows: Iterable<Row>): Promise<void> {
  const parts = function* (): Generator<string> {
    yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)} - Routescope</title></head>
<body><h1>${escapeHtml(title)}</h1>
<ul>
`
    for (const { name, url, facts } of rows) {
      const shown = escapeHtml(name)
      const linked = url === null ? shown : `<a href="${escapeHtml(url)}">${shown}</a>`
      yield `<li>${linked} <small>${escapeHtml(facts)}</small></li>\n`
    }
    yield '</ul>\n</body></html>\n'
  }
  return streamText(exchange, 'text/html; charset=utf-8', parts(), {
    ...LIST_HEADERS,
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  })
}

function escapeHtml(text: string): string {
  if (!/[&<>"']/.test(text)) return text
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
