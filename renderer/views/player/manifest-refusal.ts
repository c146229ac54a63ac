import type { PlayerProblem } from './player-adapter.ts'
import { refusalText } from './player-model.ts'

/** The gateway's refusal of the manifest; null: it serves the manifest. */
export async function refusalOf(url: string, signal: AbortSignal): Promise<PlayerProblem | null> {
  const tryThis = 'Wait until the manifest is received, then play again.'
  try {
    const answer = await fetch(url, { signal, cache: 'no-store' })
    if (answer.ok) {
      await answer.body?.cancel()
      return null
    }
    const message = refusalText(answer.status, answer.statusText, await answer.text())
    return { kind: 'manifest', message, tryThis, fatal: true }
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return {
      kind: 'manifest',
      message: `The gateway at ${url} cannot be reached: ${reason}.`,
      tryThis: 'Read the messages of the gateway under Log. If it has stopped, reopen the session.',
      fatal: true,
    }
  }
}
