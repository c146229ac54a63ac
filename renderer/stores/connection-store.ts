import { createStore } from 'zustand/vanilla'
import type { EngineHello, NetworkInterface } from '../../core/contract/engine-api.ts'
import type { PartDescription } from '../../core/contract/part-description.ts'
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

const NO_PARTS: readonly PartDescription[] = []

/** Every kind of part; none before the engine has described them. */
export function partsOf({ hello }: Connection): readonly PartDescription[] {
  return hello?.parts ?? NO_PARTS
}

export function setConnectionState(state: ConnectionState, nowMs: number): void {
  if (connectionStore.getState().state !== state) connectionStore.setState({ state, sinceMs: nowMs })
}
