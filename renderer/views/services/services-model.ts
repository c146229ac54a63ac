import type { ServiceSnapshot, SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { categoryName, protocolName } from '../../model/names.ts'

/** By channel number, then id; those without a number last. */
export function orderedServices(services: readonly ServiceSnapshot[]): readonly ServiceSnapshot[] {
  const place = (service: ServiceSnapshot) => service.major ?? Number.POSITIVE_INFINITY
  return [...services].sort((a, b) => place(a) - place(b) || (a.minor ?? 0) - (b.minor ?? 0) || a.id - b.id)
}

/** One rung of the way from the air to the picture: reached, or not and why. */
export type Rung = { readonly name: string; readonly reached: boolean; readonly note: string }

/**
 * How far a service got. The first rung that was not reached is the answer to "why do I see nothing?".
 */
export function rungsOf(service: ServiceSnapshot, snapshot: SessionSnapshot): readonly Rung[] {
  const channels = snapshot.channels.filter((channel) => channel.service === service.id)
  const fragments = snapshot.signalling.filter((one) => one.scope === 'sls' && one.service === service.id)
  const media = channels.filter((channel) => channel.role !== 'signaling')
  const complete = media.reduce((sum, channel) => sum + channel.complete, 0)
  const announced = snapshot.signalling.some((one) => one.scope === 'lls')
  const packets: Rung = {
    name: 'Packets',
    reached: service.packets > 0,
    note: service.state === 'not-joined' ? 'not joined' : service.packets > 0 ? '' : 'none yet',
  }
  const announcement: Rung[] = announced ? [{ name: 'SLT', reached: true, note: '' }] : []
  if (service.protocol === 'mmtp') return [...announcement, packets]
  return [
    ...announcement,
    packets,
    {
      name: 'SLS',
      reached: fragments.length > 0,
      note: fragments.length > 0 ? [...new Set(fragments.map((one) => one.type))].join(', ') : 'no signalling received',
    },
    { name: 'Objects', reached: complete > 0, note: complete > 0 ? '' : 'none complete yet' },
    {
      name: 'Playable',
      reached: service.playable !== null,
      note:
        service.playable === null ? '' : `${service.playable.kind.toUpperCase()} ${service.playable.codecs.join(', ')}`,
    },
  ]
}

/** The line under a service's name. */
export function serviceKind(service: ServiceSnapshot): string {
  return service.category === null
    ? protocolName(service.protocol)
    : `${protocolName(service.protocol)}, ${categoryName(service.category)}`
}
