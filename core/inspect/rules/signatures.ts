import type { FindingOf } from '../../flow/findings.ts'
import { utcText } from '../../protocol/ntp.ts'
import { YEAR_2000_US } from '../../receive/context/signatures.ts'
import { objectOf } from './alarm.ts'
import type { RuleFile } from './raise.ts'

/** Bound on signed things with a remembered fault. */
const MAX_SIGNED = 512
const DAY_US = 86_400e6

type Checked = FindingOf<'signatureChecked'>

/**
 * Rules on signatures, and on the dates of their certificates. LLS repeats: each new fault is reported until a good
 * signature arrives.
 */
export function signatureRules(): RuleFile {
  const faults = new Map<string, string>()
  const isNew = (what: string, fault: string): boolean => {
    if (faults.get(what) === fault || (!faults.has(what) && faults.size >= MAX_SIGNED)) return false
    faults.set(what, fault)
    return true
  }
  return {
    signatureChecked: (at, rules) => {
      const what = wordsFor(at)
      const values = { what, reason: at.text }
      const { of } = at.signed
      if (of === 'lls-tables' || of === 'certificates') {
        if (at.verdict === 'good') faults.delete(what)
        if (at.verdict === 'bad' && isNew(what, at.text)) rules.raise('LLS-SIGNED', { at, values })
      } else if (at.verdict !== 'bad') return
      else if (of === 'package') rules.raise('OBJ-SIGNED', { at, values })
      else if (of === 'sls-package') rules.raise('SLS-SIGNED', { at, values })
      else if (isNew(`${at.destination} ${at.signed.message} ${at.text}`, at.text))
        rules.raise('SLS-SIGNED', { at, values })
    },
    certificateSeen: (at, rules) => {
      const { id, subject, validFromUs, validToUs, timeUs } = at
      if (timeUs < YEAR_2000_US) return
      const soonUs = validToUs - rules.threshold('LLS-CDT') * DAY_US
      const says = timeUs > validToUs ? 'expired' : timeUs < validFromUs ? 'early' : timeUs > soonUs ? 'soon' : null
      if (says === null) return
      const date = utcText(says === 'early' ? validFromUs : validToUs).slice(0, 10)
      rules.raise('LLS-CDT', { at, key: `${id}/${says}`, says, values: { subject, date } })
    },
  }
}

function wordsFor(at: Checked): string {
  const { signed, destination } = at
  switch (signed.of) {
    case 'lls-tables':
      return `The SignedMultiTable of group ${signed.group}`
    case 'certificates':
      return `The CertificationData of group ${signed.group}`
    case 'sls-package':
      return `The SLS package with ${objectOf(at)}`
    case 'package':
      return `The package ${signed.name}`
    case 'mmtp-message':
      return `A signed message of ${destination}`
  }
}
