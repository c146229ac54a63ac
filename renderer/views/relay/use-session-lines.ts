import { useEffect, useState } from 'react'
import type { CommandTexts } from '../../../core/contract/relay-request.ts'
import { engine } from '../../client/engine-client.ts'

/** A session as command lines; null while they are not known, or where it is gone. */
export function useSessionLines(sessionId: string): CommandTexts | null {
  const [known, setKnown] = useState<{ readonly of: string; readonly lines: CommandTexts } | null>(null)
  useEffect(() => {
    let wanted = true
    engine()
      .call('sessionLines', sessionId)
      .then(
        (lines) => {
          if (wanted) setKnown({ of: sessionId, lines })
        },
        () => undefined,
      )
    return () => {
      wanted = false
    }
  }, [sessionId])
  return known?.of === sessionId ? known.lines : null
}
