import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { SlsFragment } from '../../flow/facts.ts'
import type { FindingFacts } from '../../flow/findings.ts'
import { ReadOnce } from '../../flow/read-once.ts'
import { type Fdt, parseFdt } from '../../protocol/flute/fdt.ts'
import { unpackLimited } from '../../protocol/gzip.ts'
import { ntpToUnixUs } from '../../protocol/ntp.ts'
import { FILE_TABLE_LIMITS } from '../../protocol/table-limits.ts'
import type { FindingHost } from '../context/finding-host.ts'
import { codecFault, droppedEntries, type ReceiveContext } from '../context/receive-context.ts'
import type { LctChannel } from '../lct/lct-channel.ts'
import { hash32 } from '../object/content-hash.ts'
import { readFilesWithin, type SessionWork, unpackWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { FluteChannel } from './flute-channel.ts'
import type { FluteNames } from './flute-names.ts'
import { instanceOf } from './flute-objects.ts'

/** Tables read before the session has an owner. */
const EARLY_FRAGMENTS = 64

/** The media of a sender that begins again goes back this soon after its tables, µs. */
const RESTART_US = 5_000_000
/** Tables of which it is not known yet whether their sender began again. */
const MOST_REUSED = 64

/** A valid table with other content, of a sender that may have begun again. */
type Reused = { readonly sender: string; readonly sentUs: number; readonly tell: () => void }

/** Result for a table that is neither read nor a fault: unreachable, but the type allows it. */
const NO_TABLE = { code: 'fdt-root', message: 'no table' }

/** Reads the FDT instances of one FLUTE session, reports what is wrong with them, and shows them as signalling of their service. */
export class FdtReader {
  readonly #context: ReceiveContext
  readonly #host: FindingHost
  readonly #work: SessionWork
  readonly #reused: Reused[] = []
  #early: { channel: LctChannel; fragment: SlsFragment; timeUs: number }[] = []

  constructor(context: ReceiveContext, host: FindingHost, work: SessionWork) {
    this.#context = context
    this.#host = host
    this.#work = work
  }

  /**
   * Ends the wait for media to go back: what changed was a change of its own. Where media does, that is the news, and the sender's tables
   * change with it.
   */
  tick(timeUs: number): void {
    while (timeUs - (this.#reused[0]?.sentUs ?? Number.POSITIVE_INFINITY) >= RESTART_US) {
      const { sender, sentUs, tell } = this.#reused.shift() as Reused
      if (!this.#context.hasBegun(sender, sentUs)) tell()
    }
  }

  /** @returns the table of a whole object of TOI 0; null where it cannot be read */
  read(state: FluteChannel, object: TransportObject, sender: string, timeUs: number): Fdt | null {
    const { channel } = state
    const transported = object.bytes(0, object.length)
    this.#work.passed.arrived(timeUs)
    let bytes = transported
    let table: Fdt | null = null
    const faults = new EntryFaults()
    const fault = codecFault(() => {
      const most = Math.min(this.#context.limits.unpackedBytes, FILE_TABLE_LIMITS.unpackedBytes)
      bytes = unpackWithin(this.#work, transported, most, timeUs, unpackLimited)
      readFilesWithin(this.#work, bytes, timeUs)
      table = parseFdt(bytes, faults)
    })
    const found = (facts: FindingFacts): void =>
      this.#host.found(facts, object.carrier, timeUs, object.frame, object.index)
    const instance = instanceOf(object)
    if (fault !== null || table === null) {
      const unreadable = fault ?? NO_TABLE
      const hit = this.#work.hit(unreadable)
      found(hit === null ? { kind: 'fdtUnreadable', instance, fault: unreadable } : { kind: 'limit', hit })
      return null
    }
    const dropped = droppedEntries(`FDT of TSI ${channel.tsi}`, faults)
    if (dropped !== null) found(dropped)
    const read: Fdt = table
    this.#show(channel, instance, bytes, read, object.lastTimeUs)
    const expiresUs = read.instanceExpiresNtp === null ? null : ntpToUnixUs(read.instanceExpiresNtp % 2 ** 32, 0)
    const sentUs = object.firstTimeUs
    if (expiresUs !== null && read.instanceExpiresNtp !== 0 && expiresUs < sentUs)
      found({ kind: 'tableExpired', instance, expiresUs, sentUs })
    const again = state.instances.get(instance)
    const digest = hash32(bytes, 0, bytes.length)
    const changed = again !== undefined && again.digest !== digest
    // Where media goes back as well, that tells it.
    const mayBegin = state.tookInstance(instance, changed, sentUs) && channel.lastMediaUs >= 0
    state.instances.set(instance, { digest, expiresUs })
    // A number may be used again for other content once it has expired (RFC 6726 §3.4.1).
    if (changed && !mayBegin && (again.expiresUs === null || again.expiresUs > sentUs))
      this.#tookOther(state, object, read, sender, sentUs)
    return read
  }

  /** A valid table has other content. */
  #tookOther(state: FluteChannel, object: TransportObject, table: Fdt, sender: string, sentUs: number): void {
    const instance = instanceOf(object)
    const { carrier, frame, index } = object
    const found = (restarted: boolean): void =>
      this.#host.found({ kind: 'instanceReused', instance, restarted }, carrier, sentUs, frame, index)
    const seen = state.instances.get(instance)
    if (namesOthers(table, state.names)) {
      // The tables that follow are new ones, and what it had begun is broken off.
      state.beganAgain()
      if (seen !== undefined) state.instances.set(instance, seen)
      state.channel.brokeOff(sentUs)
      this.#context.senderBegan(sender, sentUs)
      found(true)
    } else if (this.#reused.length < MOST_REUSED) {
      this.#reused.push({ sender, sentUs, tell: () => found(false) })
    } else {
      found(false)
    }
  }

  #show(channel: LctChannel, instance: number, bytes: Uint8Array, table: Fdt, timeUs: number): void {
    const { index, serviceId, tsi } = channel
    const document = new ReadOnce(bytes, parseFdt, () => table)
    const fragment = { type: 'FDT', name: `FDT of TSI ${tsi}`, version: instance, bytes, channel: index, document }
    if (serviceId !== null) this.#context.observer.slsFragment(serviceId, fragment, timeUs)
    else if (this.#early.length < EARLY_FRAGMENTS)
      this.#early.push({ channel, fragment: { ...fragment, bytes: bytes.slice() }, timeUs })
  }

  /** A channel has another owner: shows the tables read before. */
  ownerChanged(channel: LctChannel): void {
    const { serviceId } = channel
    if (serviceId === null) return
    const now = this.#early.filter((each) => each.channel === channel)
    if (now.length === 0) return
    this.#early = this.#early.filter((each) => each.channel !== channel)
    for (const each of now) this.#context.observer.slsFragment(serviceId, each.fragment, each.timeUs)
  }
}

/** True where a table gives TOIs to other files than they had: its sender began again. */
function namesOthers(table: Fdt, names: FluteNames): boolean {
  return table.files.some(({ toi, contentLocation }) => {
    const before = names.listedName(toi)
    return before !== null && before !== contentLocation
  })
}
