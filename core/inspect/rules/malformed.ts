import { hexText } from '#platform'
import type { BadDatagram, Flow } from '../../flow/datagrams.ts'
import { placeAt } from '../../flow/findings.ts'
import { type Alarm, counted } from './alarm.ts'
import type { Raise } from './raise.ts'

/** Bound on distinct codes of malformed datagrams. */
const MAX_CODES = 64

/** Codes that are alarms: LLS tables and internal faults raise alarms of their own. */
const TOLD = /^(?:lct|mmtp|fec|object|flute)-/

/** `first`: the alarm of the first of its kind, which counts the later ones too. */
type Malformed = {
  count: number
  lastTimeUs: number
  readonly alarmOf: (count: number) => Alarm | null
  first: Alarm | null
}

/** Unreadable datagrams, counted by code with the first example of each. Their alarms are made on demand. */
export class MalformedDatagrams {
  readonly #rules: Raise
  readonly #codes = new Map<string, Malformed>()
  #count = 0

  constructor(rules: Raise) {
    this.#rules = rules
  }

  get count(): number {
    return this.#count
  }

  /** @returns the alarm of the first datagram of its kind; null of others, and of kinds that have alarms of their own */
  datagram(bad: BadDatagram, flow: Flow): Alarm | null {
    const { code, what = '', bytes, start, end, timeUs, frame } = bad
    this.#count++
    const known = this.#codes.get(code)
    if (known !== undefined) {
      known.count++
      known.lastTimeUs = timeUs
      if (known.first !== null) countIn(known.first, known)
      return null
    }
    if (this.#codes.size >= MAX_CODES) return null
    const head = hexText(bytes.subarray(start, Math.min(end, start + 16)))
    const { destination } = flow
    const at = placeAt(timeUs, frame, { destination })
    const alarmOf = (count: number): Alarm | null => {
      const values = { datagrams: counted(count, 'malformed datagram'), code, destination, frame, head }
      if (code.startsWith('mmtp')) return this.#rules.alarmOf('MMTP-HEADER', { at, values })
      if (what !== '') return this.#rules.alarmOf('ALC-PACKET', { at, values: { ...values, what } })
      return this.#rules.alarmOf('LCT-HEADER', { at, says: 'malformed', values })
    }
    const first = TOLD.test(code) ? alarmOf(1) : null
    this.#codes.set(code, { count: 1, lastTimeUs: timeUs, alarmOf, first })
    return first
  }

  alarms(): Alarm[] {
    const alarms: Alarm[] = []
    for (const [code, known] of this.#codes) {
      if (!TOLD.test(code)) continue
      const alarm = known.alarmOf(known.count)
      if (alarm === null) continue
      countIn(alarm, known)
      alarms.push(alarm)
    }
    return alarms
  }
}

function countIn(alarm: Alarm, { count, lastTimeUs }: Malformed): void {
  alarm.count = count
  alarm.lastTimeUs = lastTimeUs
}
