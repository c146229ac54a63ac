import { useEffect, useState } from 'react'
import type { AppError } from '../../../core/contract/app-error.ts'
import type { SendPlan, SendRequest } from '../../../core/contract/send-request.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'

/** What is known before sending: nothing was asked yet, it is being loaded (with the result before), or its result. */
export type Preflight =
  | { readonly state: 'none' }
  | { readonly state: 'loading'; readonly before: SendPlan | null }
  | { readonly state: 'ready'; readonly plan: SendPlan }
  | { readonly state: 'refused'; readonly error: AppError }

/** A form that is being filled in is not loaded at each key. */
const PAUSE_MS = 350

/** Loads what would be sent, whenever the request has changed. @param request null: it is not complete */
export function usePreflight(request: SendRequest | null): Preflight {
  const [known, setKnown] = useState<{ readonly of: string; readonly preflight: Preflight } | null>(null)
  const key = request === null ? null : JSON.stringify(request)
  useEffect(() => {
    if (key === null) return
    let wanted = true
    const settle = (preflight: Preflight) => {
      if (wanted) setKnown({ of: key, preflight })
    }
    const timer = setTimeout(() => {
      engine()
        .call('checkSending', JSON.parse(key) as SendRequest)
        .then(
          (plan) => settle({ state: 'ready', plan }),
          (thrown: unknown) => settle({ state: 'refused', error: appErrorOf(thrown) }),
        )
    }, PAUSE_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [key])
  if (key === null) return { state: 'none' }
  if (known?.of === key) return known.preflight
  return { state: 'loading', before: known?.preflight.state === 'ready' ? known.preflight.plan : null }
}
