import { ArrowLeft } from 'lucide-react'
import { frameStore } from '../../stores/frame-store.ts'
import { IconButton } from '../../ui/Button.tsx'
import styles from './SendView.module.css'
import { SendView } from './SendView.tsx'

/** The Send view while no session is open. */
export function SendScreen() {
  return (
    <main className={styles.screen} aria-label="Send a presentation">
      <div className={styles.screenHead}>
        <IconButton
          label="Back to the start"
          icon={ArrowLeft}
          onClick={() => frameStore.setState({ sending: false })}
        />
        <h1>Send</h1>
      </div>
      <div className={styles.screenBody}>
        <SendView />
      </div>
    </main>
  )
}
