import { sameBytes } from '#platform'
import type { LiveChannel } from './live-channel.ts'
import type { RouteCarrier } from './live-route-carrier.ts'
import type { ServiceBroadcastOptions } from './service-broadcast.ts'
import {
  basePatterns,
  type FragmentVersions,
  type SerialisedSls,
  type SignalledChannel,
  type SignalledManifest,
  serialiseSls,
} from './service-signalling.ts'
import { nextVersion } from './table-version.ts'

type Channel = LiveChannel<RouteCarrier>

/** The SLS of a live service: a new version of each part only where it has changed. */
export class LiveSignalling {
  readonly #options: ServiceBroadcastOptions
  readonly #efdts = new Map<Channel, { text: string; version: number }>()
  #sls: SerialisedSls | null = null
  #manifest: SignalledManifest | null = null
  #stsid = ''
  #usbd = ''
  #version: number
  #versions: FragmentVersions

  /** @param version of the first signalling and its parts */
  constructor(options: ServiceBroadcastOptions, version: number) {
    this.#options = options
    this.#version = version
    this.#versions = { manifest: version, stsid: version, usbd: version }
  }

  /** What is sent now, once there was an update. */
  get sls(): SerialisedSls {
    if (this.#sls === null) throw new RangeError('nothing is signalled yet')
    return this.#sls
  }

  /** @returns whether it has changed */
  update(manifest: SignalledManifest, channels: readonly Channel[]): boolean {
    const signalled = channels.map((channel) => this.#signalled(channel))
    for (const channel of this.#efdts.keys()) if (!channels.includes(channel)) this.#efdts.delete(channel)
    const stsid = JSON.stringify(signalled)
    const usbd = basePatterns(signalled).join('\n')
    const isOther = {
      manifest: this.#manifest === null || !sameBytes(manifest.bytes, this.#manifest.bytes),
      stsid: stsid !== this.#stsid,
      usbd: usbd !== this.#usbd,
    }
    if (!isOther.manifest && !isOther.stsid) return false
    if (this.#sls !== null) {
      const { manifest: ofManifest, stsid: ofStsid, usbd: ofUsbd } = this.#versions
      this.#versions = {
        manifest: isOther.manifest ? nextVersion(ofManifest) : ofManifest,
        stsid: isOther.stsid ? nextVersion(ofStsid) : ofStsid,
        usbd: isOther.usbd ? nextVersion(ofUsbd) : ofUsbd,
      }
      this.#version = nextVersion(this.#version)
    }
    this.#manifest = manifest
    this.#stsid = stsid
    this.#usbd = usbd
    this.#sls = serialiseSls(this.#options, manifest, signalled, this.#versions, this.#version)
    return true
  }

  /** With an EFDT version that grows when its files change. */
  #signalled(channel: Channel): SignalledChannel {
    const before = this.#efdts.get(channel)
    const signalled = channel.carrier.signalled(before?.version ?? this.#version)
    const text = JSON.stringify([signalled.fileTemplate, signalled.largestBytes, signalled.files])
    if (before === undefined) this.#efdts.set(channel, { text, version: this.#version })
    if (before === undefined || before.text === text) return signalled
    const version = nextVersion(before.version)
    this.#efdts.set(channel, { text, version })
    return { ...signalled, efdtVersion: version }
  }
}
