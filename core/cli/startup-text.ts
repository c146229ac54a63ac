import { STARTUP_STEPS, type Startup, type StartupStep } from '../contract/report.ts'

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
 * Formats the times of tuning in, from the join: `playable after 2.14 s: LLS 0.00, SLT 0.00, packets 0.01 …`; null where nothing
 * of the service arrived.
 * @param unitsPerSecond of the times: 1 in a report, 1e6 in a snapshot
 */
export function startupText(startup: Startup, unitsPerSecond: number): string | null {
  const { join, playable } = startup
  if (join === null) return null
  const since = (time: number): string => (Math.max(0, time - join) / unitsPerSecond).toFixed(2)
  const steps = STARTUP_STEPS.flatMap((step) => {
    const time = startup[step]
    return time === null || step === 'join' || step === 'playable' ? [] : [`${WORDS[step]} ${since(time)}`]
  })
  if (steps.length === 0) return null
  return `${playable === null ? 'not playable yet' : `playable after ${since(playable)} s`}: ${steps.join(', ')}`
}
