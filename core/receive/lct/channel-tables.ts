import { asToi, type Toi } from '../../contract/ids.ts'
import type { FdtFile } from '../../protocol/flute/fdt.ts'
import type { ChannelEvents, ObjectContext } from '../object/channel-events.ts'
import type { KnownObjects } from '../object/known-objects.ts'
import { type CountedHome, isReplaceable, type OpenObjects } from '../object/open-objects.ts'
import { SIZE_SOURCE, type TransportObject } from '../object/transport-object.ts'
import type { ChannelNames } from './channel-names.ts'

/** What tables change of the objects of a channel: their names, their lengths, and what their TOIs mean. */
export class ChannelTables<Channel extends CountedHome> {
  readonly #context: ObjectContext
  readonly #events: ChannelEvents<Channel>
  readonly #names: ChannelNames
  readonly #open: OpenObjects<Channel>
  readonly #known: KnownObjects

  constructor(
    context: ObjectContext,
    events: ChannelEvents<Channel>,
    names: ChannelNames,
    open: OpenObjects<Channel>,
    known: KnownObjects,
  ) {
    this.#context = context
    this.#events = events
    this.#names = names
    this.#open = open
    this.#known = known
  }

  /** A table gives a TOI other content: its next packet begins a new object, unless the table only describes the open one anew. */
  replaced(toi: Toi, timeUs: number): void {
    const done = this.#known.get(toi)
    if (done !== undefined) this.#known.remove(done)
    const object = this.#open.get(toi)
    if (object === undefined) return
    const { prefix, highest } = object.ranges
    const isMidway = object.state === 'receiving' && prefix === highest && prefix > 0
    if (isMidway && !isReplaceable(object) && this.#names.listedName(toi) === object.name) {
      object.relisted = this.#names.transferLength(toi)
      if (object.relisted >= 0) return
    }
    this.#open.lose(object, 'partial', timeUs)
    this.#open.remove(object)
  }

  /**
   * A table came: objects on their way whose TOI or name it gives to other content are superseded.
   * @param changed TOIs that mean other content than before
   */
  listed(files: readonly Pick<FdtFile, 'toi' | 'contentLocation'>[], changed: readonly Toi[], timeUs: number): void {
    const arriving = new Map<string, TransportObject>()
    for (const object of this.#open.values())
      if (object.state === 'receiving' && object.name !== null) arriving.set(object.name, object)
    if (arriving.size === 0) return
    for (const { toi, contentLocation } of files) {
      const named = arriving.get(contentLocation)
      if (named !== undefined && named.toi !== toi && named.firstTimeUs < timeUs) named.supersededUs = timeUs
    }
    for (const toi of changed) {
      const object = this.#open.get(toi)
      if (object !== undefined) object.supersededUs = timeUs
    }
  }

  /**
   * Names or lengths became known: checks open objects again.
   * @param files that a table lists; absent: any
   */
  namesChanged(timeUs: number, files?: readonly { readonly toi: Toi }[]): void {
    for (const done of files === undefined ? this.#known.all : this.#known.among(files)) {
      const listed = this.#names.listedName(asToi(done.key))
      // The TOI now means another file; its next transmission is a new object.
      if (listed !== null && done.name !== null && listed !== done.name) this.#known.remove(done)
    }
    for (const object of [...this.#open.values()]) {
      const named = object.name
      this.#names.resolve(object)
      if (object.sizeSource < SIZE_SOURCE.file) {
        const listed = this.#names.transferLength(object.toi)
        if (listed >= object.ranges.highest && listed <= this.#context.limits.objectBytes) {
          object.length = listed
          object.sizeSource = SIZE_SOURCE.file
        }
      }
      if (object.name !== null) {
        // It may have had its name before its service: each is told once.
        if (object.state === 'receiving') this.#events.begun(object)
        else if (named === null) this.#context.observer.objectNamed(object)
      }
      if (object.whole) this.#open.finish(object, timeUs)
    }
  }
}
