import type { Outage } from '../../flow/findings.ts'
import { utcText } from '../../protocol/ntp.ts'
import type { ClockLimits } from '../clock/clock-limits.ts'
import type { Raise, RuleFile } from './raise.ts'

/** Limits of the rules below, as they are set now. */
export function clockLimits(rules: Pick<Raise, 'threshold'>): ClockLimits {
  return {
    get signalUs() {
      return rules.threshold('SIGNAL-GONE') * 1e6
    },
    get serviceUs() {
      return rules.threshold('SERVICE-SILENT') * 1e6
    },
  }
}

/** Rules on what does not come: the signal, a service. */
export const clockRules = (): RuleFile => ({
  signalGone: (at, rules) => {
    rules.raise('SIGNAL-GONE', { at, says: 'gone', values: begun(at.outage) })
  },
  signalBack: (at, rules) => {
    rules.raise('SIGNAL-GONE', { at, says: 'back', values: ended(at.outage) })
  },
  serviceSilent: (at, rules) => {
    const values = begun(at.outage)
    const service = serviceText(at)
    rules.raise('SERVICE-SILENT', {
      at,
      says: 'silent',
      values: {
        service,
        since: values.since,
        limit: values.limit,
        get end() {
          return values.end
        },
      },
    })
  },
  serviceBack: (at, rules) => {
    rules.raise('SERVICE-SILENT', { at, says: 'back', values: { service: serviceText(at), ...ended(at.outage) } })
  },
})

/** Slots of an alarm about an outage, which names the end too once there is one. */
function begun(outage: Outage): { readonly since: string; readonly limit: string; readonly end: string } {
  return {
    since: clockTime(outage.fromUs),
    limit: seconds(outage.limitUs),
    get end() {
      const { untilUs, lengthUs } = outage
      return untilUs === null ? '' : `; back at ${clockTime(untilUs)}, after ${seconds(lengthUs ?? 0)} s`
    },
  }
}

function ended({ fromUs, untilUs, lengthUs }: Outage): Readonly<Record<'since' | 'until' | 'seconds', string>> {
  return { since: clockTime(fromUs), until: clockTime(untilUs ?? fromUs), seconds: seconds(lengthUs ?? 0) }
}

function serviceText({ service, serviceName }: { service: number | null; serviceName: string | null }): string {
  return serviceName === null ? `Service ${service}` : `Service ${service} "${serviceName}"`
}

/** `03:16:23.115 UTC` of stream time. */
function clockTime(timeUs: number): string {
  return `${utcText(Math.round(timeUs / 1000) * 1000).slice(11, 23)} UTC`
}

/** `3`, `12.3`, `0.58`. */
function seconds(us: number): string {
  return String(Math.round(us / 1000) / 1000)
}
