import { asTsi } from '../contract/ids.ts'
import type { EmitContext, Emitter, PacketSender } from './emitter.ts'
import { FluteTransmission } from './flute-transmission.ts'
import { type CarouselFile, RepeatedFiles } from './repeated-files.ts'

/** TSI of the configuration, as GPAC's. */
export const CONFIGURATION_TSI = asTsi(1)

/**
 * The multicast gateway configuration transport session of DVB-MABR (ETSI TS 103 769 clause 10.2.4, Annex F): repeats the
 * configuration, the manifests and the initialisation segments with their table. A file that changes is sent at once, under
 * another TOI.
 */
export class ConfigurationCarousel implements Emitter {
  nextUs: number
  readonly #session: FluteTransmission
  readonly #periodUs: number
  readonly #files: RepeatedFiles
  readonly #configuration: () => CarouselFile

  /**
   * @param digests the table has the files' MD5
   * @param configuration asked for each round: services come and go
   */
  constructor(
    sender: PacketSender,
    startUs: number,
    periodUs: number,
    digests: boolean,
    configuration: () => CarouselFile,
  ) {
    this.nextUs = startUs
    this.#session = new FluteTransmission(CONFIGURATION_TSI, sender, startUs)
    this.#periodUs = periodUs
    this.#files = new RepeatedFiles(this.#session, digests)
    this.#configuration = configuration
  }

  /** Adds a file before the first round. */
  put(file: CarouselFile): void {
    this.#files.put(file)
  }

  /** Repeats files no more, from the next table on. */
  drop(names: readonly string[]): void {
    this.#files.drop(names)
  }

  /** Replaces files that have changed, and sends those at once with their table. */
  renew(files: readonly CarouselFile[], context: EmitContext): void {
    const changed = files.filter((file) => this.#files.put(file))
    if (changed.length === 0) return
    this.#session.nextInstance()
    const all = this.#files.entries
    this.#session.sendTable(all, context)
    for (const entry of all)
      if (changed.some(({ name }) => name === entry.name)) this.#session.sendWhole(entry, context)
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
    if (this.#files.put(this.#configuration())) this.#session.nextInstance()
    const all = this.#files.entries
    this.#session.sendTable(all, context)
    for (const [at, file] of all.entries()) this.#session.sendWhole(file, context, endsSession && at === all.length - 1)
  }
}
