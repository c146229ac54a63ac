import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { AppError } from '../../../core/contract/app-error.ts'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { shownReceiver } from '../../stores/session-store.ts'

/** Shortest time between requests for an arriving object. */
export const REFRESH_MS = 500
/** Shortest time between requests for different objects: a repeating key skips the others. */
export const STEP_MS = 80

export type DetailState = {
  /** The last reply, kept until the next one. */
  readonly detail: ObjectDetail | null
  /** Whether `detail` is of the previous object. */
  readonly stale: boolean
  readonly error: AppError | null
  readonly retry: () => void
}

type Answer = {
  readonly sessionId: string
  readonly index: number
  readonly detail: ObjectDetail | null
  readonly error: AppError | null
}

/** Detail of one object, requested again when its row changes. */
export function useObjectDetail(sessionId: string | null, index: number): DetailState {
  const change = useSyncExternalStore(subscribe, () => rowChange(index))
  const [asked, setAsked] = useState(0)
  const [answer, setAnswer] = useState<Answer | null>(null)
  const last = useRef({ index: -1, atMs: Number.NEGATIVE_INFINITY })

  // biome-ignore lint/correctness/useExhaustiveDependencies: `change` and `asked` trigger a new request
  useEffect(() => {
    if (sessionId === null) return
    let wanted = true
    const ask = () => {
      last.current = { index, atMs: performance.now() }
      engine()
        .call('objectDetail', sessionId, index, shownReceiver())
        .then((detail) => {
          if (wanted) setAnswer({ sessionId, index, detail, error: null })
        })
        .catch((thrown: unknown) => {
          if (wanted) setAnswer({ sessionId, index, detail: null, error: appErrorOf(thrown) })
        })
    }
    // Counted from the last request: frequent changes would otherwise postpone it for ever.
    const pauseMs = last.current.index === index ? REFRESH_MS : STEP_MS
    const waitMs = last.current.atMs + pauseMs - performance.now()
    const timer = waitMs > 0 ? setTimeout(ask, waitMs) : undefined
    if (timer === undefined) ask()
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [sessionId, index, change, asked])

  const answered = answer !== null && answer.sessionId === sessionId ? answer : null
  const stale = answered !== null && answered.index !== index
  const retry = () => {
    last.current = { index: -1, atMs: Number.NEGATIVE_INFINITY }
    setAsked((count) => count + 1)
  }
  return { detail: answered?.detail ?? null, stale, error: stale ? null : (answered?.error ?? null), retry }
}

const subscribe = (listener: () => void): (() => void) => objectColumns.subscribe(listener)

/** A value that changes with the row. */
function rowChange(index: number): string {
  const { generation, values } = objectColumns
  const { state, received, repeats } = values
  return `${generation}:${state[index]}:${received[index]}:${repeats[index]}`
}
