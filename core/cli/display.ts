import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Why no window can be opened here, in words for the person who wonders; null where one can. */
export function noDisplayReason(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): string | null {
  if (platform !== 'linux') return null
  if (environment.DISPLAY || environment.WAYLAND_DISPLAY) return null
  return 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)'
}

/** The program's folders, whether it runs from a checkout or from a package. */
export type ProgramFolders = {
  readonly root: string
  readonly page: string
  readonly demo: string
  /** Script that starts the desktop app; null where only the command line was installed. */
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
