import type { CommandName, EngineCommands, EngineEvents, EventName } from '../../core/contract/engine-api.ts'

/** `connecting` before the first answer, `open`, `lost` while a new connection is tried. */
export type ConnectionState = 'connecting' | 'open' | 'lost'

/** The engine as a page sees it, whatever the wire: calls that answer once, and events. */
export interface EngineClient {
  /** Rejects with an `EngineCallError`; use `appErrorOf` to read it. */
  call<Name extends CommandName>(
    name: Name,
    ...args: Parameters<EngineCommands[Name]>
  ): Promise<ReturnType<EngineCommands[Name]>>
  /** @returns the function that unsubscribes */
  on<Name extends EventName>(event: Name, listener: (data: EngineEvents[Name]) => void): () => void
  readonly state: ConnectionState
  onState(listener: (state: ConnectionState) => void): () => void
  close(): void
}

let current: EngineClient | null = null

/** Called once at start (and by tests); views call `engine()`. */
export function setEngine(client: EngineClient): void {
  current = client
}

/** The page's engine. */
export function engine(): EngineClient {
  if (current === null) throw new Error('No engine client has been set')
  return current
}
