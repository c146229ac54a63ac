import type {
  ClientsSnapshot,
  FileTransfer,
  HoldReason,
  RequestsSnapshot,
  ServedClient,
  ServedRequest,
  TransfersSnapshot,
} from '../../../core/contract/served-requests.ts'
import { formatDuration } from '../../model/format.ts'

/** A request with a name among those of all servers. */
export type RequestLine = {
  readonly key: string
  /** Address of its server, without a path. */
  readonly baseUrl: string
  readonly request: ServedRequest
}

/** A connection with a name among those of all servers. */
export type ClientLine = { readonly key: string; readonly baseUrl: string; readonly client: ServedClient }

/** An upload or push with a name among those of all parts. */
export type TransferLine = { readonly key: string; readonly transfer: FileTransfer }

/** The requests of all servers, the newest first. */
export function requestLines(servers: readonly RequestsSnapshot[]): readonly RequestLine[] {
  return servers
    .flatMap(({ baseUrl, places }, server) =>
      places.map((request) => ({ key: `${server} ${request.number}`, baseUrl, request })),
    )
    .sort((a, b) => b.request.timeUs - a.request.timeUs || b.request.number - a.request.number)
}

/** The open connections of all servers, the newest first. */
export function clientLines(servers: readonly ClientsSnapshot[]): readonly ClientLine[] {
  return servers
    .flatMap(({ baseUrl, clients }) =>
      clients.map((client) => ({ key: `${baseUrl} ${client.number}`, baseUrl, client })),
    )
    .sort((a, b) => b.client.sinceUs - a.client.sinceUs || b.client.number - a.client.number)
}

/** The uploads and pushes of all parts, the newest first. */
export function transferLines(parts: readonly TransfersSnapshot[]): readonly TransferLine[] {
  return parts
    .flatMap(({ places }, part) => places.map((transfer) => ({ key: `${part} ${transfer.number}`, transfer })))
    .sort((a, b) => b.transfer.timeUs - a.transfer.timeUs || b.transfer.number - a.transfer.number)
}

/** Lines that have every word in their text. */
export function filteredLines<Line>(
  lines: readonly Line[],
  words: string,
  textOf: (line: Line) => string,
): readonly Line[] {
  const wanted = words.trim().toLowerCase().split(/\s+/)
  if (wanted[0] === '') return lines
  return lines.filter((line) => {
    const text = textOf(line).toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

/** The same lines in their places, as they are now where that is still known. */
export function heldLines<Line extends { readonly key: string }>(
  held: readonly Line[],
  now: readonly Line[],
): readonly Line[] {
  const current = new Map(now.map((line) => [line.key, line]))
  return held.map((line) => current.get(line.key) ?? line)
}

/** What a filter looks at. */
export function requestText({ request }: RequestLine): string {
  const { client, method, target, range, status, heldFor, error } = request
  return `${client} ${method} ${target} ${range ?? ''} ${status ?? ''} ${heldFor === null ? '' : `held ${HELD[heldFor]}`} ${error ?? ''}`
}

/** What a filter looks at. */
export function transferText({ transfer }: TransferLine): string {
  const { direction, peer, path, state, error } = transfer
  return `${direction} ${peer} ${path} ${state} ${error ?? ''}`
}

/** Body bytes that a request is about: those of an upload, else those of its reply. */
export function bytesOf({ method, receivedBytes, sentBytes }: ServedRequest): number {
  return method === 'PUT' || method === 'POST' ? receivedBytes : sentBytes
}

/** Bits per second of its body; null while that is not known. */
export function rateOf(request: ServedRequest): number | null {
  const { durationUs, heldUs } = request
  const bytes = bytesOf(request)
  if (durationUs === null || bytes === 0) return null
  const sendingUs = durationUs - (heldUs ?? 0)
  return sendingUs > 0 ? (bytes * 8e6) / sendingUs : null
}

const HELD: Readonly<Record<HoldReason, string>> = {
  'next-segment': 'for the next segment',
  manifest: 'for the manifest',
  bytes: 'for more of the file',
  service: 'for files of the service',
}

/** For how long a request was held, and why; empty: it was not. */
export function heldText({ heldFor, heldSinceUs, heldUs, state }: ServedRequest, nowUs: number): string {
  if (heldFor === null || heldSinceUs === null) return ''
  if (heldUs !== null) return `${formatDuration(heldUs)} ${HELD[heldFor]}`
  return state === 'waiting'
    ? `${formatDuration(Math.max(0, nowUs - heldSinceUs))} so far, ${HELD[heldFor]}`
    : HELD[heldFor]
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
