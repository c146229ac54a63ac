import type { ShellApi } from '../../core/contract/shell-api.ts'

/** Channel names of preload and main. */
export const SHELL_CALL = 'shell-call'
export const SHELL_MENU = 'shell-menu'
export const SHELL_ENGINE_RESTART = 'shell-engine-restart'
export const SHELL_ENGINE_FAILURE = 'shell-engine-failure'
export const SHELL_QUITTING = 'shell-quitting'
export const SHELL_ENGINE_PORT = 'shell-engine-port'

/** Shell methods that main answers; the preload itself implements the others. */
export type ShellCallName = Exclude<keyof ShellApi, 'kind' | 'pathOfFile' | `on${string}`>
export type ShellCalls = Pick<ShellApi, ShellCallName>
