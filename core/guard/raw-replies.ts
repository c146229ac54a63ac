import type { Duplex } from 'node:stream'

/** A reply without a parsed request, which ends the connection. */
export function rawReply(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
}

/** Longest time a refused peer may take to read the reply and leave. */
const LEAVE_MS = 2000

/** Ends a connection after a reply, and closes it where the peer does not. */
export function endWith(socket: Duplex, reply: string): void {
  const timer = setTimeout(() => socket.destroy(), LEAVE_MS)
  timer.unref()
  socket.on('close', () => clearTimeout(timer))
  socket.end(reply)
  // What it still sends is of no use; unread, it would hide the end.
  socket.resume()
}

/** Whether an answer to an earlier request has begun and not ended, as Node's own handler asks. */
function isAnswering(socket: Duplex): boolean {
  return (socket as { _httpMessage?: { headersSent?: boolean } | null })._httpMessage?.headersSent === true
}

/** Answers a request that Node's parser refuses with a bare reply, and ends the connection. */
export function refuseMalformed(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex): void {
  // In the middle of an answer, another one would become part of its body.
  if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(socket)) {
    socket.destroy()
    return
  }
  const isRequest = /^[A-Za-z-]+ \S+ HTTP\//.test(error.rawPacket?.toString('latin1', 0, 200) ?? '')
  if (error.code === 'HPE_INVALID_METHOD' && isRequest) endWith(socket, rawReply('501 Not Implemented'))
  else if (error.code === 'HPE_HEADER_OVERFLOW') endWith(socket, rawReply('431 Request Header Fields Too Large'))
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') endWith(socket, rawReply('408 Request Timeout'))
  else endWith(socket, rawReply('400 Bad Request'))
}
