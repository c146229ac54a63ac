import { asToi } from '../../contract/ids.ts'
import { describeSlsToi, slsToiMismatch } from '../../protocol/sls/sls-toi.ts'
import type { RuleFile } from './raise.ts'

/** Rules on readable signalling that contradicts itself, the packets on air, or the clock. */
export const signallingRules = (): RuleFile => ({
  serviceRenumbered: (at, rules) => {
    const { listed, number, other } = at
    rules.raise('SLT-NUMBER', { at, values: { listed, number, other: other ?? 'another service' } })
  },
  packageTypes: (at, rules) => {
    const toi = asToi(at.toi ?? 0)
    const mismatch = slsToiMismatch(toi, at.types, at.gzip)
    if (mismatch === null) return
    const hex = `0x${toi.toString(16).padStart(8, '0')}`
    const values = { toi: hex, announced: describeSlsToi(toi), mismatch }
    rules.raise('SLS-TOI-BITS', { at, key: mismatch, values })
  },
  tsiUndeclared: (at, rules) => {
    rules.raise('STSID-TSI', { at, values: { tsi: at.tsi ?? 0, destination: at.destination ?? '' } })
  },
  configurationAbsent: (at, rules) => {
    rules.raise('MABR-CONFIG', { at, says: 'absent', values: { destination: at.destination ?? '' } })
  },
  protocolUnknown: (at, rules) => {
    const service = at.serviceName ?? `service ${at.service}`
    rules.raise('MABR-CONFIG', { at, says: 'protocol', values: { service, protocol: at.protocol ?? 'no protocol' } })
  },
  endpointSilent: (at, rules) => {
    const endpoint = `${at.tsi === null ? '' : `TSI ${at.tsi} at `}${at.destination}`
    const senders = at.senders.length === 0 ? '' : `; it names ${at.senders.join(', ')} as the sender`
    rules.raise('MABR-CONFIG', { at, says: 'silent', values: { endpoint, seconds: at.silentMs / 1000, senders } })
  },
  tableExpired: (at, rules) => {
    const { instance, expiresUs, sentUs, tsi } = at
    if (expiresUs >= sentUs - rules.threshold('FDT') * 1e6) return
    rules.raise('FDT', { at, key: 'expired', says: 'expired', values: { instance, tsi: tsi ?? 0 } })
  },
  undescribedPackets: (at, rules) => {
    const says = at.joining ? 'joining' : 'undescribed'
    const values = { packets: at.packets, tsi: at.tsi ?? 0, destination: at.destination ?? '' }
    rules.raise('FDT', { at, key: says, says, values })
  },
})
