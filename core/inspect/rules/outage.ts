import type { Outage } from '../../flow/findings.ts'
import { utcText } from '../../protocol/ntp.ts'

/** Slots of an alarm about an outage, which names the end too once there is one. */
export function begun(outage: Outage): { readonly since: string; readonly limit: string; readonly end: string } {
  return {
    since: clockTime(outage.fromUs),
    limit: seconds(outage.limitUs),
    get end() {
      const { untilUs, lengthUs } = outage
      return untilUs === null ? '' : `; back at ${clockTime(untilUs)}, after ${seconds(lengthUs ?? 0)} s`
    },
  }
}

/** Slots of a note about the end of an outage. */
export function ended(outage: Outage): Readonly<Record<'since' | 'until' | 'seconds', string>> {
  const { fromUs, untilUs, lengthUs } = outage
  return { since: clockTime(fromUs), until: clockTime(untilUs ?? fromUs), seconds: seconds(lengthUs ?? 0) }
}

/** `03:16:23.115 UTC` of stream time. */
export function clockTime(timeUs: number): string {
  return `${utcText(Math.round(timeUs / 1000) * 1000).slice(11, 23)} UTC`
}

/** `3`, `12.3`, `0.58`. */
export function seconds(us: number): string {
  return String(Math.round(us / 1000) / 1000)
}
