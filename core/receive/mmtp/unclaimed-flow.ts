import type { ReportSignature } from '../../contract/report.ts'
import { isSameCarrier, type SignallingCarrier } from '../../flow/carriers.ts'
import type { SlsFragment } from '../../flow/facts.ts'
import type { ReceiveLimits } from '../object/limits.ts'
import type { MpuObject } from './mpu-object.ts'

/** Bound on signalling fragments without a service. */
const MAX_FRAGMENTS = 256

/** Whole MPUs and signalling fragments of a flow that no service has claimed yet. */
export class UnclaimedFlow {
  readonly #limits: Pick<ReceiveLimits, 'quarantineObjects' | 'quarantineBytes'>
  #mpus: MpuObject[] = []
  #mpuBytes = 0
  #fragments: { fragment: SlsFragment; readonly timeUs: number }[] = []

  constructor(limits: Pick<ReceiveLimits, 'quarantineObjects' | 'quarantineBytes'>) {
    this.#limits = limits
  }

  /** Adds a whole MPU. @returns how many older ones were dropped for it */
  addMpu(mpu: MpuObject): number {
    this.#mpus.push(mpu)
    this.#mpuBytes += mpu.size ?? 0
    let dropped = 0
    while (this.#mpus.length > this.#limits.quarantineObjects || this.#mpuBytes > this.#limits.quarantineBytes) {
      const oldest = this.#mpus.shift()
      if (oldest === undefined) break
      this.#mpuBytes -= oldest.size ?? 0
      oldest.releaseFile()
      dropped++
    }
    return dropped
  }

  /** Adds a fragment, whose bytes are copied; one too many is dropped. */
  addFragment(fragment: SlsFragment, timeUs: number): void {
    if (this.#fragments.length >= MAX_FRAGMENTS) return
    this.#fragments.push({ fragment: { ...fragment, bytes: fragment.bytes.slice() }, timeUs })
  }

  /** A verdict on a signature that arrived after its fragment. */
  signatureLater(carrier: SignallingCarrier, signature: ReportSignature): void {
    for (const each of this.#fragments) {
      const other = each.fragment.carrier
      if (other !== undefined && isSameCarrier(other, carrier)) each.fragment = { ...each.fragment, signature }
    }
  }

  /** Gives up its fragments, in order of arrival. */
  takeFragments(): readonly { readonly fragment: SlsFragment; readonly timeUs: number }[] {
    const fragments = this.#fragments
    this.#fragments = []
    return fragments
  }

  /** Gives up its MPUs, in order of arrival. */
  takeMpus(): readonly MpuObject[] {
    const mpus = this.#mpus
    this.#mpus = []
    this.#mpuBytes = 0
    return mpus
  }
}
