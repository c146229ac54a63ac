import type { ShellApi } from '../../core/contract/shell-api.ts'

/** Names on the wire between preload and main, so that both spell them alike. */
export const SHELL_CALL = 'shell-call'
export const SHELL_MENU = 'shell-menu'
export const SHELL_ENGINE_RESTART = 'shell-engine-restart'
export const SHELL_ENGINE_PORT = 'shell-engine-port'

/** Methods of the shell that main answers; the rest is done in the preload itself. */
export type ShellCallName = Exclude<keyof ShellApi, 'kind' | 'pathOfFile' | 'onMenu' | 'onEngineRestart'>
export type ShellCalls = Pick<ShellApi, ShellCallName>
