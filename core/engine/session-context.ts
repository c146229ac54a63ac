import type { FileUse } from '../files/file-clashes.ts'
import type { SessionLog } from './logger.ts'
import type { PartKind } from './part.ts'
import type { WindowHost } from './window-host.ts'
import type { Writings } from './writings.ts'

/** Services of the engine for its sessions. */
export type SessionContext = {
  readonly nowUs: () => number
  readonly log: SessionLog
  readonly kinds: readonly PartKind[]
  readonly demoDir: string
  /** Null: no window is served. */
  readonly windowHost: WindowHost | null
  /** Returns the folder of this session alone, whose parent exists; it is removed when the session is closed. */
  readonly sessionDir: () => string
  /** What the other open sessions read and write. */
  readonly otherFiles: () => readonly FileUse[]
  readonly writings: Writings
}
