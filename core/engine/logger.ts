import type { LogLevel, LogSpec, LogTopic } from '../contract/session-spec.ts'
import type { LogLine } from '../contract/snapshot.ts'

const RANK: Record<LogLevel, number> = { error: 0, warning: 1, info: 2, debug: 3 }

/** Lines kept for a window that connects late. */
const KEPT_LINES = 2000

/** Log by topic: the one place lines come together, whatever session they are from. */
export class Logger {
  #threshold: (topic: LogTopic) => number
  readonly #nowUs: () => number
  readonly #listeners = new Set<(line: LogLine) => void>()
  readonly #kept: LogLine[] = []

  constructor(nowUs: () => number, spec: LogSpec = {}) {
    this.#nowUs = nowUs
    this.#threshold = thresholdOf(spec)
  }

  /** Replaces the levels. What is not named stays at `info`. */
  setLevels(spec: LogSpec): void {
    this.#threshold = thresholdOf(spec)
  }

  /** Whether a line of this topic and level is kept. */
  wants(topic: LogTopic, level: LogLevel): boolean {
    return RANK[level] <= this.#threshold(topic)
  }

  log(topic: LogTopic, level: LogLevel, text: string): void {
    if (!this.wants(topic, level)) return
    const line: LogLine = { wallUs: this.#nowUs(), topic, level, text }
    this.#kept.push(line)
    if (this.#kept.length > KEPT_LINES) this.#kept.splice(0, this.#kept.length - KEPT_LINES)
    for (const listener of this.#listeners) listener(line)
  }

  recent(): readonly LogLine[] {
    return this.#kept
  }

  /** @returns the function that unsubscribes */
  listen(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function thresholdOf(spec: LogSpec): (topic: LogTopic) => number {
  const rest = RANK[spec.all ?? 'info']
  return (topic) => {
    const level = spec[topic]
    return level === undefined ? rest : RANK[level]
  }
}
