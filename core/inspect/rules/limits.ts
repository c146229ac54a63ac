import type { FindingOf } from '../../flow/findings.ts'
import { channelOf, objectOf } from './alarm.ts'
import { repairFlowLabel } from './fec.ts'
import type { Raise, RuleFile } from './raise.ts'

/** Rules on the bounds of broken input. */
export const limitRules = (): RuleFile => ({ limit: judge })

/** Rules on what is passed over and counted per destination. */
const COUNTED = { mpus: 'LIMIT-MPUS', objects: 'LIMIT-OBJECTS', tables: 'LIMIT-TABLES' } as const

function judge(at: FindingOf<'limit'>, rules: Raise): void {
  const { hit } = at
  const where = `${at.destination}, ${channelOf(at)}`
  switch (hit.limit) {
    case 'lls-tables':
      rules.raise('LIMIT-LLS', { at, values: hit.passed })
      break
    case 'sls-objects':
      rules.raise('LIMIT-SLS', { at, values: hit.passed })
      break
    case 'mpus':
    case 'objects':
    case 'tables': {
      const { passed } = hit
      const values = {
        where: String(at.destination),
        get perSecond() {
          return passed.perSecond
        },
        get count() {
          return passed.count
        },
      }
      rules.raise(COUNTED[hit.limit], { at, values })
      break
    }
    case 'sessions':
      rules.raise('LIMIT-SESSIONS', { at, values: { limit: hit.most, destination: hit.beyond } })
      break
    case 'channels': {
      const values = { limit: hit.most, destination: at.destination ?? '' }
      rules.raise('LIMIT-CHANNELS', { at, says: 'channels', values })
      break
    }
    case 'assets':
      rules.raise('LIMIT-CHANNELS', { at, says: 'assets', values: { where, limit: hit.most } })
      break
    case 'packet-ids':
      rules.raise('LIMIT-PACKET-IDS', { at, values: { where, limit: hit.most } })
      break
    case 'open-objects':
      rules.raise('LIMIT-OPEN', { at, values: { where, limit: hit.most } })
      break
    case 'object-bytes': {
      const { most: limit, claimed } = hit
      if (claimed === null) rules.raise('LIMIT-OBJECT', { at, says: 'data', values: { where, limit } })
      else rules.raise('LIMIT-OBJECT', { at, says: 'claimed', values: { where, object: objectOf(at), claimed, limit } })
      break
    }
    case 'holes':
      rules.raise('LIMIT-HOLES', { at, values: { where, object: objectOf(at) } })
      break
    case 'memory':
      rules.raise('LIMIT-MEMORY', { at, says: hit.of, values: { where } })
      break
    case 'quarantine':
      rules.raise('LIMIT-QUARANTINE', { at, says: hit.of, values: { where } })
      break
    case 'repair-symbols':
      rules.raise('LIMIT-FEC', { at, values: { flow: repairFlowLabel(hit.flow, at), limit: hit.most } })
      break
  }
}
