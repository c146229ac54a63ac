import { asToi } from '../../contract/ids.ts'
import { oldestKey } from '../../flow/bounded-map.ts'
import type { CarrierPlace } from '../../flow/carriers.ts'
import type { FecFault } from '../../flow/findings.ts'
import { fecSchemeName } from '../../protocol/fec/fec-scheme.ts'
import type { SymbolLayout } from '../../protocol/flute/fec-oti.ts'
import type { SourcePacket } from '../lct/source-packet.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { FecChannel, FecContext, FecSession, RepairKeeper } from './fec-context.ts'
import { memberOf, type SolverInput } from './fec-solver.ts'
import { GRACE_US, MAX_SUPER_OBJECTS, SuperObject } from './super-object.ts'

const RAPTORQ = 6

/** A FLUTE session from the view of its repair symbols. */
export type FluteRepairHost = Pick<FecSession, 'destination' | 'found'>

/**
 * Repair symbols of one FLUTE channel. They have the TSI and TOI of the object they protect, and symbol ids from K on
 * (RFC 6330 §3.2). Objects have no size field here; the last symbol is padded with zeros.
 */
export class FluteRepair implements RepairKeeper {
  readonly #context: FecContext
  readonly #session: FluteRepairHost
  readonly #channel: FecChannel
  readonly #objects = new Map<number, SuperObject>()
  readonly #layouts = new Map<SuperObject, SymbolLayout>()
  /** Packets of a scheme without a decoder. */
  #unsupported = 0

  constructor(context: FecContext, session: FluteRepairHost, channel: FecChannel) {
    this.#context = context
    this.#session = session
    this.#channel = channel
  }

  /** Takes one packet of repair symbols under the channel's key of its object. */
  symbols(key: number, layout: SymbolLayout, sbn: number, esi: number, packet: SourcePacket): void {
    const { bytes, from, end, timeUs, frame } = packet
    if (layout.encodingId !== RAPTORQ || layout.subBlocks > 1) {
      if (this.#unsupported++ > 0) return
      const { encodingId, subBlocks } = layout
      if (encodingId === RAPTORQ) this.#fault({ fec: 'sub-blocks', subBlocks }, timeUs, frame)
      else this.#fault({ fec: 'scheme', scheme: fecSchemeName(encodingId) }, timeUs, frame)
      return
    }
    const open = this.#channel.openObject(key)
    // They are packets of the object too: while they arrive it is not over.
    if (open !== null) open.lastTimeUs = timeUs
    else if (this.#channel.doneObject(key)?.complete === true) return
    const object = this.#objects.get(key) ?? this.#begin(key, timeUs, frame)
    if (open !== null && object.sources[0] !== undefined && object.sources[0] !== open.index) {
      this.#context.shrank(object.reset(this.#context.pool))
    }
    if (open !== null) object.sources[0] = open.index
    object.lastTimeUs = timeUs
    this.#layouts.set(object, layout)
    if (object.settled) return
    let added = object.symbols.add(sbn, esi, bytes, from, end)
    if (added < 0 && this.#context.makeRoom(object, timeUs)) added = object.symbols.add(sbn, esi, bytes, from, end)
    if (added <= 0) return
    this.#context.grew(object, added, timeUs)
    if (object.symbols.bytes > this.#context.maxDecodedBytes) {
      object.settled = true
      object.obstacle = `more than ${this.#context.maxDecodedBytes} bytes of repair symbols`
    } else if (object.isDue(timeUs)) {
      this.#check(key, object, timeUs, false)
    }
  }

  #begin(key: number, timeUs: number, frame: number): SuperObject {
    const oldest = this.#objects.size >= MAX_SUPER_OBJECTS ? oldestKey(this.#objects) : undefined
    if (oldest !== undefined) this.drop(this.#objects.get(oldest) as SuperObject)
    const object = new SuperObject(this.#context.pool, asToi(key), timeUs, frame)
    this.#objects.set(key, object)
    this.#context.begun()
    return object
  }

  #check(key: number, object: SuperObject, timeUs: number, final: boolean): void {
    const layout = this.#layouts.get(object)
    if (object.settled || layout === undefined) return
    const open = this.#channel.openObject(key)
    if (open !== null && !final && !this.#isOver(open, object, timeUs)) return
    const { transferLength, symbolLength } = layout
    const symbols = Math.ceil(transferLength / symbolLength)
    const blocks = layout.maxSourceBlock > 0 ? Math.ceil(symbols / layout.maxSourceBlock) : 1
    const member = {
      symbols,
      length: transferLength,
      ranges: open?.ranges ?? null,
      read: (from: number, to: number) => open?.bytes(from, to) ?? new Uint8Array(to - from),
      sizeField: false,
    }
    const input: SolverInput = {
      members: [member],
      symbolBytes: symbolLength,
      sourceBlocks: layout.sourceBlocks > 0 ? layout.sourceBlocks : blocks,
      repair: object.symbols,
      maxBytes: this.#context.maxDecodedBytes,
    }
    const begun = this.#context.elapsedUs()
    const solution = object.attempt(input, timeUs, this.#context.decoding)
    if (solution === null) return
    if (typeof solution === 'string') {
      this.#fault({ fec: 'sizes', reason: solution }, timeUs, object.frame)
      object.settled = true
      object.obstacle = solution
      return
    }
    this.#channel.fec.decodeUs += this.#context.elapsedUs() - begun
    if (solution.wrong.length > 0) {
      const reason = 'its repair symbols do not match the received bytes'
      const carrier = { kind: 'lct', tsi: this.#channel.tsi, toi: asToi(key) } as const
      this.#fault({ fec: 'mismatch', reason }, timeUs, object.frame, carrier)
      object.settled = true
      object.obstacle = reason
      return
    }
    if (solution.recovered === 0) return
    const decoded = memberOf(solution, member, 0, symbolLength)
    if (decoded === null) return
    this.#channel.fec.recoveredSymbols += solution.recovered
    const whole = decoded.ranges.length === 1 && decoded.ranges[0]?.[0] === 0 && decoded.ranges[0][1] === transferLength
    if (open === null && (!whole || key < 0)) return
    const { bytes } = solution
    this.#channel.restore(
      open,
      asToi(key),
      { length: transferLength, bytes, ranges: decoded.ranges },
      timeUs,
      object.frame,
    )
    if (whole) this.drop(object)
  }

  /** True where its source symbols have ended: the sender is at another object, or at its repair symbols. */
  #isOver(open: TransportObject, object: SuperObject, timeUs: number): boolean {
    const sourceOver =
      open.state !== 'receiving' ||
      open.endingSinceUs >= 0 ||
      timeUs - open.lastTimeUs >= this.#context.reorderUs ||
      (open.length >= 0 && open.ranges.highest >= open.length) ||
      // One packet more than is missing: senders that mix both kinds are rare, and lose nothing here.
      object.symbols.bytes > open.length - open.ranges.total
    if (sourceOver && timeUs - object.firstTimeUs >= Math.min(GRACE_US, this.#context.reorderUs)) return true
    return object.waitForMore(timeUs)
  }

  sourceComplete(object: TransportObject): void {
    const kept = this.#objects.get(object.key)
    if (kept !== undefined) this.drop(kept)
  }

  explain(lost: TransportObject): string | null {
    const object = this.#objects.get(lost.key)
    return object === undefined ? null : (object.obstacle ?? 'its source packets had not ended')
  }

  get oldest(): SuperObject | null {
    for (const object of this.#objects.values()) if (object.symbols.bytes > 0) return object
    return null
  }

  drop(object: SuperObject): void {
    this.#context.shrank(object.reset(this.#context.pool))
    object.symbols.release()
    this.#layouts.delete(object)
    if (this.#objects.delete(object.toi)) this.#context.dropped()
  }

  /** Whole objects are not kept: each is protected by itself. */
  evictKept(): boolean {
    return false
  }

  limitReached(most: number, timeUs: number): void {
    const hit = { limit: 'repair-symbols', most, flow: 'flute' } as const
    this.#session.found({ kind: 'limit', hit }, this.#channel.carrier, timeUs, 0)
  }

  tick(timeUs: number, final: boolean): void {
    for (const [key, object] of this.#objects) {
      if (final || this.#context.decoding.look(1)) this.#check(key, object, timeUs, final)
      if (timeUs - object.lastTimeUs > this.#context.keepUs && this.#objects.get(key) === object) this.drop(object)
    }
  }

  clear(): void {
    for (const object of [...this.#objects.values()]) this.drop(object)
  }

  #fault(fault: FecFault, timeUs: number, frame: number, carrier: CarrierPlace = this.#channel.carrier): void {
    this.#session.found({ kind: 'fecFault', flow: 'flute', fault }, carrier, timeUs, frame)
  }
}
