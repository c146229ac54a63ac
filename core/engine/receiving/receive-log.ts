import type { ServiceId } from '../../contract/ids.ts'
import { ruleRow } from '../../contract/rules.ts'
import type { LogLevel, LogTopic } from '../../contract/session-spec.ts'
import { carrierText, channelText } from '../../flow/carriers.ts'
import type { ChannelFacts, LlsTableFact, ReceiveObserver, ServiceFacts, SlsFragment } from '../../flow/facts.ts'
import type { FlowObject } from '../../flow/objects.ts'
import type { Alarm } from '../../inspect/rules/alarm.ts'

/** @param timeUs stream time of the fact, µs; absent: now */
type Log = (topic: LogTopic, level: LogLevel, text: string, timeUs?: number) => void

/** Limit of warnings in the log, for damaged streams; the report has them all. */
const MAX_COMPLAINTS = 200
/** Fragments known by name, to tell a new one from a new version. */
const MAX_FRAGMENTS = 10_000

/**
 * Writes what is received to the log: signalling and services as they appear, objects with `debug`, and alarms.
 * Called for tables and objects, never for packets.
 */
export class ReceiveLog implements Partial<ReceiveObserver> {
  readonly #log: Log
  readonly #wants: (topic: LogTopic, level: LogLevel) => boolean
  readonly #services = new Map<number, string>()
  readonly #fragments = new Set<string>()
  #complaints = 0

  constructor(log: Log, wants: (topic: LogTopic, level: LogLevel) => boolean) {
    this.#log = log
    this.#wants = wants
  }

  llsTable(table: LlsTableFact): void {
    this.#log('lls', 'info', `${table.name} of group ${table.group}, version ${table.version}: ${table.bytes} bytes`)
  }

  serviceChanged(service: ServiceFacts): void {
    const { id, name, protocol, destination, joined, manifest } = service
    const text =
      `Service ${id}${name === null ? '' : ` "${name}"`}, ${protocol} on ${destination ?? 'no destination'}, ` +
      `${joined ? 'joined' : 'not joined'}${manifest === null ? '' : `, manifest ${manifest.name}`}`
    if (this.#services.get(id) === text) return
    this.#services.set(id, text)
    this.#log('route', 'info', text)
  }

  slsFragment(serviceId: ServiceId, fragment: SlsFragment): void {
    const { type, name, version, bytes } = fragment
    const key = `${serviceId} ${type} ${name}`
    const isNew = !this.#fragments.has(key)
    // Names are from the network.
    if (this.#fragments.size >= MAX_FRAGMENTS) this.#fragments.clear()
    this.#fragments.add(key)
    // A live manifest changes with every segment: only its first version is at `info`.
    const of = version === null ? '' : `, version ${version}`
    // File tables are named by their type and TSI.
    const named = name?.startsWith(`${type} `) === true ? name : `${type} ${name}`
    const text = `Service ${serviceId}: ${isNew ? '' : 'new '}${named}${of}, ${bytes.length} bytes`
    this.#log(type === 'MPD' || type === 'HLS' ? 'dash' : 'route', isNew ? 'info' : 'debug', text)
  }

  channelSeen(channel: ChannelFacts): void {
    if (this.#wants('route', 'debug'))
      this.#log('route', 'debug', `${channelText(channel.carrier)} begins on ${channel.destination}`)
  }

  objectEnded(object: FlowObject): void {
    if (!this.#wants('route', 'debug')) return
    const { carrier, name, state, received, size } = object
    const what = `${carrierText(carrier)}${name === null ? '' : ` ${name}`}`
    const whole = size === null ? 'an unknown number of' : String(size)
    // A loss is an alarm, which has more detail.
    this.#log(
      'route',
      'debug',
      state === 'complete' ? `${what}: ${received} bytes` : `${what}: ${received} of ${whole} bytes`,
    )
  }

  /** @param text makes its sentence, for the few of a storm that are logged */
  alarm({ rule, severity, timeUs }: Alarm, text: () => string): void {
    this.#complain(ruleRow(rule).topic, severity, () => `${rule}: ${text()}`, timeUs)
  }

  /** Observer that logs all but alarms, which are logged once their cause is known. */
  withoutAlarms(): Partial<ReceiveObserver> {
    return {
      llsTable: (table) => this.llsTable(table),
      serviceChanged: (service) => this.serviceChanged(service),
      slsFragment: (serviceId, fragment) => this.slsFragment(serviceId, fragment),
      channelSeen: (channel) => this.channelSeen(channel),
      objectEnded: (object) => this.objectEnded(object),
    }
  }

  #complain(topic: LogTopic, level: LogLevel, text: () => string, timeUs: number): void {
    this.#complaints++
    if (this.#complaints < MAX_COMPLAINTS) this.#log(topic, level, text(), timeUs)
    else if (this.#complaints === MAX_COMPLAINTS)
      this.#log('route', 'warning', 'Further warnings are in the report only.')
  }
}
