import { type Command, Option } from 'commander'
import type { BroadcastSink, SessionSpec1 } from '../contract/session-spec-1.ts'
import { DEFAULT_BROADCAST } from '../engine/spec/spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parseCount } from './argument-values.ts'
import { type CommonOptions, outputOptions, reportSinks, session } from './session-arguments.ts'

type SendOptions = CommonOptions & {
  readonly interface?: string
  readonly mtu?: number
  readonly carousel?: number
  readonly ttl?: number
  readonly korean?: boolean
  readonly serviceId?: number
  readonly serviceName?: string
}

/** `send`: its options, and the session they ask for. */
export function sendCommand(command: Command, found: (spec: SessionSpec1, json: boolean) => void): void {
  outputOptions(command)
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
    .action((input: string, url: string, options: SendOptions) =>
      found(sendSpec(input, url, options), options.json === true),
    )
}

function sendSpec(input: string, url: string, options: SendOptions): SessionSpec1 {
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
  return session(
    'send',
    [{ id: 'source', kind: 'presentation', input, loop }],
    [broadcast, ...reportSinks(options)],
    options,
  )
}
