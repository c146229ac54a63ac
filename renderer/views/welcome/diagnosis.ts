import type { NetworkInterface } from '../../../core/contract/engine-api.ts'
import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'

/** A plain text report about a session without packets, for a message to support. */
export function diagnosis(snapshot: SessionSnapshot, interfaces: readonly NetworkInterface[], nowMs: number): string {
  const waited = Math.max(0, Math.round(nowMs / 1000 - snapshot.source.startedWallUs / 1e6))
  return [
    `Routescope listening to ${snapshot.source.label} for ${waited} s at ${new Date(nowMs).toISOString()}`,
    `packets: ${snapshot.totals.packets}, bytes: ${snapshot.totals.bytes}`,
    'sockets:',
    ...snapshot.source.sockets.map(
      (socket) =>
        `  ${socket.destination} on ${socket.interface}: ${socket.packets} packets, receive buffer ${socket.grantedBufferBytes} of ${socket.askedBufferBytes} B, ` +
        `read ${socket.reading}, dropped by host ${socket.droppedByHost ?? 'unknown'}${socket.problem === null ? '' : `, ${socket.problem.code}: ${socket.problem.message}`}`,
    ),
    'interfaces:',
    ...interfaces.map((one) => `  ${one.name} ${one.address} ${one.family}${one.loopback ? ' loopback' : ''}`),
    '',
  ].join('\n')
}
