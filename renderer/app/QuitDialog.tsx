import { Dialog as Radix } from 'radix-ui'
import { useStore } from 'zustand'
import { frameStore } from '../stores/frame-store.ts'
import { Button } from '../ui/Button.tsx'
import { Progress } from '../ui/Progress.tsx'
import styles from './Dialogs.module.css'
import { shell } from './shell.ts'

/** Shown while a quit waits for dumps. The app quits by itself when they are written. */
export function QuitDialog() {
  const folders = useStore(frameStore, (state) => state.quitting)
  const stay = () => void shell()?.stayOpen()
  const several = folders !== null && folders.length > 1
  return (
    <Radix.Root open={folders !== null} onOpenChange={(open) => !open && stay()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={styles.sheet}
          role="alertdialog"
          data-dialog="quitting"
          // A click beside it is not meant as an answer.
          onInteractOutside={(event) => event.preventDefault()}
        >
          <div className={styles.head}>
            <Radix.Title className={styles.title}>{several ? 'Writing dumps…' : 'Writing the dump…'}</Radix.Title>
          </div>
          <div className={styles.body}>
            <Radix.Description className={styles.lead}>
              Routescope quits by itself when everything is written to:
            </Radix.Description>
            <ul className={styles.folders}>
              {folders?.map((folder) => (
                <li key={folder}>{folder}</li>
              ))}
            </ul>
            <Progress label="Writing" done={0} total={null} />
            <div className={styles.answers}>
              <Button variant="danger" onClick={() => void shell()?.quitNow()}>
                Quit anyway
              </Button>
              <Button onClick={stay}>Keep open</Button>
            </div>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
