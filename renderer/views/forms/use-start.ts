import { useState } from 'react'
import type { AppError } from '../../../core/contract/app-error.ts'
import { appErrorOf } from '../../client/call-error.ts'

/** Risks that a person has accepted since the window opened. */
const accepted = new Set<string>()

type StartSteps<T> = {
  /** Sentences about what starting it risks. */
  readonly risksOf: (what: T) => readonly string[]
  /** Starts it; throws what the engine says where it cannot be started. */
  readonly run: (what: T) => Promise<void>
}

/** Where a form is on the way to start what it describes. */
export type Start = {
  /** Risks a person is being asked about; empty: none. */
  readonly asked: readonly string[]
  readonly isStarting: boolean
  /** Why the last attempt failed. */
  readonly error: AppError | null
  /** Starts, or asks first. */
  readonly submit: () => void
  readonly accept: () => void
  readonly back: () => void
}

/**
 * Starts what a form describes, and asks once before each of its risks.
 * @param what the same value for as long as the form does not change; null: the form is not complete
 */
export function useStart<T extends object>(what: T | null, { risksOf, run }: StartSteps<T>): Start {
  const [question, setQuestion] = useState<{ readonly of: T; readonly risks: readonly string[] } | null>(null)
  const [isStarting, setStarting] = useState(false)
  const [error, setError] = useState<AppError | null>(null)
  const asked = question !== null && question.of === what ? question.risks : []
  const start = async (chosen: T) => {
    setQuestion(null)
    setStarting(true)
    setError(null)
    try {
      await run(chosen)
    } catch (thrown) {
      setError(appErrorOf(thrown))
    } finally {
      setStarting(false)
    }
  }
  const submit = () => {
    if (what === null) return
    const risks = risksOf(what).filter((risk) => !accepted.has(risk))
    if (risks.length === 0) void start(what)
    else setQuestion({ of: what, risks })
  }
  const accept = () => {
    for (const risk of asked) accepted.add(risk)
    if (what !== null) void start(what)
  }
  return { asked, isStarting, error, submit, accept, back: () => setQuestion(null) }
}
