import type { Duplex } from 'node:stream'

/** A reply without a parsed request, which ends the connection. */
export function rawReply(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
}

/** Answers a request that Node's parser refuses with a bare reply, and ends the connection. */
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
