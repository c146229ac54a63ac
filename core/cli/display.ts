import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Returns why no window can be opened, as a clause for a message; null where one can. */
export function noDisplayReason(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): string | null {
  if (platform !== 'linux') return null
  if (environment.DISPLAY || environment.WAYLAND_DISPLAY) return null
  return 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)'
}

/** Folders of the program, in a checkout or a package. */
export type ProgramFolders = {
  readonly root: string
  readonly page: string
  readonly demo: string
  /** Script that starts the desktop app; null where only the command line is installed. */
  readonly starter: string | null
}

/** @param root the folder of package.json */
export function programFolders(root: string): ProgramFolders {
  const starter = join(root, 'electron', 'runtime', 'start.mjs')
  return {
    root,
    page: join(root, 'dist', 'renderer'),
    demo: join(root, 'assets', 'demo', 'presentation'),
    starter: existsSync(starter) ? starter : null,
  }
}
