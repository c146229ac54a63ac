import { createStore } from 'zustand/vanilla'
import type { EngineHello, NetworkInterface } from '../../core/contract/engine-api.ts'
import type { ConnectionState } from '../client/engine-client.ts'

export type Connection = {
  readonly state: ConnectionState
  /** Wall ms since which the connection is in this state. */
  readonly sinceMs: number
  readonly hello: EngineHello | null
  readonly interfaces: readonly NetworkInterface[]
}

/** The wire to the engine, and what the engine said about itself. */
export const connectionStore = createStore<Connection>(() => ({
  state: 'connecting',
  sinceMs: 0,
  hello: null,
  interfaces: [],
}))

export function setConnectionState(state: ConnectionState, nowMs: number): void {
  if (connectionStore.getState().state !== state) connectionStore.setState({ state, sinceMs: nowMs })
}
