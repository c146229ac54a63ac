import { type Command, Option } from 'commander'
import type { LogSpec, Pace, UserLinkType } from '../contract/session-spec.ts'
import type { SessionSpec1, SinkSpec, SourceSpec } from '../contract/session-spec-1.ts'
import { parseLogOption } from '../engine/spec/log-spec.ts'
import { parseCount, parseSeconds } from './argument-values.ts'

/** Options of every command that runs a session, as commander hands them on. */
export type CommonOptions = {
  readonly linkType?: UserLinkType
  readonly pace?: Pace
  readonly loop?: number
  readonly duration?: number
  readonly report?: string
  readonly captureOut?: string
  readonly log?: LogSpec
  readonly json?: boolean
}
/** The same where something is received. */
export type ReceiveOptions = CommonOptions & { readonly capture?: readonly string[] }

/** Adds the options of whatever runs for a while. */
export function outputOptions(command: Command): Command {
  return command
    .addOption(new Option('--duration <s>', 'stop after so many seconds').argParser(parseSeconds))
    .option('--capture-out <file>', 'write packets to this pcapng')
    .addOption(new Option('--log <topics>', 'topic[:topic]@level').argParser(parseLogOption))
    .option('--json', 'machine output on stdout')
}

/** Adds to them the options of whatever may play a capture. */
export function commonOptions(command: Command): Command {
  return outputOptions(command)
    .option('--report <file>', 'write the report at the end')
    .addOption(new Option('--pace <pace>', 'as fast as possible, or at the captured times').choices(['fast', 'real']))
    .addOption(new Option('--loop <n>', 'play the capture n times, 0 for ever').argParser(parseCount))
    .addOption(
      new Option('--link-type <type>', 'what frames of user-defined link types in a capture are').choices([
        'raw',
        'eth',
        'alp',
      ]),
    )
}

/** Adds --capture, which may be repeated. */
export function captureOption(command: Command): Command {
  return command.addOption(
    new Option('--capture <file>', 'take packets from this capture (may be repeated)').argParser(
      (file: string, previous: string[] | undefined) => [...(previous ?? []), file],
    ),
  )
}

/** The session that options ask for. */
export function session(
  name: string,
  sources: readonly SourceSpec[],
  sinks: readonly SinkSpec[],
  options: CommonOptions,
): SessionSpec1 {
  return {
    format: 'routescope-session',
    version: 1,
    name,
    sources,
    sinks,
    ...(options.duration === undefined ? {} : { durationS: options.duration }),
    ...(options.log === undefined ? {} : { log: options.log }),
  }
}

/** The sinks of --report and --capture-out. */
export function reportSinks(options: CommonOptions): SinkSpec[] {
  const sinks: SinkSpec[] = []
  if (options.report !== undefined) sinks.push({ id: 'report', kind: 'report', file: options.report })
  if (options.captureOut !== undefined) sinks.push({ id: 'capture', kind: 'capture', file: options.captureOut })
  return sinks
}
