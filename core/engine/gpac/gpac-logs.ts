import type { LogLevel, LogSpec, LogTopic } from '../../contract/session-spec.ts'
import { GpacFault, supported } from './gpac-fault.ts'

/** Our topic for each of GPAC's tools that we know. The first of a topic is the one that is written. */
const TOOLS: Readonly<Record<string, LogTopic | 'all'>> = {
  all: 'all',
  route: 'route',
  dash: 'dash',
  http: 'http',
  network: 'socket',
  socket: 'socket',
  app: 'engine',
  core: 'engine',
  filter: 'engine',
}
const LEVELS: readonly LogLevel[] = ['error', 'warning', 'info', 'debug']

/**
 * Reads `-logs`: `dash:route@info:http@debug`; a tool without a level has that of the next one, the last one info.
 * @param columnAt column of a character of the text
 * @throws GpacFault
 */
export function readGpacLogs(text: string, columnAt: (offset: number) => number): LogSpec {
  const log: Partial<Record<LogTopic | 'all', LogLevel>> = {}
  let waiting: (LogTopic | 'all')[] = []
  let at = 0
  for (const piece of text.split(/[:,]/)) {
    const [tool = '', level] = piece.split('@')
    const topic = TOOLS[tool]
    if (topic === undefined)
      throw new GpacFault(columnAt(at), `unknown log tool '${tool}' ${supported(Object.keys(TOOLS))}`)
    waiting.push(topic)
    if (level !== undefined) {
      if (!LEVELS.includes(level as LogLevel))
        throw new GpacFault(columnAt(at + tool.length + 1), `unknown log level '${level}' ${supported(LEVELS)}`)
      for (const each of waiting) log[each] = level as LogLevel
      waiting = []
    }
    at += piece.length + 1
  }
  for (const each of waiting) log[each] = 'info'
  return log
}

/** Writes `-logs`, and lists topics that GPAC has no tool for. */
export function writeGpacLogs(log: LogSpec): { readonly text: string; readonly unknown: readonly string[] } {
  const pieces: string[] = []
  const unknown: string[] = []
  for (const [topic, level] of Object.entries(log)) {
    const tool = Object.keys(TOOLS).find((each) => TOOLS[each] === topic)
    if (tool === undefined) unknown.push(`--log ${topic}@${level}`)
    else pieces.push(`${tool}@${level}`)
  }
  return { text: pieces.join(':'), unknown }
}
