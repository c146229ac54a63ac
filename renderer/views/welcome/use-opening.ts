import { useStore } from 'zustand'
import type { SourceGroup } from '../../../core/contract/part-description.ts'
import { groupOf } from '../../model/options.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { type Opening, sessionStore } from '../../stores/session-store.ts'

/** The attempt to open sources that a card of the first screen offers. */
export function useOpening(group: SourceGroup): Opening | null {
  const parts = useStore(connectionStore, partsOf)
  const opening = useStore(sessionStore, (state) => state.opening)
  return opening !== null && groupOf(parts, opening.request) === group ? opening : null
}
