import { createSocket, type Socket as DatagramSocket, type SocketOptions } from 'node:dgram'
import { createServer, type Server, Socket } from 'node:net'
import { LOOPBACK } from '../contract/loopback.ts'
import { type GuardedPeer, guardErrors } from './guard-errors.ts'

const DATAGRAMS: GuardedPeer = { topic: 'socket', what: 'A UDP socket' }
const STREAM: GuardedPeer = { topic: 'socket', what: 'A connection' }
const LISTENER: GuardedPeer = { topic: 'socket', what: 'A listening socket' }
const CONNECTION: GuardedPeer = { topic: 'file', what: 'A connection to a lock' }
const PIPE: GuardedPeer = { topic: 'file', what: 'A named pipe' }

/** Makes a UDP socket, whose errors are reported and dropped. */
export function guardedDatagrams(options: SocketOptions): DatagramSocket {
  const socket = createSocket(options)
  guardErrors(DATAGRAMS, socket)
  return socket
}

/** A server of byte streams, by TCP or on a Unix socket. Errors of its connections are reported and dropped. */
export function guardedStreamServer(connected: (socket: Socket) => void): Server {
  const server = createServer((socket) => {
    guardErrors(STREAM, socket)
    connected(socket)
  })
  guardErrors(LISTENER, server)
  return server
}

/** Opens a byte stream to a host or a Unix socket. Its errors are reported and dropped; `close` tells whether there was one. */
export function guardedStream(
  to: { readonly host: string; readonly port: number } | { readonly path: string },
): Socket {
  const socket = new Socket()
  guardErrors(STREAM, socket)
  socket.connect(to)
  return socket
}

/** A server that only occupies a name: who connects is sent away. */
export function silentServer(): Server {
  return createServer((socket) => {
    guardErrors(CONNECTION, socket)
    socket.destroy()
  })
}

/** Reads a named pipe that was opened without waiting; no thread of the pool waits for its bytes. */
export function guardedPipe(fd: number): Socket {
  const socket = new Socket({ fd, readable: true, writable: false })
  guardErrors(PIPE, socket)
  return socket
}

/** Finds a port of loopback that nothing listens on now. @throws where the system has none */
export function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(0, LOOPBACK, () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('There is no free port.'))
      })
    })
  })
}
