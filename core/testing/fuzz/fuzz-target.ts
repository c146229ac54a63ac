/** One kind of thing that hostile inputs are given to. */
export type FuzzTarget = {
  readonly name: string
  /** What one input is: bytes, a datagram, a connection, a frame, a manifest. */
  readonly unit: string
  /** Share of all inputs, against that of a parser. */
  readonly weight: number
  /** Inputs of one batch: the step by which a run is interrupted and resumed. */
  readonly batch: number
  /** Makes it ready; called before its first batch. */
  open(): Promise<OpenTarget>
}

/** A target that takes inputs. */
export type OpenTarget = {
  /**
   * Gives it `count` inputs made from `random`.
   * @param spent takes the time of one input (or of one answer during a flood), ms
   * @returns what was wrong, with all that is needed to see it again; null where nothing was
   */
  run(count: number, random: () => number, spent: (ms: number) => void): Promise<string | null>
  /** Resident memory that the inputs take: of their own process, or what this one has grown by; bytes. */
  memory(): number
  /** Time that its process took to end when `close` asked for it, ms; absent where there is none. */
  endMs?(): number | null
  /** The same times without hostile input; absent where they are not compared. */
  quiet?(): QuietTimes
  /** @returns what was wrong at the end; null where nothing was */
  close(): Promise<string | null>
}

/** Times of an answer and of the end of a process that nothing hostile is given to, ms. */
export type QuietTimes = { readonly answerMs: number; readonly endMs: number }

/** Result of one target so far. */
export type FuzzState = {
  inputs: number
  worstMs: number
  peakBytes: number
  /** Longest time from SIGTERM to the end of its process. */
  endMs?: number
  /** Of the last run. */
  quiet?: QuietTimes
  complaint: string | null
}

/** Seed of a batch: the same for the same target and number, whatever ran before it. */
export function batchSeed(seed: number, target: string, batch: number): number {
  let hash = (seed ^ 0x9e3779b9) >>> 0
  for (const character of `${target}#${batch}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash
}

/** A target in this process that needs nothing to be opened. */
export function inProcess(run: OpenTarget['run']): () => Promise<OpenTarget> {
  return async () => {
    const before = process.memoryUsage.rss()
    return { run, memory: () => Math.max(0, process.memoryUsage.rss() - before), close: async () => null }
  }
}
