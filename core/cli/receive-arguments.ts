import { type Command, InvalidArgumentError, Option } from 'commander'
import { readReceiveOption, receiveOptions, receiveSpecOf, socketFieldsOf } from '../contract/receive-choices.ts'
import type {
  ReceiveChoices,
  ReceiveCommand,
  ReceiveOption,
  ReceiveOptionKey,
  ReceiveOptionType,
} from '../contract/receive-options.ts'
import type { Pace, TuneIn, UserLinkType } from '../contract/session-spec.ts'
import type { SourceSpec } from '../contract/session-spec-1.ts'
import { AppFailure } from '../failure/app-failure.ts'

/** `receive` gives up when nothing of a service came for so long; GPAC waits 5 s. */
const RECEIVE_TIMEOUT_S = 10

/** Adds the options of the table that a command has: everyday ones among its own, the rest in groups below. */
export function addReceiveOptions(command: Command, name: ReceiveCommand, level: ReceiveOption['level']): Command {
  for (const row of receiveOptions(name)) {
    if (row.level !== level) continue
    const option = optionOf(row)
    command.addOption(level === 'basic' ? option : option.helpGroup(`Expert options, ${row.group.toLowerCase()}:`))
  }
  return command
}

function optionOf(row: ReceiveOption): Option {
  const { type } = row
  if (type.kind === 'flag' || type.kind === 'negated') return new Option(row.option, row.help)
  const value = type.kind === 'number' ? (NUMBER_WORDS[type.unit] ?? 'n') : VALUE_WORDS[type.kind]
  const shown = type.kind === 'switch' || type.kind === 'choice' || type.kind === 'bytes' || type.kind === 'number'
  const standard = shown && row.standard !== null ? ` (default ${written(row.standard)})` : ''
  const word = type.kind === 'list' ? (type.of === 'url' ? 'url' : 'addr') : value
  const option = new Option(`${row.option} <${word}>`, `${row.help}${standard}`)
  return option.argParser((text: string, before: unknown) => {
    const reading = readReceiveOption(row, text)
    if (!reading.ok) throw new InvalidArgumentError(`it ${reading.problem}`)
    return type.kind === 'list' ? [...((before as string[] | undefined) ?? []), reading.value] : reading.value
  })
}

const NUMBER_WORDS: Readonly<Record<string, string>> = { ms: 'ms', '%': 'percent' }
const VALUE_WORDS: Readonly<Record<Exclude<ReceiveOptionType['kind'], 'flag' | 'negated' | 'number'>, string>> = {
  switch: 'on|off',
  choice: 'mode',
  duration: 's',
  bytes: 'bytes',
  list: 'one',
  services: 'which',
  folder: 'dir',
}

function written(value: boolean | number | string): string {
  return value === true ? 'on' : value === false ? 'off' : String(value)
}

/** What of the table a command line chose. */
export function choicesOf(name: ReceiveCommand, options: Readonly<Record<string, unknown>>): ReceiveChoices {
  const chosen: Record<string, unknown> = {}
  for (const row of receiveOptions(name)) {
    const value = options[optionOf(row).attributeName()]
    // Commander says true of every `--no-…` that was not given.
    if (value === undefined || (row.type.kind === 'negated' && value === true)) continue
    chosen[row.key satisfies string as ReceiveOptionKey] = value
  }
  return chosen as ReceiveChoices
}

/** What a command line says of its sources, and what the command makes of that. */
export type SourceArguments = {
  readonly urls: readonly string[]
  readonly capture: readonly string[] | undefined
  readonly pace: Pace
  readonly loop: number
  readonly linkType: UserLinkType | undefined
  readonly choices: ReceiveChoices
  /** Which services, where nothing is said of them. */
  readonly services: TuneIn
  /** `receive` does not wait for ever. */
  readonly givesUp: boolean
}

/**
 * The sources that a command line names: each URL one, or the captures together one.
 * @throws AppFailure bad-command-line
 */
export function receivingSources(named: SourceArguments): SourceSpec[] {
  const { urls, capture, choices } = named
  for (const url of urls) {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) continue
    throw new AppFailure(
      'bad-command-line',
      `${url} is no URL.`,
      `Right form: route://IP:PORT, mabr://IP:PORT or atsc://; a capture is read with --capture ${url}.`,
    )
  }
  const { repair, repairUrls = [] } = choices
  if (repairUrls.length > 0 && repair !== undefined && repair !== 'http') {
    throw new AppFailure(
      'bad-command-line',
      `--repair ${repair} does not fetch anything, and --repair-url ${repairUrls[0]} names a server.`,
      'Leave one of the two out; --repair-url alone means --repair http.',
    )
  }
  const patient = choices.timeoutS !== undefined || !named.givesUp || capture !== undefined
  const receive = receiveSpecOf(patient ? choices : { ...choices, timeoutS: RECEIVE_TIMEOUT_S }, named.services)
  if (capture === undefined) {
    if (urls.length === 0) {
      throw new AppFailure(
        'bad-command-line',
        'Neither a URL nor a capture was named.',
        'Right form: routescope receive route://IP:PORT, mabr://IP:PORT or atsc://, or with --capture FILE.',
      )
    }
    const only = urls.length === 1
    return urls.map((url, at) => ({
      id: only ? 'source' : `source${at + 1}`,
      kind: 'multicast',
      url,
      ...socketFieldsOf(choices),
      receive,
    }))
  }
  const [url, ...others] = urls
  if (others.length > 0) {
    throw new AppFailure(
      'bad-command-line',
      `${urls.length} URLs were named beside --capture; one says what to receive from it.`,
      'Name one, or none to receive all that can be found.',
    )
  }
  const { timeoutS: _, ...untimed } = receive
  return [
    {
      id: 'source',
      kind: 'capture',
      files: capture,
      pace: named.pace,
      loop: named.loop,
      ...(named.linkType === undefined ? {} : { linkType: named.linkType }),
      ...(url === undefined ? {} : { url }),
      receive: untimed,
    },
  ]
}
