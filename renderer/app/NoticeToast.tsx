import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { defined } from '../../core/contract/defined.ts'
import { dismissNotice, noticeStore } from '../stores/notice-store.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import styles from './App.module.css'

/** How long a result stays; an error stays until it is closed. */
const NOTICE_MS = 12_000

/** The result of a command, over the lower edge of the window, which moves nothing. Escape closes it. */
export function NoticeToast() {
  const notice = useStore(noticeStore, (state) => state.notice)
  const [held, setHeld] = useState(false)
  const passing = notice !== null && notice.error === null && !held
  const id = notice?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new notice has the whole time
  useEffect(() => {
    if (!passing) return
    const timer = setTimeout(dismissNotice, NOTICE_MS)
    return () => clearTimeout(timer)
  }, [passing, id])
  if (notice === null) return null
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it stays while it is read or used
    <div
      className={styles.toast}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Banner
        key={notice.id}
        severity={notice.error === null ? 'info' : 'error'}
        text={notice.text}
        {...defined({ tryThis: notice.error === null ? undefined : notice.error.tryThis })}
        {...(notice.action === null
          ? {}
          : { actions: <Button onClick={notice.action.run}>{notice.action.label}</Button> })}
        onDismiss={dismissNotice}
      />
    </div>
  )
}
