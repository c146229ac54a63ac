import { useEffect } from 'react'
import { engine } from '../../client/engine-client.ts'

/** The engine looks for 12 s after each call. */
const ASK_EVERY_MS = 5000

/**
 * Asks the engine to look at services while they are on the screen.
 * @param key of the services, so that the same ones in a new list are no change
 * @param atUs stream time to look at, once the session has ended; null: the newest
 */
export function useLooks(sessionId: string | null, receiver: string | null, key: string, atUs: number | null): void {
  useEffect(() => {
    if (sessionId === null || key === '') return
    const services = key.split(' ').map(Number)
    const ask = (): void => {
      if (document.visibilityState === 'hidden') return
      // The session may have been closed meanwhile, which its own views tell.
      engine()
        .call('lookAt', sessionId, services, atUs, receiver ?? undefined)
        .catch(() => undefined)
    }
    ask()
    const timer = setInterval(ask, ASK_EVERY_MS)
    document.addEventListener('visibilitychange', ask)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', ask)
    }
  }, [sessionId, receiver, key, atUs])
}
