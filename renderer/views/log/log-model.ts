import { LOG_LEVELS, type LogLevel, type LogTopic } from '../../../core/contract/session-spec.ts'
import type { LogLine } from '../../../core/contract/snapshot.ts'

export const LOG_TOPICS: readonly LogTopic[] = ['engine', 'route', 'lls', 'dash', 'http', 'socket', 'file', 'send']

export const LEVEL_TEXT: Readonly<Record<LogLevel, string>> = {
  error: 'Error',
  warning: 'Warning',
  info: 'Info',
  debug: 'Debug',
}

export type LogFilter = {
  /** Shown topics; empty: all. */
  readonly topics: ReadonlySet<LogTopic>
  /** Least severe level that is shown. */
  readonly level: LogLevel
  readonly words: string
}

export function filteredLog(lines: readonly LogLine[], filter: LogFilter): readonly LogLine[] {
  const most = LOG_LEVELS.indexOf(filter.level)
  const words = filter.words.trim().toLowerCase()
  return lines.filter(
    (line) =>
      LOG_LEVELS.indexOf(line.level) <= most &&
      (filter.topics.size === 0 || filter.topics.has(line.topic)) &&
      (words === '' || line.text.toLowerCase().includes(words)),
  )
}

/** A line for the clipboard: time, level, topic, text. */
export function logText(line: LogLine): string {
  return `${new Date(line.wallUs / 1000).toISOString()} ${line.level} ${line.topic} ${line.text}`
}
