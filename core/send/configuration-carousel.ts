import { sameBytes } from '#platform'
import { asTsi, type Toi } from '../contract/ids.ts'
import type { EmitContext, Emitter, PacketSender } from './emitter.ts'
import { type FluteEntry, FluteTransmission } from './flute-transmission.ts'

/** TSI of the configuration, as GPAC's. */
export const CONFIGURATION_TSI = asTsi(1)

/** A file of the carousel before it has a TOI. */
export type CarouselFile = Omit<FluteEntry, 'toi' | 'digest'>

/**
 * The multicast gateway configuration transport session of DVB-MABR (ETSI TS 103 769 clause 10.2.4, Annex F): repeats the
 * configuration, the manifests and the initialisation segments with their table. A file that changes is sent at once, under
 * another TOI.
 */
export class ConfigurationCarousel implements Emitter {
  nextUs: number
  readonly #session: FluteTransmission
  readonly #periodUs: number
  readonly #digests: boolean
  readonly #files = new Map<string, FluteEntry>()

  /** @param digests the table has the files' MD5 */
  constructor(sender: PacketSender, startUs: number, periodUs: number, digests: boolean) {
    this.nextUs = startUs
    this.#session = new FluteTransmission(CONFIGURATION_TSI, sender, startUs)
    this.#periodUs = periodUs
    this.#digests = digests
  }

  /** Adds a file, or another content of one, and sends neither. @returns whether it is new */
  put(file: CarouselFile): boolean {
    const old = this.#files.get(file.name)
    if (old !== undefined && sameBytes(old.bytes, file.bytes)) return false
    this.#files.set(file.name, { ...file, toi: this.#freeToi(), digest: this.#digests })
    return true
  }

  #freeToi(): Toi {
    const taken = new Set([...this.#files.values()].map(({ toi }) => toi))
    let toi = this.#session.nextToi()
    while (taken.has(toi)) toi = this.#session.nextToi()
    return toi
  }

  /** Replaces files that have changed, and sends those at once with their table. */
  renew(files: readonly CarouselFile[], context: EmitContext): void {
    const changed = files.filter((file) => this.put(file))
    if (changed.length === 0) return
    this.#session.nextInstance()
    const all = [...this.#files.values()]
    this.#session.sendTable(all, context)
    for (const { name } of changed) this.#session.sendWhole(this.#files.get(name) as FluteEntry, context)
  }

  resume(nowUs: number): void {
    this.nextUs = Math.max(this.nextUs, nowUs)
  }

  send(context: EmitContext): boolean {
    this.#sendAll(context, false)
    this.nextUs += this.#periodUs
    return true
  }

  /** Sends all once more, and closes the session. */
  end(context: EmitContext): void {
    this.#sendAll(context, true)
    this.nextUs = Number.POSITIVE_INFINITY
  }

  #sendAll(context: EmitContext, endsSession: boolean): void {
    const all = [...this.#files.values()]
    this.#session.sendTable(all, context)
    for (const [at, file] of all.entries()) this.#session.sendWhole(file, context, endsSession && at === all.length - 1)
  }
}
