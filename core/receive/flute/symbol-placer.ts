import type { BadDatagram } from '../../flow/datagrams.ts'
import type { FindingFacts, LimitHit } from '../../flow/findings.ts'
import { fecSchemeName } from '../../protocol/fec/fec-scheme.ts'
import {
  isKnownScheme,
  NO_PLACE,
  payloadIdBlock,
  payloadIdBytes,
  payloadIdSymbol,
  type SymbolLayout,
  subSymbolBytes,
  subSymbolOffset,
  subSymbolStart,
  symbolFault,
  symbolOffset,
} from '../../protocol/flute/fec-oti.ts'
import type { FindingHost } from '../context/finding-host.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { LctChannel } from '../lct/lct-channel.ts'
import { objectKey } from '../lct/object-key.ts'
import type { SourcePacket } from '../lct/source-packet.ts'
import type { EarlyPackets } from './early-packets.ts'
import type { FluteChannel } from './flute-channel.ts'
import { readWholeTable } from './flute-objects.ts'

/** More sub-blocks are no sensible division of a symbol. */
const MAX_SUB_BLOCKS = 256

/** In objects up to this length symbol ids do not wrap, even with symbols of one byte. */
const WRAPPING_BYTES = 65_536

/** A FLUTE session from the view of the symbols of its packets. */
export interface SymbolHost extends FindingHost {
  readonly destination: string
  badPacket(bad: BadDatagram): void
  limitReached(hit: LimitHit, channel: LctChannel, timeUs: number, frame: number): void
}

/** Finds out where the symbols of a FLUTE session's packets belong in their objects. */
export class SymbolPlacer {
  readonly #context: ReceiveContext
  readonly #host: SymbolHost
  readonly #early: EarlyPackets

  constructor(context: ReceiveContext, host: SymbolHost, early: EarlyPackets) {
    this.#context = context
    this.#host = host
    this.#early = early
  }

  /**
   * Finds the place of a packet's symbols, and passes them to the channel.
   * @param assumed layout of objects whose table was lost; null where there is a table, or may be
   */
  place(state: FluteChannel, source: SourcePacket, assumed: SymbolLayout | null): void {
    const { lct: packet, bytes, start, end, timeUs, frame } = source
    const { channel } = state
    const headerEnd = start + packet.headerBytes
    if (packet.toi === 0 && packet.fdtInstance < 0 && headerEnd !== end) {
      this.#bad('flute-no-instance', channel, source, 'TOI 0 without EXT_FDT, which has the number of the instance')
      return
    }
    const key = objectKey(packet)
    const layout = assumed ?? state.layoutFor(packet, key)
    const from = headerEnd + payloadIdBytes(layout.encodingId)
    if (from > end) {
      if (headerEnd !== end) {
        this.#bad('fec-payload-id', channel, source, `${end - headerEnd} bytes where the FEC Payload ID is expected`)
      } else if (state.names.transferLength(packet.toi) === 0) {
        // An object without bytes needs no payload id either.
        source.offset = 0
        source.from = end
        channel.packet(source)
      } else {
        channel.headerOnly(packet, source.sender, end - start, timeUs, frame)
      }
      return
    }
    const { encodingId, symbolIdBits } = layout
    if (layout.symbolLength === 0 || layout.maxSourceBlock === 0) this.#zeroSize(state, source, layout, key)
    if (encodingId !== state.scheme) {
      state.scheme = encodingId
      if (!isKnownScheme(encodingId))
        this.#host.found({ kind: 'fecSchemeUnknown', encodingId }, channel.carrier, timeUs, frame)
    }
    const sbn = payloadIdBlock(encodingId, symbolIdBits, bytes, headerEnd)
    const esi = payloadIdSymbol(encodingId, symbolIdBits, bytes, headerEnd)
    const near = layout.transferLength > WRAPPING_BYTES ? (channel.openObject(key)?.cursor ?? 0) : 0
    const offset = symbolOffset(layout, sbn, esi, near)
    if ((end - from) % layout.symbolLength > 0 && isNoLast(layout, offset, end - from)) {
      source.from = from
      this.#otherSize(state, source, layout, key, offset)
    } else if (offset === NO_PLACE.none && state.oddSizes.has(key)) {
      channel.count(end - start, timeUs)
    } else if (offset >= 0) {
      if (packet.toi === 0 && packet.transferLength < 0) readWholeTable(packet, bytes, from, end)
      // The last symbol of an object may be padded to its full length.
      const over = layout.transferLength < 0 ? 0 : offset + end - from - layout.transferLength
      source.offset = offset
      source.from = from
      if (over > 0 && over < layout.symbolLength && offset < layout.transferLength) source.end = end - over
      // Only the last symbol of an object is shorter than the others.
      if (layout.transferLength < 0 && layout.symbolLength > 0 && (end - from) % layout.symbolLength !== 0)
        source.objectEnd = offset + end - from
      if (state.resized.size > 0 && state.resized.has(key)) takeResized(channel, source, key)
      else channel.packet(source)
    } else if (offset === NO_PLACE.unknown) {
      channel.count(end - start, timeUs)
      const open = channel.openObject(key)
      if (open !== null) {
        open.awaitsTable = true
        open.lastTimeUs = timeUs
      }
      if (assumed === null && !this.#early.keep(channel.tsi, source))
        this.#host.limitReached({ limit: 'quarantine', of: 'packets' }, channel, timeUs, frame)
    } else if (offset === NO_PLACE.repair) {
      channel.repairPackets++
      channel.fec.repairBytes += end - start
      channel.count(end - start, timeUs)
      if (!channel.admitsOther(source.sender, timeUs)) return
      const repair = this.#context.fec?.fluteRepairOf(this.#host, channel)
      source.from = from
      if (repair !== undefined) repair.symbols(key, layout, sbn, esi, source)
      else if (channel.repairPackets === 1) {
        const scheme = fecSchemeName(layout.encodingId)
        const carrier = { kind: 'lct', tsi: channel.tsi, toi: packet.toi } as const
        this.#host.found({ kind: 'repairSymbolsUnused', scheme }, carrier, timeUs, frame)
      }
    } else if (offset === NO_PLACE.scattered) {
      this.#scatter(channel, source, layout, sbn, esi, from)
    } else if (offset === NO_PLACE.zero) {
      channel.count(end - start, timeUs)
    } else {
      const open = channel.openObject(key)
      // It goes on beyond the length that its table has now.
      if (open !== null && open.relisted >= 0) open.sendersFault = true
      this.#bad('flute-symbol', channel, source, symbolFault(layout, sbn, esi))
    }
  }

  /** Takes source symbols of several sub-blocks, whose bytes are in as many places of the object. */
  #scatter(
    channel: LctChannel,
    source: SourcePacket,
    layout: SymbolLayout,
    sbn: number,
    esi: number,
    from: number,
  ): void {
    const { symbolLength, subBlocks, alignment, transferLength } = layout
    const { end } = source
    if (subBlocks > MAX_SUB_BLOCKS || symbolLength % alignment !== 0 || subBlocks * alignment > symbolLength) {
      const what = `symbols of ${symbolLength} bytes in N = ${subBlocks} sub-blocks, with an alignment of ${alignment}`
      this.#bad('flute-sub-blocks', channel, source, what)
      return
    }
    channel.count(end - source.start, source.timeUs)
    let first = true
    for (let at = from, symbol = esi; at < end; at += symbolLength, symbol++) {
      if (symbolOffset(layout, sbn, symbol, 0) !== NO_PLACE.scattered) break
      for (let sub = 0; sub < subBlocks; sub++) {
        source.offset = subSymbolOffset(layout, sbn, symbol, sub)
        source.from = at + subSymbolStart(layout, sub)
        // The last symbols of an object are padded, or cut short.
        const bytes = Math.min(subSymbolBytes(layout, sub), end - source.from, transferLength - source.offset)
        if (bytes <= 0) continue
        source.end = source.from + bytes
        channel.piece(source, first)
        first = false
      }
    }
    source.end = end
  }

  /** Counts a packet that cannot be read. */
  #bad(code: string, channel: LctChannel, source: SourcePacket, what: string): void {
    const { lct, bytes, start, end, timeUs, frame } = source
    channel.count(end - start, timeUs)
    const where = `TSI ${channel.tsi}, TOI ${lct.wideToi ?? lct.toi}`
    this.#host.badPacket({ code, what: `${where}: ${what}`, bytes, start, end, timeUs, frame })
  }

  /** The sender gives a size of 0. */
  #zeroSize(state: FluteChannel, source: SourcePacket, layout: SymbolLayout, key: number): void {
    const { lct } = source
    const size = layout.symbolLength === 0 ? 'symbol size' : 'source block length'
    const name = state.names.listedName(lct.toi)
    this.#oddSize(state, source, key, { kind: 'zeroSize', size, inHeader: lct.symbolLength >= 0, name })
  }

  /**
   * A packet has symbols of another size than those of its object: where they belong is not known.
   * @param offset where they would begin
   */
  #otherSize(state: FluteChannel, source: SourcePacket, layout: SymbolLayout, key: number, offset: number): void {
    const { channel, names } = state
    const { lct, from, end } = source
    const came = end - from
    // An object of its own all the same, which lacks these bytes; or it goes on with one that its table describes anew.
    source.offset = channel.openObject(key)?.ranges.highest === offset ? offset : 0
    source.from = end
    channel.packet(source)
    const [told, name] = [layout.symbolLength, names.listedName(lct.toi)]
    this.#oddSize(state, source, key, { kind: 'symbolSizeOther', told, came, inHeader: lct.symbolLength >= 0, name })
  }

  /** What an object lacks is the fault of its sender; why is told once for each. */
  #oddSize(state: FluteChannel, { lct, timeUs, frame }: SourcePacket, key: number, facts: FindingFacts): void {
    const { tsi } = state.channel
    const object = state.channel.openObject(key)
    if (object !== null) object.sendersFault = true
    if (state.oddSizes.has(key)) return
    state.oddSizes.add(key)
    const { toi, wideToi } = lct
    this.#host.found(facts, { kind: 'lct', tsi, toi, ...(wideToi === null ? {} : { wideToi }) }, timeUs, frame)
  }
}

/**
 * True where symbols that are no multiple of their size are not the last ones of an object, which alone may be shorter.
 * @param offset where they would begin, or a `NO_PLACE`
 */
function isNoLast({ transferLength, symbolLength }: SymbolLayout, offset: number, count: number): boolean {
  if (transferLength < 0 || offset < 0) return false
  return offset + count < transferLength || (offset + count > transferLength && count > symbolLength)
}

/** Takes symbols of an object whose table gave them another size meanwhile: where they contradict its bytes, its sender contradicts itself. */
function takeResized(channel: LctChannel, source: SourcePacket, key: number): void {
  const before = channel.openObject(key)
  channel.packet(source)
  const now = channel.openObject(key)
  if (now !== null && before !== null && now !== before) now.sendersFault = true
}
