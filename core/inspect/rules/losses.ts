import { channelOf, counted } from './alarm.ts'
import type { RuleFile } from './raise.ts'
import { objectLabel } from './unreadable.ts'

/** Names listed in an alarm. */
const LISTED = 6

/** Rules on incomplete, absent and corrupt objects, and on packets dropped by this computer. */
export const lossRules = (): RuleFile => ({
  objectLost: (at, rules) => {
    const { lost, size, holes, first, redeclared = -1 } = at
    const bytes = size === null ? lost : `${lost} of ${size}`
    const fec = at.fec === null ? '' : `; FEC did not restore it: ${at.fec}`
    const declared = redeclared < 0 ? '' : `; it was declared to have ${size} bytes, and ${redeclared}`
    const object = objectLabel({ name: at.name ?? 'An object', carrier: at.carrier })
    rules.raise('OBJ-LOSS', {
      at,
      cause: 'object',
      values: { object, bytes, ranges: counted(holes, 'range'), first, fec, declared },
    })
  },
  lengthUntold: (at, rules) => {
    const object = objectLabel({ name: at.name ?? 'An object', carrier: at.carrier })
    const key = `untold ${object}`
    rules.raise('OBJ-LENGTH', { at, key, says: at.cut ? 'cut' : 'untold', values: { object, bytes: at.bytes } })
  },
  lengthMeasured: (at, rules) => {
    const object = objectLabel({ name: at.name ?? 'an object', carrier: at.carrier })
    const values = { object, channel: channelOf(at), destination: at.destination ?? '' }
    const says = at.by === 'repeats' ? 'repeats' : 'measured'
    rules.raise('OBJ-LENGTH', { at, key: says, says, values })
  },
  lengthRedeclared: (at, rules) => {
    const object = objectLabel({ name: at.name ?? 'An object', carrier: at.carrier })
    const { before, after } = at
    const key = `redeclared ${object}`
    rules.raise('OBJ-LENGTH', { at, key, cause: 'sender', says: 'redeclared', values: { object, before, after } })
  },
  segmentLost: (at, rules) => {
    const { lost: bytes, holes, first } = at
    const name = at.name ?? 'An object'
    rules.raise('SEG-LOSS', {
      at,
      values: { name, channel: channelOf(at), bytes, ranges: counted(holes, 'range'), first },
    })
  },
  digestMismatch: (at, rules) => {
    const object = objectLabel(at)
    if (at.reason === null) rules.raise('OBJ-MD5', { at, says: 'entity', values: { object } })
    else rules.raise('OBJ-MD5', { at, says: 'table', values: { object, reason: at.reason } })
  },
  objectsAbsent: (at, rules) => {
    const { names, between, cause, evidence } = at
    const channel = channelOf(at)
    const objects =
      names.length === 1
        ? `The announced object ${names[0]} never arrived`
        : `${names.length} announced objects never arrived (${listed(names, (name) => name)})`
    if (between === null) {
      const them = names.length === 1 ? 'it' : 'them'
      rules.raise('TOI-GAP', { at, cause, evidence, says: 'listed', values: { objects, channel, them } })
    } else {
      const [before, after] = between
      rules.raise('TOI-GAP', { at, cause, evidence, says: 'between', values: { objects, channel, before, after } })
    }
  },
  mpusAbsent: (at, rules) => {
    const { mpus, cause } = at
    const named = listed(mpus, (mpu) => `MPU ${mpu}`)
    const absent = mpus.length === 1 ? `${named} never arrived` : `${mpus.length} MPUs never arrived (${named})`
    rules.raise('MPU-GAP', { at, cause, values: { mpus: absent, channel: channelOf(at) } })
  },
  repeatsLost: (at, rules) => {
    const channel = channelOf(at)
    rules.raise('REPEAT-LOSS', {
      at,
      says: at.media ? 'media' : 'carousel',
      key: at.media ? 'media' : '',
      values: { channel },
    })
  },
  hostDropped: (at, rules) => {
    const packets = counted(at.packets, 'packet')
    const { destination, lagMs } = at
    if (destination === null) {
      rules.raise('HOST-DROP', {
        at,
        cause: 'capture',
        evidence: 'the capture counts them',
        says: 'capture',
        values: { packets },
      })
      return
    }
    const lag = lagMs >= 50 ? `, while the program was kept busy for ${lagMs} ms` : ''
    rules.raise('HOST-DROP', {
      at,
      cause: 'host',
      evidence: 'the drop counter of its socket grew',
      says: 'socket',
      values: { packets, destination, lag },
    })
  },
})

function listed<Thing>(things: readonly Thing[], nameOf: (thing: Thing) => string): string {
  const last = things.length > LISTED ? ` … ${nameOf(things.at(-1) as Thing)}` : ''
  return `${things.slice(0, LISTED).map(nameOf).join(', ')}${last}`
}
