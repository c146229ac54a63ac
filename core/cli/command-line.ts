import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { ReceiveChoices } from '../contract/receive-options.ts'
import {
  type BroadcastSink,
  DEFAULT_RECEIVE,
  type LogSpec,
  type Pace,
  type SessionSpec,
  type SinkSpec,
  type SourceSpec,
  type UserLinkType,
} from '../contract/session-spec.ts'
import type { InitialRequest } from '../contract/shell-api.ts'
import { DEFAULT_BROADCAST, parseLogOption } from '../engine/spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { addReceiveOptions, choicesOf, receivingSources } from './receive-arguments.ts'

/** What a command line asks for, before anything is opened. */
export type CliRequest =
  | { readonly kind: 'open'; readonly request: InitialRequest; readonly window: boolean; readonly listen: HostPort }
  | { readonly kind: 'inspect'; readonly spec: SessionSpec; readonly json: boolean }
  | { readonly kind: 'session'; readonly spec: SessionSpec; readonly json: boolean }
  | { readonly kind: 'run'; readonly file: string; readonly json: boolean; readonly overrides: RunOverrides }
  | { readonly kind: 'text'; readonly text: string }

export type HostPort = { readonly host: string; readonly port: number }
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
  record: 'routescope record URL… --capture-out FILE',
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

  recordCommand(command, (request) => found(request))

  outputOptions(command('send <input> <url>', 'sends a file, a folder or a DASH/HLS manifest as route:// or atsc://'))
    .option('--interface <addr>', 'multicast interface, by address or name')
    .addOption(
      new Option('--pace <pace>', 'real: at the speed of the media; fast: at once, only into --capture-out').choices([
        'fast',
        'real',
      ]),
    )
    .addOption(
      new Option('--loop [n]', 'repeat a static presentation for ever as one live service')
        .argParser(parseCount)
        .preset(0),
    )
    .addOption(new Option('--mtu <bytes>', 'largest LCT packet').argParser(parseCount))
    .addOption(new Option('--carousel <ms>', 'period of signalling').argParser(parseCount))
    .addOption(new Option('--ttl <n>', 'multicast time to live').argParser(parseCount))
    .option('--korean', 'Korean flavour of the signalling')
    .addOption(new Option('--service-id <n>', 'service id').argParser(parseCount))
    .option('--service-name <name>', 'short service name')
    // Taken in order to say why it is refused.
    .addOption(new Option('--report <file>').hideHelp())
    .action((input: string, url: string, options: SendOptions) => found(sendRequest(input, url, options)))

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

type CommonOptions = {
  readonly linkType?: UserLinkType
  readonly pace?: Pace
  readonly loop?: number
  readonly duration?: number
  readonly report?: string
  readonly captureOut?: string
  readonly log?: LogSpec
  readonly json?: boolean
}
type ReceiveOptions = CommonOptions & { readonly capture?: readonly string[] }
type SendOptions = CommonOptions & {
  readonly interface?: string
  readonly mtu?: number
  readonly carousel?: number
  readonly ttl?: number
  readonly korean?: boolean
  readonly serviceId?: number
  readonly serviceName?: string
}

function outputOptions(command: Command): Command {
  return command
    .addOption(new Option('--duration <s>', 'stop after so many seconds').argParser(parseSeconds))
    .option('--capture-out <file>', 'write packets to this pcapng')
    .addOption(new Option('--log <topics>', 'topic[:topic]@level').argParser(parseLogOption))
    .option('--json', 'machine output on stdout')
}

function commonOptions(command: Command): Command {
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

/** What `receive` and `gateway` have in common: everyday options first, expert ones in groups below. */
function receiveCommand(command: Command, name: 'receive' | 'gateway'): Command {
  addReceiveOptions(command, name, 'basic').addOption(
    new Option('--capture <file>', 'take packets from this capture (may be repeated)').argParser(
      (file: string, previous: string[] | undefined) => [...(previous ?? []), file],
    ),
  )
  return addReceiveOptions(commonOptions(command), name, 'expert')
}

type RecordOptions = ReceiveOptions & {
  readonly comment?: string
  readonly snap?: number
  readonly rotateSize?: number
  readonly rotateTime?: number
}

/** `record`: what arrives, as a capture. Asked for services, only their packets, those of their signalling and the LLS. */
function recordCommand(command: (form: string, what: string) => Command, found: (request: CliRequest) => void): void {
  const recording = command('record [urls...]', 'writes what arrives to a pcapng, all of it or chosen services')
  addReceiveOptions(recording, 'record', 'basic')
    .addOption(
      new Option('--capture <file>', 'take packets from this capture (may be repeated)').argParser(
        (file: string, previous: string[] | undefined) => [...(previous ?? []), file],
      ),
    )
    .option('--comment <text>', 'words kept in the file')
    .addOption(
      new Option('--rotate-size <bytes>', 'a new file after so many bytes, such as 100M').argParser(parseByteCount),
    )
    .addOption(new Option('--rotate-time <s>', 'a new file after so many seconds').argParser(parseSeconds))
    .addOption(new Option('--snap <bytes>', 'keep so many bytes of each packet').argParser(parseByteCount))
  addReceiveOptions(commonOptions(recording), 'record', 'expert').action((urls: string[], options: RecordOptions) => {
    const { captureOut: file, comment, snap, rotateSize, rotateTime, capture } = options
    if (file === undefined) {
      throw new AppFailure('bad-command-line', 'No file was named.', `Right form: ${COMMAND_FORMS.record}`)
    }
    if (capture?.includes(file)) {
      throw new AppFailure('bad-command-line', `${file} cannot be read and written at once.`, 'Name another file.')
    }
    const choices = choicesOf('record', options)
    const chosen = choices.services !== undefined && choices.services !== 'all'
    const { captureOut: _, ...others } = options
    const sink: SinkSpec = {
      id: 'capture',
      kind: 'capture',
      file,
      // A capture brings what is wanted among other traffic; sockets bring what was joined.
      ...(chosen || (capture !== undefined && urls.length > 0) ? { joinedOnly: true } : {}),
      ...(comment === undefined ? {} : { comment }),
      ...(snap === undefined ? {} : { snapBytes: snap }),
      ...(rotateSize === undefined ? {} : { rotateBytes: rotateSize }),
      ...(rotateTime === undefined ? {} : { rotateSeconds: rotateTime }),
    }
    found({
      kind: 'session',
      json: options.json === true,
      spec: session(
        'record',
        receivingSources({
          urls,
          capture,
          pace: options.pace ?? 'fast',
          loop: options.loop ?? 1,
          linkType: options.linkType,
          choices,
          services: 'all',
          givesUp: true,
        }),
        [sink, ...reportSinks(others)],
        options,
      ),
    })
  })
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

function session(
  name: string,
  sources: readonly SourceSpec[],
  sinks: readonly SinkSpec[],
  options: CommonOptions,
): SessionSpec {
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

function sendRequest(input: string, url: string, options: SendOptions): CliRequest {
  if (options.report !== undefined) {
    throw new AppFailure(
      'bad-command-line',
      `--report ${options.report}: nothing is received while sending, so there is nothing to report.`,
      'Use --capture-out FILE, then routescope inspect FILE.',
    )
  }
  const pace = options.pace ?? (options.captureOut === undefined ? 'real' : 'fast')
  const loop = options.loop === 0
  if (options.loop !== undefined && options.loop > 1) {
    throw new AppFailure(
      'bad-command-line',
      `--loop ${options.loop}: a sender repeats for ever or not at all.`,
      'Use --loop, with --duration to end it.',
    )
  }
  if (pace === 'fast' && options.captureOut === undefined) {
    throw new AppFailure(
      'bad-command-line',
      '--pace fast would flood the network.',
      'Right form: routescope send INPUT URL --pace fast --capture-out FILE.',
    )
  }
  if (pace === 'fast' && loop && options.duration === undefined) {
    throw new AppFailure('bad-command-line', '--pace fast with --loop never ends.', 'Add --duration S.')
  }
  const broadcast: BroadcastSink = {
    ...DEFAULT_BROADCAST,
    id: 'broadcast',
    url,
    pace,
    ...(options.interface === undefined ? {} : { interface: options.interface }),
    ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
    ...(options.carousel === undefined ? {} : { carouselMs: options.carousel }),
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(options.korean === true ? { flavour: 'korean' as const } : {}),
    ...(options.serviceId === undefined ? {} : { serviceId: options.serviceId }),
    ...(options.serviceName === undefined ? {} : { serviceName: options.serviceName }),
  }
  return {
    kind: 'session',
    json: options.json === true,
    spec: session(
      'send',
      [{ id: 'source', kind: 'presentation', input, loop }],
      [broadcast, ...reportSinks(options)],
      options,
    ),
  }
}

function reportSinks(options: CommonOptions): SinkSpec[] {
  const sinks: SinkSpec[] = []
  if (options.report !== undefined) sinks.push({ id: 'report', kind: 'report', file: options.report })
  if (options.captureOut !== undefined) sinks.push({ id: 'capture', kind: 'capture', file: options.captureOut })
  return sinks
}

function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535)
    throw new InvalidArgumentError('it is HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:8080')
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port }
}

/** Bytes, also as `512K`, `100M` or `2G`, by 1024. */
function parseByteCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text)
  const unit = 1024 ** ['', 'k', 'm', 'g'].indexOf((match?.[2] ?? '').toLowerCase())
  const value = match === null ? 0 : Math.round(Number(match[1]) * unit)
  if (value < 64 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('it is a number of bytes from 64, such as 1500, 512K or 100M')
  }
  return value
}

function parseCount(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('it is a whole number from 0')
  return value
}

function parseSeconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('it is a number of seconds above 0')
  return value
}
