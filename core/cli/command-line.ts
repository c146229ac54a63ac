import { Command, CommanderError, Option } from 'commander'
import type { HostPort } from '../contract/option-values.ts'
import type { ReceiveChoices } from '../contract/receive-options.ts'
import { DEFAULT_RECEIVE, type LogSpec } from '../contract/session-spec.ts'
import type { SessionSpec1, SinkSpec } from '../contract/session-spec-1.ts'
import type { InitialRequest } from '../contract/shell-api.ts'
import { parseLogOption } from '../engine/spec/log-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parseHostPort, parseSeconds } from './argument-values.ts'
import { addReceiveOptions, choicesOf, receivingSources } from './receive-arguments.ts'
import { RECORD_FORM, recordCommand } from './record-arguments.ts'
import { sendCommand } from './send-arguments.ts'
import {
  type CommonOptions,
  captureOption,
  commonOptions,
  type ReceiveOptions,
  reportSinks,
  session,
} from './session-arguments.ts'

/** What a command line asks for, before anything is opened. */
export type CliRequest =
  | { readonly kind: 'open'; readonly request: InitialRequest; readonly window: boolean; readonly listen: HostPort }
  | { readonly kind: 'inspect'; readonly spec: SessionSpec1; readonly json: boolean }
  | { readonly kind: 'session'; readonly spec: SessionSpec1; readonly json: boolean }
  | { readonly kind: 'run'; readonly file: string; readonly json: boolean; readonly overrides: RunOverrides }
  | { readonly kind: 'text'; readonly text: string }

/** What `run` says itself, over the saved session. */
export type RunOverrides = { readonly durationS?: number; readonly report?: string; readonly log?: LogSpec }

/** Words of GPAC's grammar, which has its place here and is not read yet. */
const GPAC_FIRST_WORDS = ['-i', '-o', '-play', '-src', '-dst']

/**
 * Reads the arguments after the program's name.
 * @throws AppFailure bad-command-line, with one line that says what is wrong and the right form
 */
export function readCommandLine(args: readonly string[], version: string): CliRequest {
  const first = args[0]
  if (first !== undefined && (GPAC_FIRST_WORDS.includes(first) || first.startsWith('-logs='))) {
    throw new AppFailure(
      'not-supported',
      `"${first}": GPAC's grammar is not read by this version.`,
      'Use routescope receive, gateway or send; routescope --help lists them.',
    )
  }
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
    return { kind: 'open', request: { kind: 'none' }, window: true, listen: { host: '127.0.0.1', port: 0 } }
  }
  return request
}

/** What commander would have printed as help or version; kept here so that this file prints nothing. */
let helpText = ''

function badCommandLine(error: CommanderError, args: readonly string[]): AppFailure {
  // Commander puts its "Did you mean" on a line of its own.
  const sentence = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.?$/, '.')
  const command = COMMAND_FORMS[args[0] ?? '']
  return new AppFailure(
    'bad-command-line',
    sentence.charAt(0).toUpperCase() + sentence.slice(1),
    command === undefined
      ? 'Commands: open, inspect, receive, gateway, record, send, run; routescope --help explains them.'
      : `Right form: ${command}`,
  )
}

const COMMAND_FORMS: Record<string, string> = {
  open: 'routescope open URL…, or routescope open CAPTURE…',
  inspect: 'routescope inspect CAPTURE… [--json]',
  receive: 'routescope receive URL… [--out DIR]',
  gateway: 'routescope gateway URL… --listen HOST:PORT',
  record: RECORD_FORM,
  send: 'routescope send INPUT URL',
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
    .addOption(new Option('--listen <host:port>', 'where to serve the interface').argParser(parseHostPort))
    .allowExcessArguments(false)
    .action((options) => {
      found({
        kind: 'open',
        request: options.demo ? { kind: 'demo' } : { kind: 'none' },
        window: options.window,
        listen: options.listen ?? { host: '127.0.0.1', port: 0 },
      })
    })

  const command = (form: string, what: string): Command =>
    quiet(program.command(form)).description(what).allowExcessArguments(false)

  const opening = addReceiveOptions(
    command('open <sources...>', 'opens the app on URLs or capture files')
      .option('--no-window', 'serve the interface to a browser even where there is a display')
      .addOption(new Option('--listen <host:port>', 'where to serve the interface').argParser(parseHostPort)),
    'open',
    'basic',
  )
  addReceiveOptions(opening, 'open', 'expert').action((named: string[], options) => {
    found({
      kind: 'open',
      request: openRequest(named, choicesOf('open', options)),
      window: options.window,
      listen: options.listen ?? { host: '127.0.0.1', port: 0 },
    })
  })

  const inspecting = command('inspect <captures...>', 'reads captures as fast as possible and prints the report')
  addReceiveOptions(inspecting, 'inspect', 'basic')
  addReceiveOptions(commonOptions(inspecting), 'inspect', 'expert').action(
    (files: string[], options: CommonOptions) => {
      found({
        kind: 'inspect',
        json: options.json === true,
        spec: session(
          'inspect',
          receivingSources({
            urls: [],
            capture: files,
            pace: options.pace ?? 'fast',
            loop: options.loop ?? 1,
            linkType: options.linkType,
            choices: { ...choicesOf('inspect', options), keepCorrupt: true },
            services: 'all',
            givesUp: false,
          }),
          reportSinks(options),
          options,
        ),
      })
    },
  )

  receiveCommand(command('receive [urls...]', 'receives; writes DIR/serviceN/… as objects complete'), 'receive').action(
    (urls: string[], options: ReceiveOptions) => {
      const choices = choicesOf('receive', options)
      const sinks: SinkSpec[] = []
      if (choices.out !== undefined) {
        const { out: dir, maxSegments = 0, splitTsi = false } = choices
        sinks.push({ id: 'folder', kind: 'folder', dir, maxSegments, splitTsi })
      }
      found({
        kind: 'session',
        json: options.json === true,
        spec: session(
          'receive',
          receivingSources({
            urls,
            capture: options.capture,
            pace: options.pace ?? 'fast',
            loop: options.loop ?? 1,
            linkType: options.linkType,
            choices,
            services: DEFAULT_RECEIVE.services,
            givesUp: true,
          }),
          [...sinks, ...reportSinks(options)],
          options,
        ),
      })
    },
  )

  receiveCommand(
    command('gateway [urls...]', 'receives and serves over HTTP; a capture stays served when it is over')
      .requiredOption('--listen <host:port>', 'address to serve on', parseHostPort)
      .addOption(
        new Option('--cors <mode>', 'answer cross-origin requests').choices(['auto', 'on', 'off']).default('auto'),
      ),
    'gateway',
  ).action((urls: string[], options: ReceiveOptions & { listen: HostPort; cors: 'auto' | 'on' | 'off' }) => {
    const choices = choicesOf('gateway', options)
    found({
      kind: 'session',
      json: options.json === true,
      spec: session(
        'gateway',
        receivingSources({
          urls,
          capture: options.capture,
          pace: options.pace ?? 'real',
          loop: options.loop ?? 1,
          linkType: options.linkType,
          choices,
          services: DEFAULT_RECEIVE.services,
          givesUp: false,
        }),
        [
          {
            id: 'gateway',
            kind: 'gateway',
            host: options.listen.host,
            port: options.listen.port,
            maxSegments: choices.cachedSegments ?? choices.maxSegments ?? 0,
            cors: options.cors,
          },
          ...reportSinks(options),
        ],
        options,
      ),
    })
  })

  const runs = (spec: SessionSpec1, json: boolean): void => found({ kind: 'session', spec, json })
  recordCommand(command('record [urls...]', 'writes what arrives to a pcapng, all of it or chosen services'), runs)

  sendCommand(
    command('send <input> <url>', 'sends a file, a folder or a DASH/HLS manifest as route:// or atsc://'),
    runs,
  )

  command('run <spec>', 'runs a saved session')
    .addOption(new Option('--duration <s>', 'stop after so many seconds').argParser(parseSeconds))
    .option('--report <file>', 'write the report at the end')
    .addOption(new Option('--log <topics>', 'topic[:topic]@level').argParser(parseLogOption))
    .option('--json', 'machine output')
    .action((file: string, options: { duration?: number; report?: string; log?: LogSpec; json?: boolean }) => {
      found({
        kind: 'run',
        file,
        json: options.json === true,
        overrides: {
          ...(options.duration === undefined ? {} : { durationS: options.duration }),
          ...(options.report === undefined ? {} : { report: options.report }),
          ...(options.log === undefined ? {} : { log: options.log }),
        },
      })
    })
  return program
}

function openRequest(named: readonly string[], choices: ReceiveChoices): InitialRequest {
  const urls = named.filter((one) => /^[a-z]+:\/\//i.test(one))
  if (urls.length === 0) return { kind: 'capture', files: named, choices }
  if (urls.length === named.length) return { kind: 'url', url: urls.join(' '), choices }
  throw new AppFailure(
    'bad-command-line',
    'URLs and captures cannot be opened together.',
    'Right form: routescope open URL…, or routescope open CAPTURE…',
  )
}

/** What `receive` and `gateway` have in common: everyday options first, expert ones in groups below. */
function receiveCommand(command: Command, name: 'receive' | 'gateway'): Command {
  captureOption(addReceiveOptions(command, name, 'basic'))
  return addReceiveOptions(commonOptions(command), name, 'expert')
}
