import type { ShellApi } from '../../core/contract/shell-api.ts'

declare global {
  interface Window {
    readonly routescopeShell?: ShellApi
  }
}

/** API of the desktop app; undefined in a browser. */
export const shell = (): ShellApi | undefined => window.routescopeShell
