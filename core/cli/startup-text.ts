import { STARTUP_STEPS, type Startup, type StartupStep } from '../contract/report.ts'
import { clauseOf } from '../contract/shown-text.ts'

const WORDS: Readonly<Record<StartupStep, string>> = {
  join: 'join',
  lls: 'LLS',
  slt: 'SLT',
  firstPacket: 'packets',
  sls: 'SLS',
  stsid: 'S-TSID',
  manifest: 'manifest',
  init: 'init segment',
  firstMedia: 'media',
  firstSegment: 'media segment',
  playable: 'playable',
}

/**
 * Formats the times of tuning in, from the join: `playable after 2.14 s: LLS 0.00, SLT 0.00, packets 0.01 …`, or why it cannot be
 * played: `not playable: no manifest has arrived; packets 0.00`. Null where nothing is known of it.
 * @param unitsPerSecond of the times: 1 in a report, 1e6 in a snapshot
 * @param notPlayable the reason, a sentence
 */
export function startupText(startup: Startup, notPlayable: string | null, unitsPerSecond: number): string | null {
  const { join, playable } = startup
  const since = (time: number): string => (Math.max(0, time - (join ?? 0)) / unitsPerSecond).toFixed(2)
  const steps =
    join === null
      ? []
      : STARTUP_STEPS.flatMap((step) => {
          const time = startup[step]
          return time === null || step === 'join' || step === 'playable' ? [] : [`${WORDS[step]} ${since(time)}`]
        })
  if (join !== null && playable !== null) return `playable after ${since(playable)} s: ${steps.join(', ')}`
  return notPlayable === null
    ? null
    : `not playable: ${clauseOf(notPlayable)}${steps.length === 0 ? '' : `; ${steps.join(', ')}`}`
}
