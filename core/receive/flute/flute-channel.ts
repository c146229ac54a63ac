import type { Toi } from '../../contract/ids.ts'
import { BoundedMap, BoundedSet } from '../../flow/bounded-map.ts'
import type { Fdt } from '../../protocol/flute/fdt.ts'
import { layoutOf, type SymbolLayout } from '../../protocol/flute/fec-oti.ts'
import type { LctPacket } from '../../protocol/lct/lct-packet.ts'
import type { LctChannel } from '../lct/lct-channel.ts'
import type { FluteNames } from './flute-names.ts'

/** Layouts from EXT_FTI that one channel remembers; most senders repeat it in each packet, or have it in the FDT. */
const MAX_LAYOUTS = 256

/** FDT instances that one channel remembers. */
const MAX_INSTANCES = 256

/** FDT instance ids have 20 bits. */
const INSTANCES = 1 << 20
/** Instances of which none came: more are not lost in the time of some segments, but begin again from another number, as by a clock. */
const FAR_AHEAD = 16
/** Media that goes back this long after a table did belongs to the same beginning, µs. */
const FOLLOW_US = 30_000_000

/** Content of an FDT instance: a digest of its text, and its end of validity. */
type SeenInstance = { readonly digest: number; readonly expiresUs: number | null }

/** One LCT channel of a FLUTE session, with the layouts of its symbols. */
export class FluteChannel {
  readonly channel: LctChannel
  readonly names: FluteNames
  /** Arrival of the first table. */
  firstTableUs = Number.NEGATIVE_INFINITY
  /** Newest content of each FDT instance. */
  readonly instances = new BoundedMap<number, SeenInstance>(MAX_INSTANCES)
  #newestInstance = -1
  #backUs = Number.NEGATIVE_INFINITY
  #reused = false
  /** A table says that no further files will be described. */
  complete = false
  /** FEC Encoding ID of its newest packet; -1 before the first. */
  scheme = -1
  /** Objects of which impossible sizes have been told, by key. */
  readonly oddSizes = new BoundedSet<number>(MAX_LAYOUTS)
  /** Objects whose table gave their symbols another size while they were on their way, by key. */
  readonly resized = new BoundedSet<number>(MAX_LAYOUTS)
  readonly #layouts = new BoundedMap<number, SymbolLayout>(MAX_LAYOUTS)
  #lastKey = Number.NaN
  #lastLayout: SymbolLayout | null = null

  constructor(channel: LctChannel, names: FluteNames) {
    this.channel = channel
    this.names = names
  }

  /** Layout of a packet's object: its own EXT_FTI overrides the table. */
  layoutFor(lct: LctPacket, key: number): SymbolLayout {
    if (lct.symbolLength >= 0) return this.#fromPacket(lct, key)
    if (key === this.#lastKey && this.#lastLayout !== null) return this.#lastLayout
    const known = this.#layouts.get(key) ?? this.names.layout(lct.toi, lct.codepoint)
    // A layout without sizes may become known at any time.
    if (known === null) return layoutOf(null, null, lct.transferLength, lct.codepoint)
    this.#lastKey = key
    this.#lastLayout = known
    return known
  }

  #fromPacket(lct: LctPacket, key: number): SymbolLayout {
    const last = key === this.#lastKey ? this.#lastLayout : null
    if (
      last !== null &&
      last.symbolLength === lct.symbolLength &&
      last.transferLength === lct.transferLength &&
      last.maxSourceBlock === lct.maxSourceBlock &&
      last.encodingId === lct.codepoint
    )
      return last
    const layout: SymbolLayout = {
      encodingId: lct.codepoint,
      transferLength: lct.transferLength,
      symbolLength: lct.symbolLength,
      maxSourceBlock: lct.maxSourceBlock,
      sourceBlocks: lct.sourceBlocks,
      subBlocks: lct.subBlocks,
      alignment: lct.alignment,
      symbolIdBits: lct.symbolIdBits,
    }
    this.#lastKey = key
    this.#lastLayout = layout
    this.#layouts.set(key, layout)
    return layout
  }

  /**
   * Takes the number of a table. Where it goes back to one that was used, for other content, or in a stream of segments goes back or far
   * ahead, the sender may have begun again: only then do TOIs that go back mean something, since they have few bits.
   * @param changed the number had other content
   * @returns whether its sender may have begun again
   */
  tookInstance(instance: number, changed: boolean, timeUs: number): boolean {
    const { channel, instances } = this
    const behind = this.#newestInstance < 0 ? 0 : (this.#newestInstance - instance + INSTANCES) % INSTANCES
    const isBack = behind > 0 && behind < INSTANCES / 2
    const isFarAhead = behind >= INSTANCES / 2 && INSTANCES - behind > FAR_AHEAD
    // Tables of a carousel take turns; those of a stream of segments do not.
    if ((isBack && changed) || ((isBack || isFarAhead) && channel.representation !== null)) this.#backUs = timeUs
    // The number of the only table has other content for the first time.
    else if (changed && behind === 0 && instances.size === 1 && !this.#reused) this.#backUs = timeUs
    if (changed) this.#reused = true
    if (!isBack || this.#backUs === timeUs) this.#newestInstance = instance
    const mayBegin = timeUs - this.#backUs < FOLLOW_US
    channel.toisGoRound = !mayBegin
    channel.tablesWentBack = mayBegin
    return mayBegin
  }

  /** Arrival of the table whose number went back or far ahead, of a sender that may have begun again, µs; before all time without one. */
  get tablesBackUs(): number {
    return this.#backUs
  }

  /** Its sender began again: numbers of tables count from there. */
  beganAgain(): void {
    this.#backUs = Number.NEGATIVE_INFINITY
    this.#reused = false
    this.channel.toisGoRound = true
    this.channel.tablesWentBack = false
    this.instances.clear()
  }

  /**
   * Takes a table of files.
   * @param sinceUs time of its first packet
   * @returns TOIs that now mean other content
   */
  addTable(table: Fdt, sinceUs: number): Toi[] {
    const open = table.files.flatMap(({ toi }) => (this.channel.openObject(toi) === null ? [] : [toi]))
    const before = open.map((toi) => this.names.layout(toi, 0)?.symbolLength)
    const changed = this.names.addTable(table, sinceUs)
    for (const [index, toi] of open.entries()) {
      const [was = -1, is = -1] = [before[index], this.names.layout(toi, 0)?.symbolLength]
      if (was >= 0 && is >= 0 && was !== is) this.resized.add(toi)
    }
    this.#dropLayouts(changed)
    return changed
  }

  /** A table arrived: remembered layouts of these TOIs may be wrong now. */
  #dropLayouts(tois: readonly number[]): void {
    this.#lastKey = Number.NaN
    this.#lastLayout = null
    for (const toi of tois) this.#layouts.delete(toi)
  }
}
