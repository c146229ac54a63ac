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

export const noticeStore = createStore<{ readonly notice: Notice | null }>(() => ({ notice: null }))

let lastId = 0

export function noticeDone(text: string, action: Notice['action'] = null): void {
  lastId += 1
  noticeStore.setState({ notice: { id: lastId, text, error: null, action } })
}

export function noticeFailed(error: AppError, action: Notice['action'] = null): void {
  lastId += 1
  noticeStore.setState({ notice: { id: lastId, text: error.message, error, action } })
}

export const dismissNotice = (): void => noticeStore.setState({ notice: null })
