import type { LossCause, Losses } from '../../core/contract/report.ts'
import type { SessionSnapshot } from '../../core/contract/snapshot.ts'
import { formatCount } from './format.ts'

/** Event loop lag shown as an error: at 1.5 Gbit/s a receive buffer of 16 MiB lasts about this long. */
export const SLOW_MS = 80

/** The computer behind the cause `host`: this one, or the one that made the capture. */
export type LosingHost = 'this' | 'capturing'

/** The capturing computer if it reported all drops, else this one. */
export function losingHost(snapshot: Pick<SessionSnapshot, 'hostDrops' | 'captureDrops'> | null): LosingHost {
  const capture = snapshot?.captureDrops ?? 0
  return capture > 0 && capture === snapshot?.hostDrops ? 'capturing' : 'this'
}

/** Name of a cause in a table. */
export function causeText(cause: LossCause, host: LosingHost): string {
  return cause === 'host' && host === 'capturing' ? 'Capturing computer' : CAUSE_TEXT[cause]
}

const CAUSE_TEXT: Readonly<Record<LossCause, string>> = {
  network: 'Network',
  host: 'This computer',
  sender: 'Sender',
  unknown: 'Unknown',
}

const LOST_BY: Readonly<Record<LossCause, string>> = {
  network: 'lost by the network',
  host: 'lost by this computer',
  sender: 'never sent',
  unknown: 'lost, cause unknown',
}

/** Losses by cause: `lost by the network: 11 objects, 33 304 B`. Causes without losses are absent. */
export function lossLines(
  losses: Losses,
  host: LosingHost = 'this',
): readonly { readonly cause: LossCause; readonly text: string }[] {
  return (['network', 'host', 'sender', 'unknown'] as const).flatMap((cause) => {
    const { objects, bytes } = losses[cause]
    if (objects === 0) return []
    const size = bytes === 0 ? '' : `, ${formatCount(bytes)} B`
    const by = cause === 'host' && host === 'capturing' ? 'lost by the capturing computer' : LOST_BY[cause]
    return [{ cause, text: `${by}: ${formatCount(objects)} ${objects === 1 ? 'object' : 'objects'}${size}` }]
  })
}
