/** Scripts of the player libraries, which the build keeps in files of their own. */
const PLAYER_SCRIPTS = /\/(?:dash|hls)[\w.-]*\.js/

/** Why a player library threw something that nothing caught, in one sentence; null where something else threw it. */
export function libraryFailure(event: Event, thrown: unknown): string | null {
  const { message = String(thrown), stack = '' } = thrown instanceof Error ? thrown : {}
  const source = event instanceof ErrorEvent ? event.filename : ''
  if (!PLAYER_SCRIPTS.test(source) && !PLAYER_SCRIPTS.test(stack)) return null
  // What a library trips over is no reason that anybody understands.
  const why = thrown instanceof TypeError ? 'its manifest lacks what players need.' : message.slice(0, 200)
  return `The player cannot read this presentation: ${why}`
}
