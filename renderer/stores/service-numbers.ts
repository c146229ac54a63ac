import type { ServiceSnapshot } from '../../core/contract/service-snapshot.ts'
import { playerStore } from './player-store.ts'
import { selectionStore } from './selection-store.ts'

/** Lets the selection and the player go on with services to which a late SLT gave other numbers: `serial` says which is which. */
export function followNumbers(before: readonly ServiceSnapshot[], now: readonly ServiceSnapshot[]): void {
  if (before === now) return
  const numbers = new Map(now.map(({ serial, id }) => [serial, id]))
  const changed = new Map<number, number>()
  for (const { serial, id } of before) {
    const number = numbers.get(serial)
    if (number !== undefined && number !== id) changed.set(id, number)
  }
  if (changed.size === 0) return
  const numberNow = (id: number | null): number | null => (id === null ? null : (changed.get(id) ?? id))
  selectionStore.setState(({ serviceId, play }) => ({
    serviceId: numberNow(serviceId),
    play: { ...play, serviceId: numberNow(play.serviceId) },
  }))
  playerStore.setState(({ playing }) => ({
    playing: playing === null ? null : { ...playing, serviceId: changed.get(playing.serviceId) ?? playing.serviceId },
  }))
}
