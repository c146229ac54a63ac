import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { MmtpFlowFacts } from '../flow/facts.ts'
import type { Exchange } from '../http/exchange.ts'
import { encodePath } from '../http/request-target.ts'

/** A service as the receiver knows it. */
export type GatewayService = {
  readonly id: ServiceId
  readonly name: string | null
  readonly manifest: { readonly kind: 'dash' | 'hls'; readonly name: string } | null
  /** Set for an MMTP service, whose presentation is ours. */
  readonly mmtpFlow?: MmtpFlowFacts | null
}

type Row = { readonly name: string; readonly url: string | null; readonly facts: string }

/** Lists the services: a page, or JSON where the client prefers that. */
export function answerIndex(exchange: Exchange, store: ObjectStore, services: readonly GatewayService[]): void {
  const ids = [...new Set([...services.map((service) => service.id), ...store.services()])].sort((a, b) => a - b)
  const list = ids.map((id) => {
    const known = services.find((service) => service.id === id)
    const manifest = known?.manifest ?? null
    return {
      id,
      name: known?.name ?? null,
      url: `${exchange.prefix}/service${id}/`,
      manifest:
        manifest === null
          ? null
          : { kind: manifest.kind, name: manifest.name, url: addressOf(exchange, id, manifest.name) },
      files: store.list(id).length,
    }
  })
  if (exchange.accepts('application/json')) {
    answerJson(exchange, { finished: store.finished, services: list })
    return
  }
  const rows = list.flatMap(({ id, name, url, manifest, files }): Row[] => [
    { name: `Service ${id}${name === null ? '' : `: ${name}`}`, url, facts: `${files} files` },
    ...(manifest === null ? [] : [{ name: manifest.name, url: manifest.url, facts: manifest.kind.toUpperCase() }]),
  ])
  answerPage(exchange, 'Services', rows)
}

/** Lists the files of a service and the objects that are arriving. */
export function answerFileList(exchange: Exchange, store: ObjectStore, serviceId: ServiceId): void {
  const ready = store
    .list(serviceId)
    .map(({ name, size, kind }) => ({ name, kind, state: 'ready', size, received: size }))
  const live = store
    .live(serviceId)
    .map(({ name, size, kind, received }) => ({ name: name ?? '', kind, state: 'receiving', size, received }))
  const lost = store
    .lostObjects(serviceId)
    .map(({ name, size, kind, received }) => ({ name, kind, state: 'lost', size, received }))
  const files = [...ready, ...live, ...lost].map((file) => ({
    ...file,
    url: addressOf(exchange, serviceId, file.name),
  }))
  if (exchange.accepts('application/json')) {
    answerJson(exchange, { id: serviceId, finished: store.finished, files })
    return
  }
  const rows = files.map(({ name, url, state, received, size }) => ({
    name,
    url: state === 'lost' ? null : url,
    facts: state === 'ready' ? `${received} bytes` : `${state}, ${received} of ${size ?? 'unknown'} bytes`,
  }))
  answerPage(exchange, `Service ${serviceId}`, rows)
}

function addressOf({ prefix }: Exchange, serviceId: ServiceId, name: string): string | null {
  const path = encodePath(name)
  return path === null ? null : `${prefix}/service${serviceId}/${path}`
}

function answerJson(exchange: Exchange, value: unknown): void {
  exchange.text(200, 'application/json', JSON.stringify(value), LIST_HEADERS)
}

const LIST_HEADERS = { 'Cache-Control': 'no-cache', Vary: 'Accept, Origin' }

function answerPage(exchange: Exchange, title: string, rows: readonly Row[]): void {
  const items = rows.map(({ name, url, facts }) => {
    const shown = escapeHtml(name)
    return `<li>${url === null ? shown : `<a href="${escapeHtml(url)}">${shown}</a>`} <small>${escapeHtml(facts)}</small></li>`
  })
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)} - Routescope</title></head>
<body><h1>${escapeHtml(title)}</h1>
<ul>
${items.join('\n')}
</ul>
</body></html>
`
  exchange.text(200, 'text/html; charset=utf-8', page, {
    ...LIST_HEADERS,
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  })
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
