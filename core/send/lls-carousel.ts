import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import type { EmitContext } from './emitter.ts'
import { type ListedService, serialiseLls } from './service-list.ts'
import type { Signalling } from './service-on-air.ts'
import type { TableSigner } from './table-signer.ts'
import { firstVersion, nextVersion } from './table-version.ts'

/** Sends SLT and SystemTime in each carousel period. The SLT has the services that are on air at the time. */
export class LlsCarousel implements Signalling {
  nextUs: number
  readonly #onAir: () => readonly ListedService[]
  readonly #bsid: number
  readonly #signer: TableSigner | null
  readonly #periodUs: number
  #datagrams: readonly Uint8Array[]
  #version: number
  /** Their places, as the SLT lists them. */
  #listed: string

  /** @param signer signs each version of the tables; null: nobody */
  constructor(
    onAir: () => readonly ListedService[],
    bsid: number,
    signer: TableSigner | null,
    startUs: number,
    periodUs: number,
  ) {
    this.nextUs = startUs
    this.#onAir = onAir
    this.#bsid = bsid
    this.#signer = signer
    this.#periodUs = periodUs
    this.#version = firstVersion(startUs)
    const services = onAir()
    this.#datagrams = serialiseLls(services, bsid, this.#version, signer)
    this.#listed = placesOf(services)
  }

  resume(nowUs: number): void {
    this.nextUs = Math.max(this.nextUs, nowUs)
  }

  send({ out, timeUs }: EmitContext): boolean {
    const services = this.#onAir()
    const listed = placesOf(services)
    if (listed !== this.#listed && services.length > 0) {
      this.#listed = listed
      this.#version = nextVersion(this.#version)
      this.#datagrams = serialiseLls(services, this.#bsid, this.#version, this.#signer)
    }
    for (const datagram of this.#datagrams) out.packet(LLS_ADDRESS, LLS_PORT, datagram, timeUs)
    this.nextUs += this.#periodUs
    return true
  }
}

function placesOf(services: readonly ListedService[]): string {
  return services.map(({ place }) => place).join()
}
