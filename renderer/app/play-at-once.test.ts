import { expect, it } from 'vitest'
import type { ServiceId } from '../../core/contract/ids.ts'
import type { PlayableSnapshot, ServiceSnapshot } from '../../core/contract/service-snapshot.ts'
import { selectionStore } from '../stores/selection-store.ts'
import { sessionStore, showSession } from '../stores/session-store.ts'
import { fakeSnapshot } from '../testing/fake-engine.ts'
import { playAtOnce } from './play-at-once.ts'

/** A service of which nothing else is looked at. */
const service = (isPlayable: boolean): ServiceSnapshot => {
  const playable = isPlayable ? ({ kind: 'dash' } as PlayableSnapshot) : null
  return { id: 7 as ServiceId, playable } as Partial<ServiceSnapshot> as ServiceSnapshot
}

it('plays the first service of a session that asks for it, once it can be played, and once only', () => {
  let isLaidOut = false
  playAtOnce(() => isLaidOut)
  const show = (playsAtOnce: boolean, isPlayable: boolean): void => {
    const gateways = [{ baseUrl: 'http://127.0.0.1:1', requests: 0, bytes: 0, playsAtOnce }]
    sessionStore.setState({ snapshot: fakeSnapshot({ services: [service(isPlayable)], gateways }) })
  }
  const play = () => selectionStore.getState().play
  const before = play().count
  showSession('s1', null)
  show(false, true)
  showSession('s2', null)
  show(true, false)
  show(true, true)
  expect(play().count).toBe(before)
  isLaidOut = true
  show(true, true)
  expect(play()).toEqual({ serviceId: 7, count: before + 1 })
  show(true, true)
  expect(play().count).toBe(before + 1)
  showSession('s3', null)
  show(true, true)
  expect(play().count).toBe(before + 2)
})
