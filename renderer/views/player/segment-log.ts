/** Segments that are remembered: half an hour of two seconds. */
const MAX_SEGMENTS = 900

/** Remembers which object each stretch of the picture came from. */
export class SegmentLog {
  readonly #segments: { readonly startS: number; readonly endS: number; readonly name: string }[] = []

  add(startS: number, durationS: number, url: string): void {
    const name = segmentName(url)
    if (name === null || !(durationS > 0)) return
    this.#segments.push({ startS, endS: startS + durationS, name })
    if (this.#segments.length > MAX_SEGMENTS) this.#segments.shift()
  }

  /** Name of the object that has a time, the newest first; null where it is not known. */
  at(timeS: number): string | null {
    for (let at = this.#segments.length - 1; at >= 0; at--) {
      const segment = this.#segments[at]
      if (segment !== undefined && timeS >= segment.startS && timeS < segment.endS) return segment.name
    }
    return null
  }
}

/** Name of the object behind an address `…/serviceN/<name>`, of which the folder of what is decoded is left out; null: it is none. */
export function segmentName(url: string): string | null {
  const name = /\/service\d+\/(?:~decoded~[^/]*\/)?([^?#]*)/.exec(url)?.[1]
  return name === undefined ? null : decoded(name)
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
