import { AppFailure } from '../failure/app-failure.ts'
import { startDetachedProgram } from '../guard/guarded-programs.ts'
import { programOnPath } from '../guard/program-path.ts'

/** Players that take an address, in the order they are offered. */
const PLAYERS: readonly string[] = ['mpv', 'vlc', 'ffplay']

/** Names of the players that are installed. */
export async function outsidePlayers(): Promise<readonly string[]> {
  const paths = await Promise.all(PLAYERS.map((name) => programOnPath(name)))
  return PLAYERS.filter((_, at) => paths[at] !== null)
}

/**
 * Opens an address in another player, which outlives this program.
 * @param name one of PLAYERS @throws AppFailure program-missing
 */
export async function openOutside(name: string, url: string): Promise<null> {
  const path = PLAYERS.includes(name) ? await programOnPath(name) : null
  if (path === null)
    throw new AppFailure(
      'program-missing',
      `${String(name).slice(0, 40)} is not installed.`,
      'Install it, or open the address of the gateway in another player.',
    )
  startDetachedProgram(path, [url])
  return null
}
