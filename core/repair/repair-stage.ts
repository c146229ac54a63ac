import type { ServiceId } from '../contract/ids.ts'
import type { RepairSpec } from '../contract/session-spec.ts'
import { channelWord } from '../flow/carriers.ts'
import type { AbsentObject, ReceiveObserver, RepairServer, SlsFragment } from '../flow/facts.ts'
import { type FindingFacts, placeAt } from '../flow/findings.ts'
import { believableBytes } from '../flow/holes.ts'
import { ownBytes } from '../flow/lease.ts'
import type { ByteRange, FlowFile, FlowObject, ObjectKind, ObjectSink } from '../flow/objects.ts'
import { renameKey } from '../flow/rename-key.ts'
import { manifestKind } from '../receive/lct/channel-names.ts'
import { AbsentFetches } from './absent-fetches.ts'
import { wantedByBoxes } from './box-order.ts'
import { sumOf } from './gaps.ts'
import type { HttpRepair } from './http-repair.ts'
import { looksLikeBoxes, patchObject } from './patch-object.ts'
import { type Backoff, readPostFileRepair } from './post-file-repair.ts'
import type { FetchOutcome } from './repair-job.ts'

export type RepairStageOptions = {
  readonly spec: RepairSpec
  /** Pass incomplete files to `files` too (GPAC's kc). */
  readonly keepCorrupt: boolean
  /** Takes whole files, and kept incomplete ones: folders and counters. */
  readonly files: ObjectSink
  /** Takes files to serve and view, patched ones included; null without such a reader. */
  readonly store: ObjectSink | null
  /** No reader of files: patching is skipped. */
  readonly idle: boolean
  readonly observer: Pick<ReceiveObserver, 'objectRepaired' | 'found'>
  /** Servers in the signalling of a service. */
  readonly serversOf: (serviceId: ServiceId) => readonly RepairServer[]
  /** End of an object's use to players, stream µs; null where unknown. */
  readonly usefulUntilUs: (object: FlowObject) => number | null
  /** Fetches missing bytes; null where the session does not. */
  readonly fetcher: HttpRepair | null
}

/** Facts of a lost object at its end; the object itself may change afterwards. */
type Lost = {
  readonly object: FlowObject
  readonly facts: Omit<FlowFile, 'lease' | 'complete' | 'missing'>
  /** What it lacked then. */
  readonly missing: readonly ByteRange[]
}

const NO_BACKOFF: Backoff = { silentMs: 0, fixedMs: 0, randomMs: 0 }
/** Services with a stored back-off. */
const MAX_SERVICES = 512

/**
 * Between the receiver and the sinks, decides what happens to incomplete objects: left as they are, patched so that
 * players can read around the holes, or fetched by HTTP and then patched if bytes are still missing. Damaged manifests,
 * playlists and initialisation segments are never served.
 */
export class RepairStage implements ObjectSink {
  readonly holds: boolean
  readonly #options: RepairStageOptions
  readonly #backoffs = new Map<ServiceId, Backoff>()
  /** Row of the object last settled here: later events of the receiver about it are dropped. */
  #settledIndex = -1
  #fetches = true
  readonly #absent: AbsentFetches | null

  constructor(options: RepairStageOptions) {
    this.#options = options
    const { fetcher } = options
    this.#absent =
      fetcher === null
        ? null
        : new AbsentFetches({
            ...options,
            fetcher,
            backoffOf: (serviceId) => this.#backoffOf(serviceId),
            deliver: (file) => this.#deliver(file),
          })
    this.holds = options.files.holds === true || options.store?.holds === true
  }

  begun(object: FlowObject): void {
    this.#options.files.begun?.(object)
    this.#options.store?.begun?.(object)
  }

  whole(file: FlowFile): void {
    if (file.complete) {
      this.#options.fetcher?.cancel(file.objectIndex)
      this.#absent?.arrived(file.serviceId, file.name)
    } else if (file.objectIndex === this.#settledIndex) return
    else if (isNeededWhole(file) && this.#options.spec.mode !== 'none') {
      this.#options.files.whole(file)
      return
    }
    this.#deliver(file)
  }

  lost(object: FlowObject): void {
    this.#settledIndex = -1
    const lost = lostFacts(object)
    if (this.#options.spec.mode === 'none' || lost === null) this.#forward(object)
    else if (this.#options.fetcher?.has(object.index)) this.#settledIndex = object.index
    else if (!this.#fetch(lost)) this.#patchReceived(lost)
  }

  restarted(serviceId: ServiceId, sinceUs: number): void {
    this.#options.files.restarted?.(serviceId, sinceUs)
    this.#options.store?.restarted?.(serviceId, sinceUs)
  }

  renumbered(former: ServiceId, serviceId: ServiceId): void {
    renameKey(this.#backoffs, former, serviceId)
    this.#options.files.renumbered?.(former, serviceId)
    this.#options.store?.renumbered?.(former, serviceId)
  }

  /** Fetches announced objects of which no packet arrived. */
  neverCame(objects: readonly AbsentObject[]): void {
    if (this.#fetches) this.#absent?.take(objects)
  }

  busy(): Promise<void> | null {
    const { files, store, fetcher } = this.#options
    let waits: Promise<void>[] | null = null
    for (const wait of [files.busy?.(), store?.busy?.(), fetcher?.busy()]) {
      if (wait === undefined || wait === null) continue
      waits ??= []
      waits.push(wait)
    }
    return waits === null ? null : Promise.all(waits).then(() => undefined)
  }

  /** Stores the back-off in a service's APD. */
  slsFragment(serviceId: ServiceId, fragment: SlsFragment): void {
    if (fragment.type !== 'APD') return
    const backoff = readPostFileRepair(fragment.bytes)
    if (backoff !== null && this.#backoffs.size < MAX_SERVICES) this.#backoffs.set(serviceId, backoff)
  }

  /** From now on objects end because the session ends: no fetching. */
  stopFetching(): void {
    this.#fetches = false
  }

  /** Waits for fetches at most `graceMs`, then patches what is incomplete. */
  async flush(graceMs: number): Promise<void> {
    await this.#options.fetcher?.flush(graceMs)
  }

  #deliver(file: FlowFile): void {
    this.#options.files.whole(file)
    this.#options.store?.whole(file)
  }

  #forward(object: FlowObject): void {
    this.#options.files.lost?.(object)
    this.#options.store?.lost?.(object)
  }

  /** @returns false where its missing bytes cannot be fetched */
  #fetch(lost: Lost): boolean {
    const { fetcher, serversOf, usefulUntilUs } = this.#options
    const { object, facts } = lost
    if (fetcher === null || !this.#fetches || object.kind === 'signalling' || object.assembled) return false
    const missing = object.missing()
    const reach = reachOf(object, missing)
    if (!fetcher.admits(Math.max(reach, object.size ?? 0))) return false
    // The receiver may reuse its buffer after this call.
    const bytes = object.lease(0, reach).bytes.slice()
    const wanted = {
      index: object.index,
      name: facts.name,
      size: object.size,
      received: object.received,
      bytes,
      missing,
      encoded: object.contentEncoding !== null,
      isBoxes: facts.kind === 'media' && looksLikeBoxes(bytes, missing),
      listed: object.listed,
      servers: serversOf(facts.serviceId),
      backoff: this.#backoffOf(facts.serviceId),
      lastTimeUs: facts.lastTimeUs,
      usefulUntilUs: usefulUntilUs(object),
    }
    if (!fetcher.fetch(wanted, (outcome) => this.#fetched(lost, outcome))) return false
    this.#settledIndex = object.index
    return true
  }

  /** Back-off of the service's APD, else of its servers. */
  #backoffOf(serviceId: ServiceId): Backoff {
    const declared = this.#backoffs.get(serviceId)
    const [server] = declared === undefined ? this.#options.serversOf(serviceId) : []
    if (server === undefined) return declared ?? NO_BACKOFF
    return { silentMs: server.afterMs, fixedMs: server.fixedBackoffMs, randomMs: server.randomBackoffMs }
  }

  #fetched(lost: Lost, outcome: FetchOutcome | null): void {
    if (outcome === null) return
    const { object, facts } = lost
    const { whole, bytes, content, filled, urls, missing, reason } = outcome
    if (whole) {
      const transported = content === bytes ? bytes : null
      this.#options.observer.objectRepaired(object.index, {
        how: 'http',
        kind: facts.kind,
        bytes: filled,
        urls,
        // Ranges of an encoded object are not those of its content.
        fetched: transported === null ? [] : lost.missing,
        whole: transported,
      })
      this.#found(lost, {
        kind: 'objectRepaired',
        name: facts.name,
        bytes: filled,
        urls,
        absent: false,
      })
      this.#deliver({ ...facts, lease: ownBytes(content), complete: true, missing: [] })
      return
    }
    this.#found(lost, { kind: 'objectUnrepaired', name: facts.name, reason, absent: false })
    // It is being sent again; the receiver reports its new end.
    if (object.state === 'receiving') return
    this.#forward(object)
    const mode = this.#modeAfter(bytes, missing)
    if (this.#patch(lost, bytes, missing, mode, outcome.size === null) || !this.#options.keepCorrupt) return
    const damaged = { ...facts, lease: ownBytes(bytes), complete: false, missing }
    if (isNeededWhole(damaged)) this.#options.files.whole(damaged)
    else this.#deliver(damaged)
  }

  /** Mode of patching after a fetch order that leaves media out on purpose: its headers are present, so it is kept. */
  #modeAfter(bytes: Uint8Array, missing: readonly ByteRange[]): 'simple' | 'strict' {
    const { order } = this.#options.spec
    if (order === 'partial' || order === 'depx') return 'simple'
    return order === 'deps' && wantedByBoxes(bytes, missing, 'deps', 0).length === 0 ? 'simple' : 'strict'
  }

  #patchReceived(lost: Lost): void {
    const { object } = lost
    const { spec, idle } = this.#options
    this.#forward(object)
    const missing = object.missing()
    const reach = reachOf(object, missing)
    const believed = believableBytes(object.received)
    const length = object.size !== null && object.size <= believed ? object.size : reach
    if (idle || object.kind !== 'media' || object.assembled || object.contentEncoding !== null) return
    if (length > believed || object.received === 0) return
    const mode = spec.mode === 'simple' ? 'simple' : 'strict'
    const { bytes } = object.lease(0, length)
    if (this.#patch(lost, bytes, missing, mode, length !== object.size)) this.#settledIndex = object.index
  }

  /** @returns false where no patch is possible */
  #patch(
    lost: Lost,
    bytes: Uint8Array,
    missing: readonly ByteRange[],
    mode: 'simple' | 'strict',
    cut: boolean,
  ): boolean {
    const { idle, keepCorrupt, observer, files, store } = this.#options
    const inside = missing.filter(([from]) => from < bytes.length)
    const { object, facts } = lost
    const patched = idle ? null : patchObject(facts.kind, bytes, inside, mode, cut)
    if (patched === null) return false
    observer.objectRepaired(object.index, {
      how: mode,
      kind: facts.kind,
      bytes: sumOf(inside),
      urls: [],
      fetched: [],
      whole: null,
    })
    this.#found(lost, { kind: 'objectPatched', name: facts.name, patch: patched.text })
    const file = { ...facts, lease: ownBytes(patched.bytes), complete: false, missing, patched: mode }
    if (keepCorrupt) files.whole(file)
    store?.whole(file)
    return true
  }

  #found({ object, facts: { serviceId: service, lastTimeUs } }: Lost, facts: FindingFacts): void {
    const { carrier, index, destination } = object
    this.#options.observer.found({
      ...facts,
      ...placeAt(lastTimeUs, 0, { service, carrier, object: index, destination }),
    })
  }
}

/** Facts of a file; null where the object has no name or service. */
function lostFacts(object: FlowObject): Lost | null {
  const { serviceId, name, contentType, index, carrier, representation, firstTimeUs, lastTimeUs } = object
  if (serviceId === null || name === null || name === '') return null
  const kind: ObjectKind = object.kind === 'file' ? (manifestKind(name, contentType) ?? 'file') : object.kind
  const facts = {
    serviceId,
    name,
    contentType,
    kind,
    objectIndex: index,
    carrier,
    lane: carrier.kind === 'lct' || carrier.kind === 'mmtp' ? channelWord(carrier) : carrier.kind,
    representation,
    firstTimeUs,
    lastTimeUs,
  }
  return { object, facts, missing: object.missing() }
}

/** True where a partial file would mislead a player. */
function isNeededWhole({ kind }: Pick<FlowFile, 'kind'>): boolean {
  return kind === 'manifest' || kind === 'playlist' || kind === 'init'
}

/** End of the last byte received. */
function reachOf(object: FlowObject, missing: readonly ByteRange[]): number {
  const last = missing.at(-1)
  if (object.size === null) return object.received + sumOf(missing)
  return last !== undefined && last[1] === object.size ? last[0] : object.size
}
