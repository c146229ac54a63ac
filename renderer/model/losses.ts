import { type LossFigures, type LossSpans, shareText } from '../../core/contract/loss.ts'
import { CAUSE_TEXT, LOSS_CAUSES, type LossCause, type Losses } from '../../core/contract/report.ts'
import { formatCount } from './format.ts'

/** Event loop lag shown as an error: at 1.5 Gbit/s a receive buffer of 16 MiB lasts about this long. */
export const SLOW_MS = 80

/** Name of a cause in a table: `Before this computer`. */
export function causeTitle(cause: LossCause): string {
  const text = CAUSE_TEXT[cause]
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const LOST_TEXT: Readonly<Record<LossCause, string>> = {
  network: 'lost before this computer',
  host: 'lost by this computer',
  capture: 'lost by the computer that made the capture',
  sender: 'not sent by the sender',
  unknown: 'lost, nothing shows where',
}

/** Losses by cause: `lost before this computer: 11 objects, 33 304 B`. Causes without losses are absent. */
export function lossLines(losses: Losses): readonly { readonly cause: LossCause; readonly text: string }[] {
  return LOSS_CAUSES.flatMap((cause) => {
    const { objects, bytes } = losses[cause]
    if (objects === 0) return []
    const size = bytes === 0 ? '' : `, ${formatCount(bytes)} B`
    return [
      { cause, text: `${LOST_TEXT[cause]}: ${formatCount(objects)} ${objects === 1 ? 'object' : 'objects'}${size}` },
    ]
  })
}

/** Share of bytes lost after repair: `0.646 %`. */
const lossText = ({ lost, sent }: Pick<LossFigures, 'lost' | 'sent'>): string => shareText(lost.bytes, sent.bytes)

/** True where repair made good a part of what was missing. */
const wasRepaired = ({ lost, before }: LossFigures): boolean => before.lost.bytes !== lost.bytes

/** Short figures of the last seconds or, once the session is over, of all: `10 s 0.98 % (60 s 1.02 %, before repair 4.83 %)`. */
export function lossSummary({ total, last10, last60 }: LossSpans, running: boolean): string {
  const shown = running ? last60 : total
  const asides = running && lossText(last60) !== lossText(last10) ? [`60 s ${lossText(last60)}`] : []
  if (wasRepaired(shown)) asides.push(`before repair ${lossText(shown.before)}`)
  const now = running ? `10 s ${lossText(last10)}` : lossText(total)
  return `${now}${asides.length === 0 ? '' : ` (${asides.join(', ')})`}`
}

/** All figures in words: of bytes and of packets, lately and in all, before and after repair. */
export function lossNote({ total, last10, last60 }: LossSpans): string {
  return [
    `Loss over the last 10 s: ${figuresText(last10)}`,
    `60 s: ${figuresText(last60)}`,
    `in all: ${figuresText(total)}`,
  ].join('\n')
}

function figuresText(figures: LossFigures): string {
  const { lost, sent, before } = figures
  const after = `${countsText(lost, sent)}`
  return wasRepaired(figures) ? `${after}; before repair ${countsText(before.lost, before.sent)}` : after
}

function countsText(lost: LossFigures['lost'], sent: LossFigures['sent']): string {
  const bytes = `${shareText(lost.bytes, sent.bytes)} of bytes (${formatCount(lost.bytes)} of ${formatCount(sent.bytes)} B)`
  return `${bytes}, ${shareText(lost.packets, sent.packets)} of packets (${formatCount(lost.packets)} of ${formatCount(sent.packets)})`
}
