import type { LogLevel, LogSpec, LogTopic } from '../contract/session-spec.ts'
import { shownText } from '../contract/shown-text.ts'
import type { LogLine } from '../contract/snapshot.ts'

const RANK: Record<LogLevel, number> = { error: 0, warning: 1, info: 2, debug: 3 }

/** Lines kept for a window that connects later. */
const KEPT_LINES = 2000

/** Writes lines of one session, at its own levels. */
export type SessionLog = {
  /** @param timeUs stream time of the alarm it reports, µs; absent: of another event, now */
  log(topic: LogTopic, level: LogLevel, text: string, timeUs?: number): void
  /** Whether a line of this topic and level would be kept. */
  wants(topic: LogTopic, level: LogLevel): boolean
}

/** Collects the log lines of all sessions. */
export class Logger {
  readonly #nowUs: () => number
  readonly #listeners = new Set<(line: LogLine) => void>()
  readonly #kept: LogLine[] = []

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  /** Makes the log of one session. @param levels topics not named are at `info` */
  session(levels: LogSpec = {}): SessionLog {
    const rest = RANK[levels.all ?? 'info']
    const wants = (topic: LogTopic, level: LogLevel): boolean => {
      const wanted = levels[topic]
      return RANK[level] <= (wanted === undefined ? rest : RANK[wanted])
    }
    return {
      wants,
      log: (topic, level, text, timeUs) => {
        if (!wants(topic, level)) return
        const line = { topic, level, text: shownText(text) }
        this.#write(
          timeUs === undefined ? { wallUs: this.#nowUs(), ...line } : { wallUs: timeUs, ...line, isAlarm: true },
        )
      },
    }
  }

  recent(): readonly LogLine[] {
    return this.#kept.slice(-KEPT_LINES)
  }

  /** @returns the function that unsubscribes */
  listen(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #write(line: LogLine): void {
    this.#kept.push(line)
    // Many at once: those after them all move up.
    if (this.#kept.length >= 2 * KEPT_LINES) this.#kept.splice(0, KEPT_LINES)
    for (const listener of this.#listeners) listener(line)
  }
}
