import type { HookRequest } from './hook.ts'

/** What a script returned, as far as it can be sent to another thread. */
export type ScriptResult = {
  readonly status: number | null
  readonly headers: Readonly<Record<string, string>>
  /** `pieces`: they follow one by one, each asked for. */
  readonly body: Uint8Array | 'pieces' | null
  readonly serveFile: string | null
  readonly throttle: number | null
}

/** Messages to the thread of a script. */
export type ToScript =
  | { readonly id: number; readonly kind: 'ask'; readonly request: HookRequest }
  | { readonly id: number; readonly kind: 'more' }
  | { readonly id: number; readonly kind: 'over' }

/** Messages of the thread of a script. */
export type FromScript =
  | { readonly kind: 'ready'; readonly problem: string | null }
  /** An error outside of any request. */
  | { readonly kind: 'uncaught'; readonly problem: string }
  | { readonly id: number; readonly kind: 'result'; readonly result: ScriptResult }
  | { readonly id: number; readonly kind: 'piece'; readonly piece: Uint8Array | null }
  | { readonly id: number; readonly kind: 'failed'; readonly problem: string }
