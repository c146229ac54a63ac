import { createSocket, type Socket } from 'node:dgram'
import { gunzipSync } from 'node:zlib'

/** Packets of a multicast group as they come, read byte by byte without the parsers of the program. */
export class RawGroup {
  readonly #socket: Socket
  readonly datagrams: Buffer[] = []
  readonly #waiting = new Set<() => void>()

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (bytes) => {
      this.datagrams.push(bytes)
      for (const look of [...this.#waiting]) look()
    })
  }

  /** Joins a group on loopback. */
  static async join(group: string, port: number): Promise<RawGroup> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, group, resolve)
    })
    socket.addMembership(group, '127.0.0.1')
    return new RawGroup(socket)
  }

  /** Waits until what came so far gives a value. */
  until<Value>(look: () => Value | undefined): Promise<Value> {
    return new Promise((resolve) => {
      const again = (): void => {
        const value = look()
        if (value === undefined) return
        this.#waiting.delete(again)
        resolve(value)
      }
      this.#waiting.add(again)
      again()
    })
  }

  /** Bytes of ROUTE objects, by `TSI/TOI`, in one piece from their start. */
  objects(): Map<string, Buffer> {
    const pieces = new Map<string, Map<number, Buffer>>()
    for (const bytes of this.datagrams) {
      // RFC 5651: version, flags, length of the header in words, codepoint; CCI, TSI, TOI; then the start of the payload.
      if (bytes.length < 20 || bytes.readUInt8(0) >> 4 !== 1) continue
      const end = bytes.readUInt8(2) * 4
      const key = `${bytes.readUInt32BE(8)}/${bytes.readUInt32BE(12)}`
      const object = pieces.get(key) ?? new Map<number, Buffer>()
      pieces.set(key, object)
      object.set(bytes.readUInt32BE(end), bytes.subarray(end + 4))
    }
    return new Map([...pieces].map(([key, object]) => [key, joined(object)]))
  }

  /** Texts of the LLS tables of a kind. */
  tables(tableId: number): string[] {
    return this.datagrams.flatMap((bytes) => (bytes[0] === tableId ? [gunzipSync(bytes.subarray(4)).toString()] : []))
  }

  close(): void {
    this.#socket.close()
  }
}

/** Pieces without a gap from the start. */
function joined(pieces: ReadonlyMap<number, Buffer>): Buffer {
  const whole: Buffer[] = []
  let at = 0
  for (let piece = pieces.get(0); piece !== undefined && piece.length > 0; piece = pieces.get(at)) {
    whole.push(piece)
    at += piece.length
  }
  return Buffer.concat(whole)
}
