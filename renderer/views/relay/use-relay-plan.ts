import { useEffect, useState } from 'react'
import type { AppError } from '../../../core/contract/app-error.ts'
import type { RelayPlan, RelayRequest } from '../../../core/contract/relay-request.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'

/** A relay as it would run, or why it cannot. */
export type PlannedRelay = { readonly plan: RelayPlan } | { readonly error: AppError }

/** Plans what the form asks for; null while that is not known. @param request null: the form is not complete */
export function useRelayPlan(request: RelayRequest | null): PlannedRelay | null {
  const [known, setKnown] = useState<{ readonly of: string; readonly planned: PlannedRelay } | null>(null)
  const key = request === null ? null : JSON.stringify(request)
  useEffect(() => {
    if (key === null) return
    let wanted = true
    const settle = (planned: PlannedRelay) => {
      if (wanted) setKnown({ of: key, planned })
    }
    engine()
      .call('planRelay', JSON.parse(key) as RelayRequest)
      .then(
        (plan) => settle({ plan }),
        (thrown: unknown) => settle({ error: appErrorOf(thrown) }),
      )
    return () => {
      wanted = false
    }
  }, [key])
  // The plan before stays until the next is known, so that nothing flickers while a person types.
  return key === null ? null : (known?.planned ?? null)
}
