import { type Carrier, type ChannelCarrier, carrierText, channelText } from '../../flow/carriers.ts'
import type { RuleFile } from './raise.ts'

/** Rules on the repair of incomplete objects. */
export const repairRules = (): RuleFile => ({
  objectRepaired: (at, rules) => {
    const values = { object: carrierLabel(at), bytes: at.bytes, urls: at.urls.join(', ') }
    rules.raise('OBJ-REPAIRED', { at, says: at.absent ? 'whole' : 'filled', values })
  },
  objectUnrepaired: (at, rules) => {
    const values = { object: carrierLabel(at), reason: at.reason ?? 'no reason given' }
    rules.raise('OBJ-UNREPAIRED', { at, says: at.absent ? 'absent' : 'filled', values })
  },
  fetchesRefused: (at, rules) => {
    const others = at.others === 0 ? '' : ` and ${at.others} more`
    rules.raise('OBJ-UNREPAIRED', { at, says: 'tooMany', values: { object: carrierLabel(at), others } })
  },
  objectPatched: (at, rules) => {
    rules.raise('OBJ-PATCHED', { at, values: { object: carrierLabel(at), patch: at.patch } })
  },
})

/** `a.mp4 (TSI 10, TOI 7)`; for an object without packets `a.mp4 (TSI 10)`. */
function carrierLabel({ name, carrier }: { name: string; carrier: Carrier | ChannelCarrier }): string {
  return `${name} (${isChannel(carrier) ? channelText(carrier) : carrierText(carrier)})`
}

function isChannel(carrier: Carrier | ChannelCarrier): carrier is ChannelCarrier {
  return (carrier.kind === 'lct' || carrier.kind === 'mmtp') && !('instance' in carrier)
}
