import type { EventEmitter } from 'node:events'

/**
 * Ignores `error` events of a socket, request, response or WebSocket that a peer breaks. Their users listen to `end` and `close`;
 * without a listener the error would end the process.
 */
export function guardErrors(...emitters: readonly EventEmitter[]): void {
  for (const emitter of emitters) emitter.on('error', ignore)
}

function ignore(): void {}
