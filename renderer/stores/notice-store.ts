import { createStore } from 'zustand/vanilla'
import type { AppError } from '../../core/contract/app-error.ts'

/** Result of a command, shown until it is dismissed or replaced. */
export type Notice = {
  /** Number of the notice; the same text again is a new notice. */
  readonly id: number
  readonly text: string
  readonly error: AppError | null
  readonly action: { readonly label: string; readonly run: () => void } | null
}

export type NoticeState = {
  readonly notice: Notice | null
  /** Banners about sessions that a person has closed, by `bannerKey`. */
  readonly closed: ReadonlySet<string>
}

export const noticeStore = createStore<NoticeState>(() => ({ notice: null, closed: new Set() }))

let lastId = 0

export function noticeDone(text: string, action: Notice['action'] = null): void {
  lastId += 1
  noticeStore.setState({ notice: { id: lastId, text, error: null, action } })
}

export function noticeFailed(error: AppError, action: Notice['action'] = null): void {
  lastId += 1
  noticeStore.setState({ notice: { id: lastId, text: error.message, error, action } })
}

/** What identifies a banner about a session: the same sentence in another session is another one. */
export const bannerKey = (sessionId: string | null, sentence: string): string => `${sessionId} ${sentence}`

/** The sentence of the banner about packets that this computer dropped, which counts. */
export const HOST_DROPS = 'host drops'

/** Closes a banner about a session. @param key from `bannerKey` */
export function closeBanner(key: string): void {
  noticeStore.setState(({ closed }) => ({ closed: new Set([...closed, key]) }))
}

export const dismissNotice = (): void => noticeStore.setState({ notice: null })
