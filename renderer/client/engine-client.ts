import type { AppError } from '../../core/contract/app-error.ts'
import type { CommandName, EngineCommands, EngineEvents, EventName } from '../../core/contract/engine-api.ts'

/** `connecting` before the first connection, `open`, `lost` while reconnecting, `failed` when nothing reconnects by itself. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'failed'

/** The engine behind any wire: commands with one reply each, and events. */
export interface EngineClient {
  /** @throws EngineCallError, which `appErrorOf` reads */
  call<Name extends CommandName>(
    name: Name,
    ...args: Parameters<EngineCommands[Name]>
  ): Promise<ReturnType<EngineCommands[Name]>>
  /** @returns a function that unsubscribes */
  on<Name extends EventName>(event: Name, listener: (data: EngineEvents[Name]) => void): () => void
  readonly state: ConnectionState
  /** Why it failed; null in any other state. */
  readonly failure: AppError | null
  onState(listener: (state: ConnectionState) => void): () => void
  close(): void
}

let current: EngineClient | null = null

/** Sets the page's engine, once at start and in tests. */
export function setEngine(client: EngineClient): void {
  current = client
}

/** The page's engine. */
export function engine(): EngineClient {
  if (current === null) throw new Error('No engine client has been set')
  return current
}
