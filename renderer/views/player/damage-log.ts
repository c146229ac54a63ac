import { segmentName } from './segment-log.ts'

/** Objects that are remembered: half an hour of two seconds. */
const MAX_OBJECTS = 900
/** Objects closer than this follow each other: manifests round their times. */
const ROUNDED_S = 0.02

/** A stretch of the picture whose objects are damaged or lost, media seconds, half-open. */
export type DamagedRange = {
  readonly startS: number
  readonly endS: number
  /** Names of its objects, in order. */
  readonly names: readonly string[]
}

/** Remembers which stretches of the picture came from damaged objects. */
export class DamageLog {
  readonly #objects: { readonly startS: number; readonly endS: number; readonly name: string | null }[] = []

  /** @param url null: nothing of it came, not even a name */
  add(startS: number, durationS: number, url: string | null): void {
    const name = url === null ? null : segmentName(url)
    if ((name === null && url !== null) || !Number.isFinite(startS) || !(durationS > 0)) return
    if (this.#objects.some((known) => known.name === name && known.startS === startS)) return
    this.#objects.push({ startS, endS: startS + durationS, name })
    if (this.#objects.length > MAX_OBJECTS) this.#objects.shift()
  }

  /** The range that has a time, else the nearest one; damaged neighbours are one range. Null where nothing is damaged. */
  near(timeS: number): DamagedRange | null {
    let found: DamagedRange | null = null
    let nearestS = Number.POSITIVE_INFINITY
    for (const range of this.#ranges()) {
      const awayS = Math.max(range.startS - timeS, timeS - range.endS, 0)
      if (awayS < nearestS) [found, nearestS] = [range, awayS]
    }
    return found
  }

  /** The damaged object of a time, whose name is null where nothing of it came; null: none is damaged there. */
  at(timeS: number): { readonly name: string | null } | null {
    return this.#objects.find(({ startS, endS }) => timeS >= startS && timeS < endS) ?? null
  }

  #ranges(): readonly DamagedRange[] {
    const ranges: { startS: number; endS: number; names: string[] }[] = []
    for (const { startS, endS, name } of [...this.#objects].sort((a, b) => a.startS - b.startS)) {
      const last = ranges.at(-1)
      if (last === undefined || startS > last.endS + ROUNDED_S) {
        ranges.push({ startS, endS, names: name === null ? [] : [name] })
        continue
      }
      last.endS = Math.max(last.endS, endS)
      if (name !== null && !last.names.includes(name)) last.names.push(name)
    }
    return ranges
  }
}
