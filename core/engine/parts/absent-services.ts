import type { AppError } from '../../contract/app-error.ts'
import { shownText } from '../../contract/shown-text.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { toAppError } from '../../failure/app-failure.ts'
import type { AwaitedPresentation } from '../../ingest/awaited-presentation.ts'
import type { Presentation } from '../../ingest/presentation.ts'
import type { BroadcastService } from '../../send/broadcaster.ts'
import type { Programme } from '../faces/programme.ts'
import type { PartHost } from '../part.ts'

/** A presentation that is awaited; `shown`: its input, for a person. */
type Absent = { readonly awaited: AwaitedPresentation; readonly shown: string }

/**
 * The services of a broadcast whose origins did not give their presentations at its start. A person is told of each: at the
 * start, when it comes, and at the end where it never came.
 */
export class AbsentServices {
  readonly #host: PartHost
  readonly #absent = new Map<BroadcastService, Absent>()

  constructor(host: PartHost) {
    this.#host = host
  }

  /**
   * @param services one for each programme
   * @param join puts the service at a place on air; false where it cannot any more
   * @throws AppFailure of the first, where there is no other service to be sent meanwhile
   */
  begin(
    programmes: readonly Programme[],
    services: readonly BroadcastService[],
    join: (at: number, presentation: Presentation) => boolean,
  ): void {
    const [first] = programmes
    if (first?.awaited?.failure && programmes.every(({ presentation }) => presentation === null))
      throw first.awaited.failure
    for (const [at, { presentation, awaited, spec }] of programmes.entries()) {
      const service = services[at]
      if (presentation !== null || awaited === null || service === undefined) continue
      this.#absent.set(service, { awaited, shown: shownText(withoutCredentials(spec.input), 300) })
      const { code, message, tryThis } = this.#failureOf(service)
      this.#host.problem({ code, message: `${message} The other services are sent without it.`, tryThis }, 'warning')
      awaited.onCame = (presentation) => {
        try {
          if (join(at, presentation)) this.#come(service)
        } catch (thrown) {
          this.#absent.delete(service)
          this.#host.problem(toAppError(thrown), 'error')
        }
      }
    }
  }

  /** Tells of those that never came. */
  end(): void {
    for (const service of this.#absent.keys()) {
      const { code, message, tryThis } = this.#failureOf(service)
      this.#host.problem(
        { code, message: `Service ${service.serviceId} was never on air: ${message}`, tryThis },
        'error',
      )
    }
    this.#absent.clear()
  }

  #failureOf(service: BroadcastService): AppError {
    const absent = this.#absent.get(service)
    return (
      absent?.awaited.failure?.error ?? {
        code: 'source-unreachable',
        message: `"${absent?.shown}" has not come yet.`,
        tryThis: 'Check the address, and that its server answers from here.',
      }
    )
  }

  #come(service: BroadcastService): void {
    const shown = this.#absent.get(service)?.shown
    this.#absent.delete(service)
    const message = `"${shown}" has come: service ${service.serviceId} is on air from now on.`
    this.#host.problem({ code: 'source-broke', message, tryThis: 'Nothing has to be done.' }, 'warning')
  }
}
