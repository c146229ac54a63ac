import { describeSlsToi, slsToiMismatch } from '../../protocol/sls/sls-toi.ts'
import { channelOf, counted, objectOf } from './alarm.ts'
import type { RuleFile } from './raise.ts'

/** Rules on readable signalling that contradicts itself, the packets on air, or the clock. */
export const signallingRules = (): RuleFile => ({
  addressRefused: (at, rules) => {
    const { table, address, reason } = at
    rules.raise('SIG-ADDRESS', { at, key: address, values: { table, address, reason } })
  },
  serviceRenumbered: (at, rules) => {
    const { listed, number, other } = at
    rules.raise('SLT-NUMBER', { at, values: { listed, number, other: other ?? 'another service' } })
  },
  packageTypes: (at, rules) => {
    if (at.carrier?.kind !== 'lct' || at.carrier.toi === undefined) return
    const { toi } = at.carrier
    const mismatch = slsToiMismatch(toi, at.types, at.gzip)
    if (mismatch === null) return
    const hex = `0x${toi.toString(16).padStart(8, '0')}`
    const values = { toi: hex, announced: describeSlsToi(toi), mismatch }
    rules.raise('SLS-TOI-BITS', { at, key: mismatch, values })
  },
  channelUndeclared: (at, rules) => {
    rules.raise('STSID-TSI', {
      at,
      says: 'undeclared',
      values: { channel: channelOf(at), destination: at.destination ?? '' },
    })
  },
  configurationAbsent: (at, rules) => {
    rules.raise('MABR-CONFIG', { at, says: 'absent', values: { destination: at.destination ?? '' } })
  },
  protocolUnknown: (at, rules) => {
    const service = at.serviceName ?? `service ${at.service}`
    rules.raise('MABR-CONFIG', { at, says: 'protocol', values: { service, protocol: at.protocol ?? 'no protocol' } })
  },
  endpointSilent: (at, rules) => {
    const endpoint = `${at.carrier === null ? '' : `${channelOf(at)} at `}${at.destination}`
    const senders = at.senders.length === 0 ? '' : `; it names ${at.senders.join(', ')} as the sender`
    rules.raise('MABR-CONFIG', { at, says: 'silent', values: { endpoint, seconds: at.silentMs / 1000, senders } })
  },
  tableExpired: (at, rules) => {
    const { instance, expiresUs, sentUs } = at
    if (expiresUs >= sentUs - rules.threshold('FDT') * 1e6) return
    rules.raise('FDT', { at, key: 'expired', says: 'expired', values: { instance, channel: channelOf(at) } })
  },
  instanceReused: (at, rules) => {
    const says = at.restarted ? 'restarted' : 'changed'
    rules.raise('FDT', { at, key: says, says, values: { instance: at.instance, channel: channelOf(at) } })
  },
  objectUnnamed: (at, rules) => {
    const { bytes, keptAs } = at
    const expected = at.expected === null ? '' : `, and the manifest expects ${at.expected}`
    const kept = keptAs === null ? '' : `: it is kept as ${keptAs}`
    const place = { object: objectOf(at), channel: channelOf(at), destination: at.destination ?? '' }
    const values = { ...place, bytes, packets: counted(at.packets, 'packet'), expected, kept }
    rules.raise('FDT', { at, key: `unnamed ${place.object}`, says: 'unnamed', values })
  },
  undescribedPackets: (at, rules) => {
    const says = at.joining ? 'joining' : 'undescribed'
    const named = at.named.map((toi) => `TOI ${toi}`).join(', ')
    const objects = at.objects > at.named.length ? `${named} and ${at.objects - at.named.length} more` : named
    const packets = counted(at.packets, 'packet')
    const values = { packets, channel: channelOf(at), destination: at.destination ?? '', objects }
    rules.raise('FDT', { at, key: says, says, values })
  },
})
