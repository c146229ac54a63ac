import { Command, CommanderError, Option } from 'commander'
import { choiceName } from '../contract/choices.ts'
import { defined } from '../contract/defined.ts'
import { LOOPBACK } from '../contract/loopback.ts'
import { DEMO_SOURCE, type SessionRequest } from '../contract/open-request.ts'
import type { HostPort } from '../contract/option-values.ts'
import type { PartDescription } from '../contract/part-description.ts'
import { RULE_PROFILES, type RuleProfile } from '../contract/rule-row.ts'
import type { LogSpec, OptionValue, SessionSpec } from '../contract/session-spec.ts'
import { openerOf } from '../contract/source-patterns.ts'
import { PART_DESCRIPTIONS } from '../engine/registry.ts'
import { sourceByOption, sourceName, subjectOf } from '../engine/spec/compose.ts'
import { parseLogOption } from '../engine/spec/log-spec.ts'
import { relaySession } from '../engine/spec/relay-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parseHostPort, parseSeconds } from './argument-values.ts'
import { addOptions, choicesOf } from './command-options.ts'
import { commandSession, idleChoices } from './command-session.ts'
import { isGpacLine, readGpacArguments } from './gpac.ts'
import { type RunOptions, SESSION_COMMANDS } from './session-commands.ts'

/** Request of a command line, before anything is opened. */
export type CliRequest =
  /** A request of null opens the first screen. */
  | {
      readonly kind: 'open'
      readonly request: SessionRequest | null
      readonly window: boolean
      readonly listen: HostPort
    }
  | {
      readonly kind: 'inspect'
      readonly spec: SessionSpec
      readonly json: boolean
      /** Instead of the report, what this profile says is printed. */
      readonly check: RuleProfile | null
    }
  | { readonly kind: 'watch'; readonly spec: SessionSpec; readonly json: boolean; readonly notes: readonly string[] }
  /** `notes` are said before it starts. */
  | {
      readonly kind: 'session'
      readonly spec: SessionSpec
      readonly json: boolean
      readonly notes: readonly string[]
      /** The graph is printed before it starts. */
      readonly graph?: boolean
    }
  | { readonly kind: 'run'; readonly file: string; readonly json: boolean; readonly overrides: RunOverrides }
  | { readonly kind: 'text'; readonly text: string }

/** Options of `run` that override the saved session. */
export type RunOverrides = {
  readonly durationS?: number
  readonly report?: string
  readonly log?: LogSpec
  /** Existing files may be overwritten. */
  readonly force: boolean
}

/**
 * Reads the arguments after the program's name.
 * @throws AppFailure bad-command-line, with one line that names the fault and the right form
 */
export function readCommandLine(args: readonly string[], version: string): CliRequest {
  if (isGpacLine(args, Object.keys(COMMAND_FORMS))) return gpacRequest(args)
  let request: CliRequest | null = null
  const program = buildProgram(version, (value) => {
    request = value
  })
  try {
    program.parse([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      if (
        error.code === 'commander.helpDisplayed' ||
        error.code === 'commander.help' ||
        error.code === 'commander.version'
      ) {
        return { kind: 'text', text: helpText }
      }
      throw badCommandLine(error, args)
    }
    throw error
  }
  if (request === null) {
    return { kind: 'open', request: null, window: true, listen: { host: LOOPBACK, port: 0 } }
  }
  return request
}

function gpacRequest(args: readonly string[]): CliRequest {
  const { spec, play, notes, graph } = readGpacArguments(args)
  if (play === undefined) return { kind: 'session', spec, json: false, notes, graph }
  return { kind: 'open', request: play, window: true, listen: { host: LOOPBACK, port: 0 } }
}

/** Text that commander would print as help or version; collected here, since this file prints nothing. */
let helpText = ''

function badCommandLine(error: CommanderError, args: readonly string[]): AppFailure {
  // Commander puts "Did you mean" on a second line.
  const sentence = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.?$/, '.')
  const command = COMMAND_FORMS[args[0] ?? '']
  return new AppFailure(
    'bad-command-line',
    sentence.charAt(0).toUpperCase() + sentence.slice(1),
    command === undefined
      ? 'Commands: open, inspect, receive, gateway, record, watch, send, serve, run; routescope --help explains them.'
      : `Right form: ${command}`,
  )
}

const COMMAND_FORMS: Readonly<Record<string, string>> = {
  open: 'routescope open URL…, or routescope open CAPTURE…',
  ...Object.fromEntries(SESSION_COMMANDS.map(({ name, form }) => [name, form])),
  relay: 'routescope relay SRC DST…',
  run: 'routescope run SPEC.json',
}

function buildProgram(version: string, found: (request: CliRequest) => void): Command {
  helpText = ''
  const program = new Command('routescope')
  const quiet = (command: Command): Command =>
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        helpText += text
      },
      writeErr: () => {},
    })
  quiet(program)
    .description(
      'See, hear and explain a ROUTE / ATSC 3.0 / DVB-MABR multicast, live or from a capture.\nWithout a command: opens the app.',
    )
    .version(version)
    .enablePositionalOptions()
    .option('--demo', 'open the app with the demo running')
    .option('--no-window', 'serve the interface to a browser even where there is a display')
    .addOption(listenOption())
    .allowExcessArguments(false)
    .action((options) => {
      found({
        kind: 'open',
        request: options.demo ? { sources: [DEMO_SOURCE], choices: {} } : null,
        window: options.window,
        listen: options.listen ?? { host: LOOPBACK, port: 0 },
      })
    })

  const command = (form: string, what: string): Command =>
    quiet(program.command(form))
      .description(what)
      .allowExcessArguments(false)
      .hook('preAction', (_program, { args }) => {
        if (args.includes('')) throw emptyName(form)
      })

  const parts = PART_DESCRIPTIONS
  addOptions(
    command('open [sources...]', 'opens the app on URLs or capture files'),
    'open',
    parts,
    {},
    {
      '--no-window': new Option('--no-window', 'serve the interface to a browser even where there is a display'),
      '--listen': listenOption(),
    },
  ).action((named: string[], options) => {
    found({
      kind: 'open',
      request: openRequest(named, parts, choicesOf('open', parts, options)),
      // Both may stand before the command as well.
      window: options.window && program.opts().window,
      listen: options.listen ?? program.opts().listen ?? { host: LOOPBACK, port: 0 },
    })
  })

  for (const running of SESSION_COMMANDS) {
    const { name, words, help, defaults, refuses = [] } = running
    const own = Object.fromEntries([
      ['--duration', durationOption()],
      ['--log', logOption()],
      ['--json', new Option('--json', 'machine output on stdout')],
      ...(running.inspects === true ? [['--check', checkOption()] as const] : []),
      ...refuses.map((option) => [option, new Option(`${option} <value>`).hideHelp()]),
    ])
    const made = addOptions(command(`${name} ${words}`.trim(), help), name, parts, defaults, own)
    for (const option of made.options) if (running.required?.includes(option.long as '--')) option.makeOptionMandatory()
    made.action((...args: unknown[]) => {
      const options = args[made.registeredArguments.length] as RunOptions & Record<string, unknown>
      const named = args.slice(0, made.registeredArguments.length).flat() as string[]
      const choices = choicesOf(name, parts, options)
      const spec = commandSession(running, parts, named, choices, options)
      const json = options.json === true
      const notes = idleChoices(running, parts, choices, spec)
      if (running.inspects === true) found({ kind: 'inspect', spec, json, check: options.check ?? null })
      else if (running.watches === true) found({ kind: 'watch', spec, json, notes })
      else found({ kind: 'session', spec, json, notes })
    })
  }

  command('relay <source> <destinations...>', 'passes media on between sockets, files and broadcasts, in other formats')
    .addOption(durationOption())
    .addOption(logOption())
    .option('--json', 'machine output')
    .action((source: string, destinations: string[], options: RunOptions & { log?: LogSpec; json?: boolean }) => {
      const spec = relaySession(parts, source, destinations, options)
      found({ kind: 'session', spec, json: options.json === true, notes: [] })
    })

  command('run <spec>', 'runs a saved session')
    .addOption(durationOption())
    .option('--report <file>', 'write the report at the end')
    .addOption(logOption())
    .option('--json', 'machine output')
    .option('--force', 'overwrite files that exist, and run the script or ffmpeg that the session names')
    .action((file: string, options: RunOptions & { log?: LogSpec; json?: boolean; force?: boolean }) => {
      const { duration: durationS, report, log, force = false } = options
      found({
        kind: 'run',
        file,
        json: options.json === true,
        overrides: { ...defined({ durationS, report, log }), force },
      })
    })
  return program
}

function durationOption(): Option {
  return new Option('--duration <s>', 'stop after this many seconds').argParser(parseSeconds)
}

function checkOption(): Option {
  return new Option('--check <profile>', 'judge by one profile, and print what is wrong instead of the report').choices(
    RULE_PROFILES,
  )
}

function logOption(): Option {
  return new Option('--log <topics>', 'topic[:topic]@level').argParser(parseLogOption)
}

function listenOption(): Option {
  return new Option('--listen <host:port>', 'address to serve the interface on').argParser(parseHostPort)
}

/** @param form the command with its arguments */
function emptyName(form: string): AppFailure {
  const [name = ''] = form.split(' ')
  return new AppFailure(
    'bad-command-line',
    'An empty name was given.',
    `Check where it was taken from. Right form: ${COMMAND_FORMS[name]}`,
  )
}

function openRequest(
  texts: readonly string[],
  parts: readonly PartDescription[],
  { ...choices }: Record<string, OptionValue | undefined>,
): SessionRequest {
  const byOption = sourceByOption(parts, choices)
  const subject = byOption === undefined ? undefined : subjectOf(byOption)
  const named = texts.map(sourceName)
  if (byOption !== undefined && subject !== undefined) {
    named.push(`${byOption.kind}:${choices[choiceName(subject)]}`)
    delete choices[choiceName(subject)]
  }
  if (named.length === 0) {
    throw new AppFailure('bad-command-line', 'No URL and no capture was named.', `Right form: ${COMMAND_FORMS.open}`)
  }
  const groups = new Set(named.map((one) => openerOf(parts, one)?.pattern.group))
  if (groups.size > 1) {
    throw new AppFailure(
      'bad-command-line',
      'URLs and captures cannot be opened together.',
      'Right form: routescope open URL…, or routescope open CAPTURE…',
    )
  }
  return { sources: named, choices }
}
