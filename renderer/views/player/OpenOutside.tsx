import { useEffect, useState } from 'react'
import { shell } from '../../app/shell.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'
import { noticeDone, noticeFailed } from '../../stores/notice-store.ts'
import { shownReceiver } from '../../stores/session-store.ts'
import styles from './PlayerView.module.css'

type OpenOutsideProps = { readonly sessionId: string; readonly serviceId: number }

/** Opens a service in another player of this computer; nothing where none is installed, or the engine runs elsewhere. */
export function OpenOutside({ sessionId, serviceId }: OpenOutsideProps) {
  const [players, setPlayers] = useState<readonly string[]>([])
  useEffect(() => {
    if (shell() === undefined) return
    let left = false
    engine()
      .call('outsidePlayers')
      .then((found) => {
        if (!left) setPlayers(found)
      })
      // An engine that has ended says so itself.
      .catch(() => undefined)
    return () => {
      left = true
    }
  }, [])
  if (players.length === 0) return null
  const open = async (player: string): Promise<void> => {
    try {
      await engine().call('openOutside', sessionId, serviceId, player, shownReceiver())
      noticeDone(`Opened in ${player}`)
    } catch (thrown) {
      noticeFailed(appErrorOf(thrown))
    }
  }
  return (
    <select
      className={styles.quality}
      aria-label="Open in another player"
      value=""
      onChange={(event) => void open(event.target.value)}
    >
      <option value="">Open in …</option>
      {players.map((player) => (
        <option key={player}>{player}</option>
      ))}
    </select>
  )
}
