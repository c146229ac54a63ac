import type { Choices } from '../contract/choices.ts'
import type { OptionCommand } from '../contract/option-row.ts'
import type { SourceGroup } from '../contract/part-description.ts'
import type { RuleProfile } from '../contract/rule-row.ts'
import type { LogSpec } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'

/** Options of a session as a whole. */
export type RunOptions = {
  readonly duration?: number
  readonly log?: LogSpec
  readonly json?: boolean
  /** Profile that `inspect` judges by. */
  readonly check?: RuleProfile
  /** Set where a command accepts the option only to refuse it. */
  readonly report?: string
}

/** A command that runs a session of parts. */
export type SessionCommand = {
  readonly name: OptionCommand
  /** Arguments, in commander's syntax. */
  readonly words: string
  /** The right form, for a command line that is wrong. */
  readonly form: string
  readonly help: string
  /** Meaning of its arguments: sources, or the subjects of parts in the order of the tables; null: it has none. */
  readonly names: SourceGroup | 'subjects' | null
  readonly inspects?: true
  readonly watches?: true
  /** Defaults of the command. */
  readonly defaults: Choices
  /** Defaults where the source does not end by itself. */
  readonly liveDefaults?: Choices
  /** For a choice, the one to read instead where it is not given. */
  readonly instead?: Readonly<Record<string, string>>
  readonly required?: readonly `--${string}`[]
  /** Options accepted only to refuse them with a reason. */
  readonly refuses?: readonly `--${string}`[]
  /** Kinds of sinks to make that have no subject. */
  readonly sinks?: (choices: Choices) => readonly string[]
  /**
   * Adds choices that follow from others.
   * @throws AppFailure bad-command-line where they contradict each other
   */
  readonly settle?: (choices: Choices, named: readonly string[], run: RunOptions) => Choices
}

/** `receive` and `record` end when nothing of a service arrives for this time; GPAC waits 5 s. */
const GIVES_UP: Choices = { timeoutS: 10 }

const SERVE_FORM = 'routescope serve [--read DIR]… [--write DIR] [--stream /PATH=FILE]… --listen HOST:PORT'
const RECORD_FORM = 'routescope record URL… --capture-out FILE'

/** Every command that runs a session. */
export const SESSION_COMMANDS: readonly SessionCommand[] = [
  {
    name: 'inspect',
    words: '[captures...]',
    form: 'routescope inspect CAPTURE… [--json] [--check PROFILE]',
    help: 'reads captures as fast as possible and prints the report',
    names: 'Open',
    inspects: true,
    settle: (choices, _, { check }) => (check === undefined ? choices : { ...choices, profile: check }),
    defaults: { services: 'all', keepCorrupt: true },
  },
  {
    name: 'receive',
    words: '[urls...]',
    form: 'routescope receive URL… [--out DIR]',
    help: 'receives; writes DIR/serviceN/… as objects complete',
    names: 'Listen',
    defaults: {},
    liveDefaults: GIVES_UP,
  },
  {
    name: 'gateway',
    words: '[urls...]',
    form: 'routescope gateway URL… --listen HOST:PORT',
    help: 'receives and serves over HTTP; goes on serving a capture after its end',
    names: 'Listen',
    defaults: { pace: 'real' },
    instead: { cachedSegments: 'maxSegments' },
    required: ['--listen'],
  },
  {
    name: 'record',
    words: '[urls...]',
    form: RECORD_FORM,
    help: 'writes what arrives to a pcapng, all of it or chosen services',
    names: 'Listen',
    defaults: { services: 'all' },
    liveDefaults: GIVES_UP,
    settle: settleRecord,
  },
  {
    name: 'watch',
    words: '[urls...]',
    form: 'routescope watch URL… [--json] [--profile NAME]',
    help: 'watches for ever: a line where an alarm begins and ends, of like ones only the first',
    names: 'Listen',
    watches: true,
    defaults: { services: 'all' },
  },
  {
    name: 'send',
    words: '[inputs...]',
    form: 'routescope send INPUT… URL',
    help: 'sends a file, a folder or a DASH/HLS manifest as route://, atsc:// or mabr://, several as services of one atsc:// or mabr://; to http:// it is pushed',
    names: 'subjects',
    defaults: {},
    refuses: ['--report'],
    sinks: ({ pace, push }) => (push !== undefined ? ['ingest-objects'] : pace === 'real' ? ['multicast-out'] : []),
    settle: settleSend,
  },
  {
    name: 'serve',
    words: '',
    form: SERVE_FORM,
    help: 'serves over HTTP: folders to read, a folder for uploads, files as live streams',
    names: null,
    defaults: {},
    required: ['--listen'],
    settle: settleServe,
  },
]

/** There is something to serve. */
function settleServe(choices: Choices): Choices {
  const { serveRead, serveWrite, serveStreams } = choices
  if (serveRead === undefined && serveWrite === undefined && serveStreams === undefined) {
    throw new AppFailure('bad-command-line', 'Neither a folder nor a stream was named.', `Right form: ${SERVE_FORM}`)
  }
  return choices
}

/** With chosen services, only packets of these, their signalling and the LLS are recorded. */
function settleRecord(choices: Choices, named: readonly string[]): Choices {
  const { captureOut: file, capture, services } = choices
  if (file === undefined) {
    throw new AppFailure('bad-command-line', 'No file was named.', `Right form: ${RECORD_FORM}`)
  }
  const chosen = services !== undefined && services !== 'all'
  // A capture contains other traffic too; sockets bring joined groups only.
  return chosen || (capture !== undefined && named.length > 0) ? { ...choices, joinedOnly: true } : choices
}

/** Sends in real time to the network, and as fast as possible into a capture. */
function settleSend(choices: Choices, _named: readonly string[], { report, duration }: RunOptions): Choices {
  if (report !== undefined) {
    throw new AppFailure(
      'bad-command-line',
      `--report ${report}: nothing is received while sending, so there is nothing to report.`,
      'Use --capture-out FILE, then routescope inspect FILE.',
    )
  }
  const { captureOut, loop = 1, selfCheck } = choices
  const { pace = captureOut === undefined || selfCheck === true ? 'real' : 'fast' } = choices
  if (pace === 'fast' && selfCheck === true) {
    throw new AppFailure(
      'bad-command-line',
      '--self-check receives from the network, and --pace fast only writes a capture.',
      'Leave one of the two out.',
    )
  }
  if (Number(loop) > 1) {
    throw new AppFailure(
      'bad-command-line',
      `--loop ${loop}: a sender repeats for ever or not at all.`,
      'Use --loop, with --duration to end it.',
    )
  }
  if (pace === 'fast' && captureOut === undefined) {
    throw new AppFailure(
      'bad-command-line',
      '--pace fast would flood the network.',
      'Right form: routescope send INPUT URL --pace fast --capture-out FILE.',
    )
  }
  if (pace === 'fast' && loop === 0 && duration === undefined) {
    throw new AppFailure('bad-command-line', '--pace fast with --loop never ends.', 'Add --duration S.')
  }
  return { ...choices, pace }
}
