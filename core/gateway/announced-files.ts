import { CodecError } from '../bytes/codec-error.ts'
import type { ServiceId } from '../contract/ids.ts'
import { addressesOf, addressOf } from '../flow/address.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import type { SlsFragment } from '../flow/facts.ts'
import { renameKey } from '../flow/rename-key.ts'
import { type Fdt, parseFdt } from '../protocol/flute/fdt.ts'
import { NEVER_NTP, ntpToUnixUs } from '../protocol/ntp.ts'
import { parseStsid } from '../protocol/sls/s-tsid.ts'

/** Services, and names of each, that are remembered. */
const MAX_SERVICES = 256
const MAX_NAMES = 16_384

/** A file that a table lists: `expiresUs` is the end of its entry on the sender's clock, µs; null for never. */
export type AnnouncedFile = { readonly expiresUs: number | null }

/** Files that the file tables of each service announce (FDT, and EFDT in the S-TSID), by any spelling of their names. */
export class AnnouncedFiles {
  readonly #services = new BoundedMap<ServiceId, BoundedMap<string, AnnouncedFile>>(MAX_SERVICES)

  /** Takes a table. @param timeUs of its arrival, on the sender's clock: what had expired by then proves nothing */
  slsFragment(serviceId: ServiceId, { type, bytes, channel, document }: SlsFragment, timeUs: number): void {
    try {
      if (channel !== undefined) this.#add(serviceId, document?.by(parseFdt) ?? parseFdt(bytes), timeUs)
      else if (type === 'S-TSID')
        for (const { channels } of (document?.by(parseStsid) ?? parseStsid(bytes)).sessions)
          for (const { source } of channels) if (source?.efdt != null) this.#add(serviceId, source.efdt, timeUs)
    } catch (thrown) {
      // The receiver raises an alarm about it.
      if (!(thrown instanceof CodecError)) throw thrown
    }
  }

  serviceRenumbered(former: ServiceId, serviceId: ServiceId): void {
    renameKey(this.#services, former, serviceId)
  }

  find(serviceId: ServiceId, name: string): AnnouncedFile | null {
    const files = this.#services.get(serviceId)
    if (files === undefined) return null
    for (const address of addressesOf(name)) {
      const file = files.get(address)
      if (file !== undefined) return file
    }
    return null
  }

  #add(serviceId: ServiceId, { files, instanceExpiresNtp }: Pick<Fdt, 'files' | 'instanceExpiresNtp'>, timeUs: number) {
    if (files.length === 0) return
    let known = this.#services.get(serviceId)
    if (known === undefined) {
      known = new BoundedMap(MAX_NAMES)
      this.#services.set(serviceId, known)
    }
    const isLimited = instanceExpiresNtp !== null && instanceExpiresNtp !== 0 && instanceExpiresNtp < NEVER_NTP
    const endUs = isLimited ? ntpToUnixUs(instanceExpiresNtp % 2 ** 32, 0) : null
    const file: AnnouncedFile = { expiresUs: endUs !== null && endUs > timeUs ? endUs : null }
    for (const { contentLocation } of files.slice(0, MAX_NAMES)) known.set(addressOf(contentLocation), file)
  }
}
