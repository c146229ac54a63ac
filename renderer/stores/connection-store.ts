import { createStore } from 'zustand/vanilla'
import type { EngineHello, NetworkInterface } from '../../core/contract/engine-api.ts'
import type { PartDescription } from '../../core/contract/part-description.ts'
import type { ConnectionState } from '../client/engine-client.ts'

export type Connection = {
  readonly state: ConnectionState
  /** Wall clock of the last change of state, ms. */
  readonly sinceMs: number
  readonly hello: EngineHello | null
  readonly interfaces: readonly NetworkInterface[]
}

/** The connection to the engine, with the engine's description. */
export const connectionStore = createStore<Connection>(() => ({
  state: 'connecting',
  sinceMs: 0,
  hello: null,
  interfaces: [],
}))

const NO_PARTS: readonly PartDescription[] = []

/** The engine's kinds of parts; empty until the first `hello`. */
export function partsOf({ hello }: Connection): readonly PartDescription[] {
  return hello?.parts ?? NO_PARTS
}

export function setConnectionState(state: ConnectionState, nowMs: number): void {
  if (connectionStore.getState().state !== state) connectionStore.setState({ state, sinceMs: nowMs })
}
