import type { Pace } from '../../contract/session-spec.ts'
import { pause, SYSTEM_CLOCK } from '../../http/client/http-clock.ts'
import type { AwaitedPresentation } from '../../ingest/awaited-presentation.ts'
import type { Programme } from '../faces/programme.ts'

/** How long a broadcast that could begin waits for the servers of its other services, ms. */
const PATIENCE_MS = 3000

/**
 * Waits until each presentation has come, or could not be had. Where one is there, those of slow servers are waited for a while only:
 * their services join later, unless all is sent `fast`, which only a live presentation prevents.
 * @throws what a presentation failed with, where asking for it again is of no use
 */
export async function gatherInputs(programmes: readonly Programme[], pace: Pace): Promise<void> {
  const asked = programmes.flatMap(({ awaited }) => awaited ?? [])
  const settled = Promise.all(asked.map(({ first }) => first)).then(() => undefined)
  const one = asked.length < programmes.length ? Promise.resolve() : firstThatComes(asked)
  const over = new AbortController()
  const enough = Promise.all([one, pause(SYSTEM_CLOCK, PATIENCE_MS, over.signal)]).then(() => {
    const isLive = programmes.some((each) => (each.awaited?.come ?? each.presentation)?.live !== undefined)
    return pace === 'real' || isLive ? undefined : settled
  })
  await Promise.race([settled, enough])
  over.abort()
  for (const awaited of asked) awaited.begin()
}

/** Settles when the first of them has come; never where none comes. */
function firstThatComes(asked: readonly AwaitedPresentation[]): Promise<void> {
  return new Promise((resolve) => {
    for (const awaited of asked) void awaited.first.then(() => awaited.come !== null && resolve())
  })
}
