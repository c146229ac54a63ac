import type { EventEmitter } from 'node:events'

/**
 * Takes the errors of what a peer can break: a socket, a request, a response, a WebSocket. Each of them ends or closes with its
 * error, and that is what their users listen to; without a listener the error would end the process.
 */
export function guardErrors(...emitters: readonly EventEmitter[]): void {
  for (const emitter of emitters) emitter.on('error', ignore)
}

function ignore(): void {}
