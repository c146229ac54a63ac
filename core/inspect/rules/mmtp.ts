import type { FindingOf } from '../../flow/findings.ts'
import { channelOf, counted, objectOf } from './alarm.ts'
import type { Raise, RuleFile } from './raise.ts'

/** Bound on remembered losses of flows and packet_ids. */
const MAX_REMEMBERED = 4096

/** Rules on MMTP. Running totals are raised at the first loss, and again at the end where they grew. */
export function mmtpRules(): RuleFile {
  const totals = new Map<string, number>()
  const isDue = (rule: string, at: FindingOf<'packetsMissing' | 'mpusUnread'>, total: number, last: boolean) => {
    const key = `${rule} ${at.destination} ${channelOf(at)}`
    const before = totals.get(key)
    if (before === undefined ? totals.size >= MAX_REMEMBERED : !last || total <= before) return false
    totals.set(key, total)
    return true
  }
  return {
    packetsMissing: (at, rules) => {
      const { lost, packets, gaps, last } = at
      if (!isDue('packets', at, lost, last)) return
      const values = { channel: channelOf(at), destination: at.destination ?? '', lost, sent: lost + packets }
      rules.raise('MMTP-SEQ', { at, values: { ...values, gaps: counted(gaps, 'gap') } })
    },
    mpusUnread: (at, rules) => {
      const { withoutMetadata, withoutFragments, last } = at
      if (!isDue('mpus', at, withoutMetadata + withoutFragments, last)) return
      const values = { channel: channelOf(at), destination: at.destination ?? '', withoutFragments }
      rules.raise('MPU-METADATA', { at, values: { ...values, withoutMetadata: counted(withoutMetadata, 'MPU') } })
    },
    mpuLost,
  }
}

function mpuLost(at: FindingOf<'mpuLost'>, rules: Raise): void {
  const samples =
    at.samples === null ? 'its samples are not known' : `${at.incomplete} of ${at.samples} samples are not whole`
  const missing = !at.metadata
    ? ', its MPU metadata did not arrive'
    : at.samples === null && !at.fragments
      ? ', its movie fragment metadata did not arrive'
      : ''
  const fault = at.fault === null ? '' : ` (${at.fault.code}: ${at.fault.message})`
  const type = at.type === null ? '' : ` (${at.type})`
  const values = { object: objectOf(at), channel: channelOf(at), type, samples, missing, fault }
  rules.raise('MPU-LOSS', { at, values })
}
