import { createStore } from 'zustand/vanilla'
import type { AppError } from '../../core/contract/app-error.ts'
import type { EngineHello, NetworkInterface } from '../../core/contract/engine-api.ts'
import type { PartDescription } from '../../core/contract/part-description.ts'
import type { ConnectionState } from '../client/engine-client.ts'

export type Connection = {
  readonly state: ConnectionState
  /** Why it failed; null in any other state. */
  readonly failure: AppError | null
  /** Wall clock of the last change of state, ms. */
  readonly sinceMs: number
  readonly hello: EngineHello | null
  readonly interfaces: readonly NetworkInterface[]
}

/** The connection to the engine, with the engine's description. */
export const connectionStore = createStore<Connection>(() => ({
  state: 'connecting',
  failure: null,
  sinceMs: 0,
  hello: null,
  interfaces: [],
}))

const NO_PARTS: readonly PartDescription[] = []

/** The engine's kinds of parts; empty until the first `hello`. */
export function partsOf({ hello }: Connection): readonly PartDescription[] {
  return hello?.parts ?? NO_PARTS
}

export function setConnectionState(state: ConnectionState, failure: AppError | null, nowMs: number): void {
  connectionStore.setState((before) => ({ state, failure, sinceMs: before.state === state ? before.sinceMs : nowMs }))
}
