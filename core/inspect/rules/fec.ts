import type { FindingOf, FindingPlace, SymbolCarrier } from '../../flow/findings.ts'
import { channelOf, objectOf } from './alarm.ts'
import type { Raise, RuleFile } from './raise.ts'

/** Rules on repair symbols that help less than they could. */
export const fecRules = (): RuleFile => ({
  fecFault: judge,
  repairSymbolsUnused: (at, rules) => {
    const values = { channel: channelOf(at), destination: at.destination ?? '', scheme: at.scheme }
    rules.raise('FEC-SYMBOLS', { at, values })
  },
})

function judge(at: FindingOf<'fecFault'>, rules: Raise): void {
  const { fault } = at
  const flow = repairFlowLabel(at.flow, at)
  switch (fault.fec) {
    case 'parameters':
      rules.raise('FEC-PARAMETERS', { at, says: 'faults', values: { flow, faults: fault.faults.join('; ') } })
      break
    case 'no-protected-object':
      rules.raise('FEC-PARAMETERS', { at, says: 'nothing', values: { flow } })
      break
    case 'no-oti':
      rules.raise('FEC-OTI', { at, values: { flow } })
      break
    case 'sub-blocks': {
      const { subBlocks } = fault
      const scheme = `N = ${subBlocks} sub-blocks`
      if (at.flow === 'route') rules.raise('FEC-UNSUPPORTED', { at, says: 'subBlocks', values: { flow, subBlocks } })
      else rules.raise('FEC-UNSUPPORTED', { at, says: 'symbols', values: { flow, scheme } })
      break
    }
    case 'scheme':
      rules.raise('FEC-UNSUPPORTED', { at, says: 'symbols', values: { flow, scheme: fault.scheme } })
      break
    case 'sizes':
      rules.raise('FEC-UNSUPPORTED', { at, says: 'sizes', values: { flow, reason: fault.reason } })
      break
    case 'mismatch': {
      const { reason } = fault
      const object = objectOf(at)
      if (at.flow === 'route') rules.raise('FEC-MISMATCH', { at, says: 'flow', values: { flow, object, reason } })
      else rules.raise('FEC-MISMATCH', { at, says: 'object', values: { flow, object } })
      break
    }
  }
}

/** `Repair flow 239.1.1.1:5000, TSI 11`. */
export function repairFlowLabel(flow: SymbolCarrier, at: FindingPlace): string {
  const channel = channelOf(at)
  return flow === 'route' ? `Repair flow ${at.destination}, ${channel}` : `${channel} at ${at.destination}`
}
