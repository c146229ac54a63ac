import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { RepairSnapshot } from '../../contract/snapshot.ts'
import type { HttpRepair } from '../../repair/http-repair.ts'
import { RepairStage, type RepairStageOptions } from '../../repair/repair-stage.ts'

/** Fetching goes on so long after the end of a capture, and when a session is ended by its duration or by silence, ms. */
const CAPTURE_END_MS = 60_000
const STOPPED_MS = 2000

/** What becomes of lost objects in one session: the stage before the sinks, and fetching where it was asked for. */
export class Repairing {
  readonly stage: RepairStage
  readonly #fetcher: HttpRepair | null

  private constructor(stage: RepairStage, fetcher: HttpRepair | null) {
    this.stage = stage
    this.#fetcher = fetcher
  }

  /** @param live stream time is wall time */
  static async open(
    receive: ReceiveSpec,
    live: boolean,
    parts: Pick<RepairStageOptions, 'files' | 'store' | 'idle' | 'observer' | 'serversOf' | 'usefulUntilUs'>,
  ): Promise<Repairing> {
    const { repair: spec, keepCorrupt } = receive
    let fetcher: HttpRepair | null = null
    if (spec.mode === 'http') {
      // Loaded where it is used, as the gateway is.
      const { HttpRepair: Fetcher } = await import('../../repair/http-repair.ts')
      fetcher = new Fetcher({ spec, live })
    }
    return new Repairing(new RepairStage({ ...parts, spec, keepCorrupt, fetcher }), fetcher)
  }

  /** The source ends: after a capture the rest of what it cut off is fetched too, else there is no time for it. */
  ending(captureEnd: boolean): void {
    if (!captureEnd) this.stage.stopFetching()
  }

  /** Settles every object that is being fetched, in bounded time. */
  async close(captureEnd: boolean): Promise<void> {
    await this.stage.flush(captureEnd ? CAPTURE_END_MS : STOPPED_MS)
    await this.#fetcher?.close()
  }

  /** Nobody wants to wait any longer. */
  hurry(): void {
    this.#fetcher?.hurry()
  }

  state(): RepairSnapshot | null {
    return this.#fetcher?.state() ?? null
  }
}
