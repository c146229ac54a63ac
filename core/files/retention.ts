import type { FlowFile } from '../flow/objects.ts'
import { renameKey } from '../flow/rename-key.ts'

type SegmentKey = Pick<FlowFile, 'serviceId' | 'representation' | 'lane' | 'name' | 'complete'>

/** Most representations; the one that is silent for longest is dropped with all its segments. */
const MAX_GROUPS = 4096

/** Keeps the newest media segments of each representation (or channel, where none is named), by order of arrival. */
export class SegmentRetention<Value> {
  #maxSegments: number
  readonly #kept = new Map<string, Map<string, Value>>()

  /** @param maxSegments 0 keeps all */
  constructor(maxSegments: number) {
    this.#maxSegments = maxSegments
  }

  /** Changes how many are kept; those over it go with the next segment of their group. */
  set maxSegments(most: number) {
    this.#maxSegments = most
  }

  /** The segments of a service are of another number now. */
  renumbered(former: number, serviceId: number): void {
    for (const group of [...this.#kept.keys()])
      if (group.startsWith(`${former}/`)) renameKey(this.#kept, group, `${serviceId}${group.slice(group.indexOf('/'))}`)
  }

  /** Adds a segment; a repeated one counts as new. @returns the values of dropped segments */
  add(segment: SegmentKey, value: Value): Value[] {
    if (this.#maxSegments === 0) return []
    const group = `${segment.serviceId}/${segment.representation ?? segment.lane}`
    const kept = this.#kept.get(group) ?? new Map<string, Value>()
    // The groups are in the order of their last segments.
    this.#kept.delete(group)
    this.#kept.set(group, kept)
    kept.delete(segment.name)
    kept.set(segment.name, value)
    const expired: Value[] = []
    const [[silent, gone] = []] = this.#kept
    if (this.#kept.size > MAX_GROUPS && silent !== undefined && gone !== undefined) {
      expired.push(...gone.values())
      this.#kept.delete(silent)
    }
    for (const [name, old] of kept) {
      if (kept.size <= this.#maxSegments) break
      kept.delete(name)
      expired.push(old)
    }
    return expired
  }
}
