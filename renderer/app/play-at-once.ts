import { revealPanel } from '../stores/frame-store.ts'
import { playService, selectService } from '../stores/selection-store.ts'
import { type SessionState, sessionStore } from '../stores/session-store.ts'

/**
 * Plays the first service of each session that asks for it, once it can be played, and once only.
 * @param isLaidOut panels are shown, so that the player's can grow
 */
export function playAtOnce(isLaidOut: () => boolean): void {
  let last: string | null = null
  sessionStore.subscribe(({ sessionId, snapshot }: SessionState) => {
    if (sessionId === last || snapshot === null || !snapshot.gateways.some((each) => each.playsAtOnce)) return
    const service = snapshot.services.find(({ playable }) => playable !== null)
    if (service === undefined || !isLaidOut()) return
    last = sessionId
    selectService(service.id)
    revealPanel('player')
    playService(service.id)
  })
}
