import { channelOf } from './alarm.ts'
import type { RuleFile } from './raise.ts'
import { objectLabel } from './unreadable.ts'

/** Silence before a restart that is worth its number, µs. */
const SAID_US = 250_000

/** Rules on packets, links, and this program itself. */
export const packetRules = (): RuleFile => ({
  oddHeader: (at, rules) => {
    rules.raise('LCT-HEADER', { at, says: 'fields', values: { destination: at.destination ?? '' } })
  },
  sessionRestarted: (at, rules) => {
    const { from, to, silentUs, far, follows } = at
    if (follows) return
    const isMmtp = at.carrier?.kind === 'mmtp'
    const number = isMmtp ? 'MPU' : 'TOI'
    const values = { channel: channelOf(at), number, from, to, seconds: (silentUs / 1e6).toFixed(1) }
    const paused = silentUs >= SAID_US
    // An MPU goes back with the numbers of its packets: that tells more than a TOI.
    rules.raise('TOI-LOOP', { at, says: paused ? 'paused' : far && !isMmtp ? 'back' : 'restarted', values })
  },
  twoSenders: (at, rules) => {
    const { first, second } = at
    rules.raise('TWO-SENDERS', { at, values: { destination: at.destination ?? '', first, second } })
  },
  objectChanged: (at, rules) => {
    rules.raise('OBJ-CHANGED', { at, values: { object: objectLabel({ ...at, name: at.name ?? 'An object' }) } })
  },
  zeroSize: (at, rules) => {
    const object = objectLabel({ ...at, name: at.name ?? 'An object' })
    const values = { object, place: at.inHeader ? 'EXT_FTI' : 'FDT' }
    rules.raise('FEC-SIZES', { at, cause: 'sender', says: at.size === 'symbol size' ? 'symbol' : 'block', values })
  },
  symbolSizeOther: (at, rules) => {
    const object = objectLabel({ ...at, name: at.name ?? 'An object' })
    const values = { object, place: at.inHeader ? 'EXT_FTI' : 'FDT', told: at.told, came: at.came }
    rules.raise('FEC-SIZES', { at, cause: 'sender', says: 'other', values })
  },
  fecSchemeUnknown: (at, rules) => {
    const values = { channel: channelOf(at), destination: at.destination ?? '', id: at.encodingId }
    rules.raise('FEC-SCHEME', { at, values })
  },
  sessionClosed: (at, rules) => {
    const complete = at.complete ? '; its FDT is complete: it describes no further files' : ''
    rules.raise('SESSION-CLOSED', {
      at,
      values: { channel: channelOf(at), destination: at.destination ?? '', complete },
    })
  },
  linkLoss: (at, rules) => {
    const link = at.destination === null ? 'the ALP packets' : `${at.link.toUpperCase()} ${at.destination}`
    const losses = at.losses.map(({ what, lost, total }) => `${lost} ${what} lost (${total} so far)`).join(', ')
    rules.raise(at.link === 'alp' ? 'ALP-SEGMENTS' : 'STLTP-SEQ', { at, values: { link, losses } })
  },
  sourceBroke: (at, rules) => {
    rules.raise('SOURCE-GAP', { at, says: 'broke', values: { source: at.source, reason: at.reason } })
  },
  sourceBack: (at, rules) => {
    rules.raise('SOURCE-GAP', { at, says: 'back', values: { source: at.source, seconds: at.seconds.toFixed(1) } })
  },
  internalFault: (at, rules) => {
    rules.raise('INTERNAL', { at, values: { destination: at.destination ?? '', reason: at.reason } })
  },
})
