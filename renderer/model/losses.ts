import type { LossCause, Losses } from '../../core/contract/report.ts'
import { formatCount } from './format.ts'

/** From here on a lag is worth a colour: at 1.5 Gbit/s the largest common buffer lasts about as long. */
export const SLOW_MS = 80

export const CAUSE_TEXT: Readonly<Record<LossCause, string>> = {
  network: 'Network',
  host: 'This computer',
  sender: 'Sender',
  unknown: 'Unknown',
}

const LOST_BY: Readonly<Record<LossCause, string>> = {
  network: 'lost by the network',
  host: 'lost by this computer',
  sender: 'never sent',
  unknown: 'lost, not known by whom',
}

/** Who lost what, for those who lost something: `lost by the network: 11 objects, 33 304 B`. */
export function lossLines(losses: Losses): readonly { readonly cause: LossCause; readonly text: string }[] {
  return (['network', 'host', 'sender', 'unknown'] as const).flatMap((cause) => {
    const { objects, bytes } = losses[cause]
    if (objects === 0) return []
    const size = bytes === 0 ? '' : `, ${formatCount(bytes)} B`
    return [
      { cause, text: `${LOST_BY[cause]}: ${formatCount(objects)} ${objects === 1 ? 'object' : 'objects'}${size}` },
    ]
  })
}
