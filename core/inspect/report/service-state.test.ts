import { expect, it } from 'vitest'
import type { ServiceFacts } from '../../flow/facts.ts'
import { type AroundService, type ServedState, type ServiceMeters, serviceSnapshot } from './service-state.ts'

const service = { id: 1, name: 'S', protocol: 'mmtp', joined: true, mmtp: null, mmtpFlow: null, repairServers: [] }
const meters = { meter: { lostLately: () => 0, spans: () => null } }

function notPlayable(served: ServedState, reason: string | null): string | null {
  const around = { channels: [], flows: [], silent: null, tuningIn: {}, playable: served, notPlayable: reason }
  return serviceSnapshot(
    service as unknown as ServiceFacts,
    around as unknown as AroundService,
    meters as unknown as ServiceMeters,
  ).notPlayable
}

it('says why a service is not served, and blames no gateway for what the sender lacks', () => {
  expect(notPlayable(null, null)).toBe('Nothing serves this session over HTTP.')
  expect(notPlayable('awaited', null)).toBe('Nothing with which a player could begin has come to the gateway yet.')
  expect(notPlayable('awaited', 'No media has arrived.')).toBe('No media has arrived.')
  expect(notPlayable({ kind: 'dash' } as ServedState, null)).toBeNull()
})
