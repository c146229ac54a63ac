import type { RequestsSnapshot, ServedRequest } from '../../../core/contract/served-requests.ts'

/** A request with a name among those of all servers. */
export type RequestLine = {
  readonly key: string
  /** Address of its server, without a path. */
  readonly baseUrl: string
  readonly request: ServedRequest
}

/** The requests of all servers, the newest first. */
export function requestLines(servers: readonly RequestsSnapshot[]): readonly RequestLine[] {
  return servers
    .flatMap(({ baseUrl, places }, server) =>
      places.map((request) => ({ key: `${server} ${request.number}`, baseUrl, request })),
    )
    .sort((a, b) => b.request.timeUs - a.request.timeUs || b.request.number - a.request.number)
}

/** Lines that have every word in client, method, path, range or status. */
export function filteredRequests(lines: readonly RequestLine[], words: string): readonly RequestLine[] {
  const wanted = words.trim().toLowerCase().split(/\s+/)
  if (wanted[0] === '') return lines
  return lines.filter(({ request }) => {
    const { client, method, target, range, status } = request
    const text = `${client} ${method} ${target} ${range ?? ''} ${status ?? ''}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

/** Body bytes that a request is about: those of an upload, else those of its reply. */
export function bytesOf({ method, receivedBytes, sentBytes }: ServedRequest): number {
  return method === 'PUT' || method === 'POST' ? receivedBytes : sentBytes
}

/** The status of a reply, and whether it came to its end. */
export function statusText({ status, state }: ServedRequest): string {
  if (state === 'broken') return status === null ? 'broken off' : `${status} broken off`
  return status === null ? 'waiting' : String(status)
}

/** How bad a request ended; null: it did not. */
export function severityOfRequest({ status, state }: ServedRequest): 'error' | 'warning' | null {
  if (status !== null && status >= 500) return 'error'
  return state === 'broken' || (status !== null && status >= 400) ? 'warning' : null
}
