import { heldText, type RequestLine } from './traffic-model.ts'

/** Writes requests as HAR 1.2, the oldest first. What a server does not know of them is -1 or empty, as the format has it. */
export function harOf(lines: readonly RequestLine[], version: string): string {
  const entries = [...lines].reverse().map(entryOf)
  return JSON.stringify({ log: { version: '1.2', creator: { name: 'Routescope', version }, entries } }, null, 2)
}

function entryOf({ baseUrl, request }: RequestLine): object {
  const { timeUs, method, target, range, status, sentBytes, receivedBytes, durationUs, heldUs, error } = request
  const timeMs = durationUs === null ? -1 : durationUs / 1000
  const waitMs = Math.min((heldUs ?? 0) / 1000, Math.max(timeMs, 0))
  const query = /\?(.*)$/s.exec(target)?.[1] ?? ''
  return {
    startedDateTime: new Date(timeUs / 1000).toISOString(),
    time: timeMs,
    request: {
      method,
      url: baseUrl + target,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: range === null ? [] : [{ name: 'Range', value: range }],
      queryString: [...new URLSearchParams(query)].map(([name, value]) => ({ name, value })),
      headersSize: -1,
      bodySize: receivedBytes,
    },
    response: {
      status: status ?? 0,
      statusText: error ?? '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [],
      content: { size: sentBytes, mimeType: '' },
      redirectURL: '',
      headersSize: -1,
      bodySize: sentBytes,
    },
    cache: {},
    timings: { send: 0, wait: waitMs, receive: timeMs < 0 ? -1 : timeMs - waitMs },
    comment: commentOf(request),
  }
}

function commentOf(request: RequestLine['request']): string {
  const { client, state, heldUs } = request
  const held = heldUs === null ? [] : [`held ${heldText(request, 0)}`]
  return [`from ${client}`, ...(state === 'done' ? [] : [state]), ...held].join(', ')
}
