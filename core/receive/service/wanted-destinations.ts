import { type Destination, wantedByBoth } from '../../flow/facts.ts'
import { type ReceiveTarget, usesLls } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { LLS_ADDRESS, LLS_PORT } from '../../protocol/lls/lls-table.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ServiceTable } from './service-table.ts'

/** With more services, changes of wanted destinations are reported when time passes, not at once. */
const TOLD_AT_ONCE = 512

/** Tells the observer which destinations the services of each target want to be joined. */
export class WantedDestinations {
  readonly #context: ReceiveContext
  readonly #targets: readonly ReceiveTarget[]
  readonly #table: ServiceTable
  /** What was told last, as a text. */
  readonly #told = new Map<ReceiveTarget, string>()
  #isStale = false

  constructor(context: ReceiveContext, targets: readonly ReceiveTarget[], table: ServiceTable) {
    this.#context = context
    this.#targets = targets
    this.#table = table
  }

  /** Services or their destinations have changed. */
  changed(): void {
    if (this.#context.observer.destinationsWanted === undefined) return
    this.#isStale = true
    if (this.#table.size <= TOLD_AT_ONCE) this.tell()
  }

  /** Tells what has changed. */
  tell(): void {
    if (!this.#isStale) return
    this.#isStale = false
    for (const target of this.#targets) {
      const wanted = new Map<string, Destination>()
      // All LLS targets see the same SLT and want its services.
      const lls = usesLls(target)
      if (lls) wanted.set(formatDestination(LLS_ADDRESS, LLS_PORT), { address: LLS_ADDRESS, port: LLS_PORT })
      for (const service of this.#table.all()) {
        if (!service.joined || service.target === null) continue
        const same = service.target === target || (lls && usesLls(service.target))
        if (
          !same &&
          !(target.kind === 'route' && service.destination === formatDestination(target.address, target.port))
        )
          continue
        for (const [destination, address] of service.destinations) {
          // Beyond the bound, the directory has told which are left out.
          if (wanted.size >= this.#context.limits.sessions && !wanted.has(destination)) break
          wanted.set(destination, wantedByBoth(wanted.get(destination), address))
        }
      }
      const key = JSON.stringify([...wanted.values()])
      if (key === this.#told.get(target)) continue
      this.#told.set(target, key)
      this.#context.observer.destinationsWanted?.([...wanted.values()], target)
    }
  }
}
