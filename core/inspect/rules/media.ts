import { channelOf, counted } from './alarm.ts'
import { begun, ended, seconds } from './outage.ts'
import type { RuleFile } from './raise.ts'
import { objectLabel } from './unreadable.ts'

/** Names listed in an alarm. */
const LISTED = 8

/** Rules on media that stops, comes late, or is announced and not sent. */
export const mediaRules = (): RuleFile => ({
  channelStopped: (at, rules) => {
    const { since, limit } = begun(at.outage)
    rules.raise('RATE-DROP', {
      at,
      says: 'stopped',
      endUs: () => at.outage.untilUs,
      values: {
        channel: channelOf(at),
        since,
        limit,
        get end() {
          return begun(at.outage).end
        },
      },
    })
  },
  channelBack: (at, rules) => {
    rules.raise('RATE-DROP', { at, says: 'back', values: { channel: channelOf(at), ...ended(at.outage) } })
  },
  decodeTimeAbsent: (at, rules) => {
    const object = objectLabel({ name: at.name ?? 'A segment', carrier: at.carrier })
    rules.raise('SEG-TFDT', { at, values: { object } })
  },
  rateChanged: (at, rules) => {
    const { bps, meanBps, windowUs } = at
    rules.raise('RATE-DROP', {
      at,
      says: 'changed',
      values: {
        channel: channelOf(at),
        rate: Math.round(bps / 1000),
        mean: Math.round(meanBps / 1000),
        percent: Math.round((bps / meanBps) * 100),
        window: seconds(windowUs),
      },
    })
  },
  segmentsLate: (at, rules) => {
    const { run } = at
    const isError = (): boolean => run.worstUs > run.durationUs
    const values = {
      channel: channelOf(at),
      get segments() {
        return counted(run.segments, 'segment')
      },
      get worst() {
        return run.worst
      },
      get late() {
        return seconds(run.worstUs)
      },
      get more() {
        return isError() ? `, more than a segment (${seconds(run.durationUs)} s)` : ''
      },
    }
    rules.raise('SEG-LATE', { at, key: run.number, isError, values })
  },
  representationsAbsent: (at, rules) => {
    const { representations, wholeSet, manifest } = at
    const more = representations.length > LISTED ? ` and ${representations.length - LISTED} more` : ''
    const values = { manifest, representations: `${representations.slice(0, LISTED).join(', ')}${more}` }
    rules.raise('STSID-MPD-MATCH', {
      at,
      says: representations.length === 1 ? 'one' : 'more',
      isError: () => wholeSet,
      values,
    })
  },
  channelNeverSent: (at, rules) => {
    const { representation, limitUs } = at
    const values = {
      channel: channelOf(at),
      destination: at.destination ?? '',
      representation,
      limit: seconds(limitUs),
    }
    rules.raise('STSID-TSI', { at, key: 'silent', says: 'silent', values })
  },
})
