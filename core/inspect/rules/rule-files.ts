import { clockRules } from './clock.ts'
import { fecRules } from './fec.ts'
import { limitRules } from './limits.ts'
import { lossRules } from './losses.ts'
import { mediaRules } from './media.ts'
import { mmtpRules } from './mmtp.ts'
import { packetRules } from './packets.ts'
import { pictureRules } from './pictures.ts'
import type { RuleFile } from './raise.ts'
import { repairRules } from './repair.ts'
import { signallingRules } from './signalling.ts'
import { signatureRules } from './signatures.ts'
import { unreadableRules } from './unreadable.ts'

/** Makes all rules, each family with a state of its own. */
export function makeRules(): readonly RuleFile[] {
  return [
    unreadableRules(),
    signatureRules(),
    signallingRules(),
    packetRules(),
    clockRules(),
    mediaRules(),
    limitRules(),
    lossRules(),
    repairRules(),
    fecRules(),
    mmtpRules(),
    pictureRules(),
  ]
}
