import { createSocket, type Socket as DatagramSocket, type SocketOptions } from 'node:dgram'
import { createServer, type Server, Socket } from 'node:net'
import { LOOPBACK } from '../contract/loopback.ts'
import { type GuardedPeer, guardErrors } from './guard-errors.ts'

const DATAGRAMS: GuardedPeer = { topic: 'socket', what: 'A UDP socket' }
const CONNECTION: GuardedPeer = { topic: 'file', what: 'A connection to a lock' }
const PIPE: GuardedPeer = { topic: 'file', what: 'A named pipe' }

/** Makes a UDP socket, whose errors are reported and dropped. */
export function guardedDatagrams(options: SocketOptions): DatagramSocket {
  const socket = createSocket(options)
  guardErrors(DATAGRAMS, socket)
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
