import { once } from 'node:events'
import { connect } from 'node:net'

/** A reply as it came over a socket. */
export type RawReply = {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** Chunks put together. */
  readonly body: Buffer
  /** Whether the body came in chunks, the last of them too. */
  readonly chunks: number
}

/** Sends bytes to a port of this machine. @returns all that comes until the other end closes */
export async function exchangeRaw(port: number, sent: string | Uint8Array): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => void pieces.push(piece))
  // A reset is an end, too.
  socket.on('error', () => undefined)
  socket.write(sent)
  await once(socket, 'close')
  return Buffer.concat(pieces)
}

/**
 * Sends one request and reads its reply.
 * @param line method and target: `GET /a.txt`
 * @param lines header fields beside Host
 */
export async function askRaw(
  port: number,
  line: string,
  lines: readonly string[] = [],
  body: string | Uint8Array = '',
): Promise<RawReply> {
  const head = [`${line} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close', ...lines].join('\r\n')
  const bytes = await exchangeRaw(port, Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body)]))
  const [reply] = readReplies(bytes, line.startsWith('HEAD '))
  if (reply === undefined) throw new Error(`${line}: no reply in ${JSON.stringify(bytes.toString('latin1'))}`)
  return reply
}

/** Splits what a connection brought into replies; those of HEAD have no body. Interim replies are replies, too. */
export function readReplies(bytes: Buffer, head = false): RawReply[] {
  const replies: RawReply[] = []
  let at = 0
  while (at < bytes.length) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) throw new Error(`No end of a head: ${bytes.toString('latin1', at, at + 200)}`)
    const [first = '', ...fields] = bytes.toString('latin1', at, end).split('\r\n')
    const headers = Object.fromEntries(
      fields.map((field) => {
        const [name = '', ...value] = field.split(': ')
        return [name.toLowerCase(), value.join(': ')]
      }),
    )
    const status = Number(first.split(' ')[1])
    at = end + 4
    let body: Buffer = Buffer.alloc(0)
    let chunks = 0
    if (head || status < 200 || status === 204 || status === 304) {
      // No body.
    } else if (headers['transfer-encoding'] === 'chunked') {
      const pieces: Buffer[] = []
      for (;;) {
        const line = bytes.indexOf('\r\n', at)
        const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
        if (line < 0 || Number.isNaN(size)) throw new Error('A body of chunks has no end.')
        pieces.push(bytes.subarray(line + 2, line + 2 + size))
        at = line + 2 + size + 2
        chunks++
        if (size === 0) break
      }
      body = Buffer.concat(pieces)
    } else {
      const size = Number(headers['content-length'])
      if (Number.isNaN(size)) throw new Error(`${first} has no length.`)
      if (at + size > bytes.length) throw new Error(`${first} ends ${at + size - bytes.length} bytes early.`)
      body = bytes.subarray(at, at + size)
      at += size
    }
    replies.push({ status, headers, body, chunks })
  }
  return replies
}
