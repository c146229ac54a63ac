import { LOG_LEVELS, type LogLevel, type LogSpec, type LogTopic } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { SpecField } from './spec-field.ts'

const LOG_TOPICS: readonly (LogTopic | 'all')[] = [
  'all',
  'engine',
  'route',
  'lls',
  'dash',
  'http',
  'socket',
  'file',
  'send',
]

/**
 * Reads levels by topic from a saved session.
 * @throws AppFailure bad-spec
 */
export function parseLog(at: SpecField): LogSpec {
  const fields = at.object()
  at.only(fields, LOG_TOPICS)
  const log: Partial<Record<LogTopic | 'all', LogLevel>> = {}
  for (const topic of LOG_TOPICS) {
    const level = at.optional(fields, topic)?.oneOf(LOG_LEVELS)
    if (level !== undefined) log[topic] = level
  }
  return log
}

/**
 * Reads GPAC's log grammar: `dash:route@info`, several groups joined by `,`.
 * @throws AppFailure bad-command-line
 */
export function parseLogOption(text: string): LogSpec {
  const log: Partial<Record<LogTopic | 'all', LogLevel>> = {}
  for (const group of text.split(',')) {
    const [topics = '', level = 'info'] = group.split('@')
    if (!LOG_LEVELS.includes(level as LogLevel)) {
      throw new AppFailure(
        'bad-command-line',
        `--log ${text}: "${level}" is no level.`,
        `Use topic[:topic]@level with one of ${LOG_LEVELS.join(', ')}.`,
      )
    }
    for (const topic of topics.split(':')) {
      if (!LOG_TOPICS.includes(topic as LogTopic)) {
        throw new AppFailure(
          'bad-command-line',
          `--log ${text}: "${topic}" is no topic.`,
          `Use topic[:topic]@level with topics from ${LOG_TOPICS.join(', ')}.`,
        )
      }
      log[topic as LogTopic] = level as LogLevel
    }
  }
  return log
}
