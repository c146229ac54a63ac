import { CodecError } from '../../bytes/codec-error.ts'
import type { Toi, Tsi } from '../../contract/ids.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { ChannelFacts, SlsFragment } from '../../flow/facts.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { type FdtFile, parseFdt } from '../../protocol/flute/fdt.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { NEVER_NTP, NTP_TO_UNIX_S } from '../../protocol/ntp.ts'
import { resolveCodepoint } from '../../protocol/route/codepoint.ts'
import { isReservedToi } from '../../protocol/route/toi-plan.ts'
import { parseStsid, type Stsid } from '../../protocol/sls/s-tsid.ts'
import { manifestKind } from '../../receive/lct/channel-names.ts'
import type { ObjectColumns } from '../columns/object-columns.ts'
import { RecentRows } from './recent-rows.ts'

const MAX_CHANNELS = 1024
const MAX_FILES = 4096
/** Bound on remembered expiries of a channel's files. */
const MAX_EXPIRES = 1024
/** Rounds of a carousel made by one listed file while another never began. */
const ROUNDS = 2

type ListedFile = {
  readonly entry: FdtFile
  /** Row of the object that carried it, -1 before. */
  row: number
  /** Its repeats when the table arrived. */
  repeats: number
}

type Table = {
  readonly files: Map<number, ListedFile>
  readonly sinceUs: number
  /** Null: never. */
  readonly expiresUs: number | null
  /** Files neither begun nor reported. */
  absent: number
  /** Its channel; null before that has packets. */
  channel: ChannelFacts | null
  /** An object of the channel began, or the channel was there before the table. */
  arrives: boolean
}

/** Listed files of one channel without packets. */
export type AbsentFiles = {
  readonly channel: ChannelFacts
  readonly files: readonly FdtFile[]
  readonly sinceUs: number
  /** Null: never. */
  readonly expiresUs: number | null
  /** Other files of the channel were repeated meanwhile. */
  readonly wentRound: boolean
}

/**
 * Finds files listed in a file table (in the S-TSID or separate) that never arrive: once the table has expired, or
 * another file of the channel has made two more rounds of the carousel. A channel without packets proves nothing.
 */
export class MissingFiles {
  readonly #columns: ObjectColumns
  readonly #channels: readonly ChannelFacts[]
  /** By `destination tsi`. */
  readonly #tables = new Map<string, Table>()
  readonly #channelOf = new Map<string, ChannelFacts>()
  /** By the same, and TOI. */
  readonly #expires = new Map<string, BoundedMap<number, number>>()
  /** Files may arrive before their table: FLUTE may send a table with each file. */
  readonly #recent = new RecentRows()

  constructor(columns: ObjectColumns, channels: readonly ChannelFacts[]) {
    this.#columns = columns
    this.#channels = channels
  }

  channelSeen(channel: ChannelFacts): void {
    if (channel.carrier.kind !== 'lct') return
    const key = `${channel.destination} ${channel.carrier.tsi}`
    this.#channelOf.set(key, channel)
    const table = this.#tables.get(key)
    if (table !== undefined) table.channel = channel
  }

  /** @param own destination of the service's SLS, the default of an S-TSID */
  slsFragment(fragment: SlsFragment, own: string | null, timeUs: number): void {
    try {
      if (fragment.type === 'S-TSID')
        this.#stsid(fragment.document?.by(parseStsid) ?? parseStsid(fragment.bytes), own, timeUs)
      else if (fragment.channel !== undefined) {
        const channel = this.#channels[fragment.channel]
        if (channel?.carrier.kind !== 'lct') return
        const table = fragment.document?.by(parseFdt) ?? parseFdt(fragment.bytes)
        this.#listed(
          channel.destination,
          channel.carrier.tsi,
          table.files,
          table.instanceExpiresNtp,
          timeUs,
          fragment.type === 'FDT',
        )
      }
    } catch (thrown) {
      // The receiver raises an alarm about it.
      if (!(thrown instanceof CodecError)) throw thrown
    }
  }

  #stsid(stsid: Stsid, own: string | null, timeUs: number): void {
    for (const session of stsid.sessions) {
      const { destinationAddress, destinationPort, channels } = session
      const destination =
        destinationAddress !== null && destinationPort !== null
          ? formatDestination(destinationAddress, destinationPort)
          : own
      if (destination === null) continue
      for (const { tsi, source } of channels) {
        if (source?.efdt == null) continue
        this.#listed(destination, tsi, source.efdt.files, source.efdt.instanceExpiresNtp, timeUs)
      }
    }
  }

  #listed(
    destination: string,
    tsi: Tsi,
    files: readonly FdtFile[],
    expiresNtp: number | null,
    timeUs: number,
    mayBeOver = false,
  ): void {
    const key = `${destination} ${tsi}`
    this.#tables.delete(key)
    if (files.length === 0 || this.#tables.size >= MAX_CHANNELS) return
    const expiresUs = expiresNtp === null || expiresNtp >= NEVER_NTP ? null : (expiresNtp - NTP_TO_UNIX_S) * 1e6
    const table: Table = {
      files: new Map(),
      sinceUs: timeUs,
      // The expiry of an already expired table proves nothing; files of a FLUTE table may have been sent before
      // reception began.
      expiresUs: expiresUs !== null && expiresUs > timeUs && !mayBeOver ? expiresUs : null,
      absent: 0,
      channel: this.#channelOf.get(key) ?? null,
      arrives: false,
    }
    for (const file of files.slice(0, MAX_FILES)) {
      table.files.set(file.toi, { entry: file, row: -1, repeats: 0 })
      this.#expire(key, file.toi, expiresUs !== null && expiresUs > timeUs ? expiresUs : null)
    }
    if (table.channel !== null) {
      table.arrives = true
      this.#findRows(table, table.channel.index)
    }
    for (const { row } of table.files.values()) if (row < 0) table.absent++
    this.#tables.set(key, table)
  }

  /** Listed files of channels with packets that have neither begun nor counted as missing. */
  get awaited(): number {
    let awaited = 0
    for (const table of this.#tables.values()) if (table.arrives) awaited += Math.max(0, table.absent)
    return awaited
  }

  /** Expiry of a file's entry, stream µs; null where it has none, or is unknown. */
  expiresUs(destination: string, tsi: Tsi, toi: Toi): number | null {
    return this.#expires.get(`${destination} ${tsi}`)?.get(toi) ?? null
  }

  /** A newer table may list other files; those of the older stay valid. */
  #expire(key: string, toi: Toi, expiresUs: number | null): void {
    let expires = this.#expires.get(key)
    if (expires === undefined) {
      if (expiresUs === null || this.#expires.size >= MAX_CHANNELS) return
      expires = new BoundedMap(MAX_EXPIRES)
      this.#expires.set(key, expires)
    }
    if (expiresUs === null) expires.delete(toi)
    else expires.set(toi, expiresUs)
  }

  /** Finds listed files that arrived before their table. */
  #findRows(table: Table, channel: number): void {
    const { values } = this.#columns
    for (const [toi, file] of table.files) {
      const row = this.#recent.find(values, channel, toi)
      if (row < 0) continue
      file.row = row
      file.repeats = values.repeats[row] as number
    }
  }

  objectBegun(object: FlowObject): void {
    const { carrier } = object
    if (carrier.kind !== 'lct') return
    this.#recent.add(object.index, object.channel, carrier.toi)
    if (this.#tables.size === 0) return
    const file = this.#tables.get(`${object.destination} ${carrier.tsi}`)
    if (file === undefined) return
    file.arrives = true
    const listed = file.files.get(carrier.toi)
    if (listed === undefined) return
    if (listed.row < 0) file.absent--
    listed.row = object.index
    listed.repeats = 0
  }

  /** Files certain to be missing now, each once. */
  expired(timeUs: number): AbsentFiles[] {
    const found: AbsentFiles[] = []
    for (const table of this.#tables.values()) {
      if (table.absent <= 0 || table.channel === null) continue
      const { channel } = table
      const expired = table.expiresUs !== null && timeUs > table.expiresUs
      const wentRound = this.#wentRound(table)
      if (!expired && !wentRound) continue
      const absent = [...table.files.values()].filter(({ row }) => row < 0)
      table.absent = 0
      const { sinceUs, expiresUs } = table
      found.push({ channel, files: absent.map(({ entry }) => entry), sinceUs, expiresUs, wentRound })
    }
    return found
  }

  #wentRound(table: Table): boolean {
    const { repeats, codepoint } = this.#columns.values
    for (const { entry, row, repeats: before } of table.files.values()) {
      if (row < 0 || (repeats[row] as number) - before < ROUNDS) continue
      // Initialisation segments and playlists are repeated between segments, each of which is sent once.
      const isBetween = isReservedToi(entry.toi) || resolveCodepoint(codepoint[row] as number).isInit
      if (!isBetween && manifestKind(entry.contentLocation, entry.contentType) === null) return true
    }
    return false
  }
}
