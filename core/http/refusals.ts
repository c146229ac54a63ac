import type { Duplex } from 'node:stream'
import type { LostObject } from '../files/stored-file.ts'
import type { Exchange } from './exchange.ts'

/** 503: worth asking again in a moment. */
export function refuseExpected(exchange: Exchange): void {
  exchange.refuse({
    status: 503,
    sentence: 'It is expected, and has not come yet.',
    state: 'expected',
    headers: { 'Retry-After': '1' },
  })
}

/** 410: it was here, and went by retention. */
export function refuseExpired(exchange: Exchange): void {
  exchange.refuse({
    status: 410,
    sentence: 'It was received, and has been dropped since to keep only the newest segments.',
    state: 'expired',
  })
}

/** Ranges named in a sentence; the JSON form has more. */
const SAID_RANGES = 8
const TOLD_RANGES = 1000

/** 404 with how much of it came, and which bytes did not. */
export function refuseLost(exchange: Exchange, lost: LostObject): void {
  const { size, received, missing } = lost
  const said = missing.slice(0, SAID_RANGES).map(([from, to]) => `${from}-${to - 1}`)
  const more = missing.length > SAID_RANGES ? ` and ${missing.length - SAID_RANGES} more` : ''
  const which = said.length === 0 ? '' : `; missing are bytes ${said.join(', ')}${more}`
  exchange.refuse({
    status: 404,
    sentence: `It was lost on the way: ${received} of ${size ?? 'an unknown number of'} bytes came${which}.`,
    state: 'lost',
    facts: { name: lost.name, size, received, missing: missing.slice(0, TOLD_RANGES) },
  })
}

/** 404 for what later segments have overtaken. */
export function refusePassed(exchange: Exchange): void {
  exchange.refuse({
    status: 404,
    sentence: 'Nothing of it was received, while later segments were: it was sent before, or lost on the way.',
    state: 'lost',
  })
}

/** A reply for where there is no request to answer; the connection ends with it. */
export function rawReply(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
}

/** What Node's parser refuses has no request to answer: a bare reply, and the connection ends. */
export function refuseMalformed(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const isRequest = /^[A-Za-z-]+ \S+ HTTP\//.test(error.rawPacket?.toString('latin1', 0, 200) ?? '')
  if (error.code === 'HPE_INVALID_METHOD' && isRequest) socket.end(rawReply('501 Not Implemented'))
  else if (error.code === 'HPE_HEADER_OVERFLOW') socket.end(rawReply('431 Request Header Fields Too Large'))
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.end(rawReply('408 Request Timeout'))
  else socket.end(rawReply('400 Bad Request'))
}
