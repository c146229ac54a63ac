import { type Choices, choiceName, readProperties } from '../contract/choices.ts'
import { defined } from '../contract/defined.ts'
import { writeOption } from '../contract/option-values.ts'
import type { PartDescription } from '../contract/part-description.ts'
import type { OptionValue, PartSpec, SessionSpec } from '../contract/session-spec.ts'
import { withoutCredentials } from '../contract/shown-url.ts'
import { openerOf } from '../contract/source-patterns.ts'
import { chosenParts, openedParts, partOf, sourceByOption, sourceName } from '../engine/spec/compose.ts'
import { returnSource } from '../engine/spec/send-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { RunOptions, SessionCommand } from './session-commands.ts'

/**
 * Makes the session of a command line.
 * @param named its arguments
 * @throws AppFailure bad-command-line
 */
export function commandSession(
  command: SessionCommand,
  parts: readonly PartDescription[],
  named: readonly string[],
  chosen: Choices,
  run: RunOptions,
): SessionSpec {
  const settled = command.settle?.(chosen, named, run) ?? chosen
  checkRepair(settled)
  const choices: Record<string, OptionValue | undefined> = {
    ...command.defaults,
    ...(command.names === 'subjects' ? subjects(command, parts, named) : {}),
    ...settled,
  }
  for (const [name, other] of Object.entries(command.instead ?? {})) choices[name] ??= choices[other]
  pushInstead(choices)
  const texts = command.names === 'subjects' ? [] : named
  const source = sourceByOption(parts, choices)
  if (source?.ends !== true && command.names === 'Listen')
    Object.assign(choices, { ...command.liveDefaults, ...settled })
  const sources =
    source === undefined
      ? namedSources(command, parts, texts, choices)
      : command.names === 'subjects'
        ? inputsOf(command, source, named, choices)
        : [optionSource(command, source, texts, choices)]
  const back = choices.selfCheck === true ? returnSource(parts, choices, String(choices.destination)) : []
  return {
    format: 'routescope-session',
    version: 2,
    name: command.name,
    parts: [...sources, ...back, ...chosenParts(parts, choices, command.sinks?.(choices))],
    ...defined({ durationS: run.duration, log: run.log }),
  }
}

/**
 * A presentation that is sent to a web address is pushed there.
 * @throws AppFailure bad-command-line for options that need packets
 */
function pushInstead(choices: Record<string, OptionValue | undefined>): void {
  const { destination, captureOut, selfCheck } = choices
  if (typeof destination !== 'string' || !/^https?:/i.test(destination)) return
  if (captureOut !== undefined || selfCheck === true)
    throw new AppFailure(
      'bad-command-line',
      `Nothing is sent in packets to ${withoutCredentials(destination)}, which files are pushed to.`,
      'Leave out --capture-out and --self-check.',
    )
  choices.push = [destination]
  choices.destination = undefined
}

/** What is said of chosen options that are for a sink which the session does without: one sentence each. */
export function idleChoices(
  { name }: SessionCommand,
  parts: readonly PartDescription[],
  chosen: Choices,
  { parts: made }: SessionSpec,
): string[] {
  const [present, absent] = [true, false].map((isMade) =>
    parts.filter(({ kind }) => made.some((each) => each.kind === kind) === isMade),
  ) as [PartDescription[], PartDescription[]]
  const used = new Set(present.flatMap(({ options }) => options.map(choiceName)))
  return absent.flatMap(({ title, help, takes, gives, options }) =>
    takes === null || gives !== null
      ? []
      : options.flatMap((row) => {
          const value = chosen[choiceName(row)]
          if (value === undefined || !row.commands.includes(name) || used.has(choiceName(row))) return []
          const written = writeOption(row, value)
          const named = [row.option, ...(written.ok ? written.texts : [])].join(' ')
          return [`${named} changes nothing here: it is for "${title}", which ${help}, and this session has none.`]
        }),
  )
}

/**
 * Assigns arguments to the options without a `--` name, in the order of the tables; of the first there may be several.
 * @throws AppFailure bad-command-line
 */
function subjects(command: SessionCommand, parts: readonly PartDescription[], named: readonly string[]): Choices {
  const rows = parts.flatMap(({ options }) =>
    options.filter(({ option, subject, commands }) => option === null && subject && commands.includes(command.name)),
  )
  const more = named.length - rows.length
  if (more < 0) {
    throw new AppFailure(
      'bad-command-line',
      named.length === 0 ? 'Nothing was named to send.' : `Only "${named.join(' ')}" was named.`,
      `Right form: ${command.form}`,
    )
  }
  return Object.fromEntries(rows.map((row, at) => [choiceName(row), named[at === 0 ? 0 : at + more]]))
}

/**
 * A source for each of the arguments before the last, with the properties behind its name.
 * @throws AppFailure bad-command-line
 */
function inputsOf(
  { form }: SessionCommand,
  part: PartDescription,
  named: readonly string[],
  choices: Choices,
): PartSpec[] {
  const subject = part.options.find((row) => row.subject)
  if (subject === undefined) throw new RangeError(`${form}: ${part.kind} has no subject`)
  const inputs = named.slice(0, -1)
  return inputs.map((input, at) => {
    const read = readProperties(part.options, input)
    if ('fault' in read)
      throw new AppFailure('bad-command-line', read.fault, 'Right form: INPUT:#NAME=VALUE:#NAME=VALUE.')
    const own = { ...choices, ...read.choices, [choiceName(subject)]: read.name }
    return partOf(part, inputs.length === 1 ? 'source' : `source${at + 1}`, own)
  })
}

/** Makes the source that an option names; a URL beside it selects what to receive. */
function optionSource(
  { name: command }: SessionCommand,
  part: PartDescription,
  texts: readonly string[],
  choices: Choices,
): PartSpec {
  texts.forEach(checkUrl)
  const [text, ...others] = texts
  if (others.length > 0) {
    throw new AppFailure(
      'bad-command-line',
      `${texts.length} URLs were named beside --capture; one names what to receive from it.`,
      'Name one, or none to receive all that can be found.',
    )
  }
  const argument = part.options.find(
    ({ option, subject, commands }) => option === null && subject !== true && commands.includes(command),
  )
  return partOf(part, 'source', argument === undefined ? choices : { ...choices, [choiceName(argument)]: text })
}

/** Makes the sources that arguments name: one for each URL, or one for all captures. */
function namedSources(
  command: SessionCommand,
  parts: readonly PartDescription[],
  texts: readonly string[],
  choices: Choices,
): PartSpec[] {
  const group = command.names === 'subjects' || command.names === null ? undefined : command.names
  const sources = group === 'Open' ? texts : texts.map(sourceName)
  const openers = sources.map((text) => {
    const opener = openerOf(parts, text, group)
    if (opener === null) throw noUrl(text)
    return opener
  })
  if (texts.length === 0) {
    throw new AppFailure(
      'bad-command-line',
      'Neither a URL nor a capture was named.',
      command.names === 'Open'
        ? `Right form: ${command.form}`
        : 'Right form: routescope receive route://IP:PORT, mabr://IP:PORT or atsc://, or with --capture FILE.',
    )
  }
  return openedParts(sources, openers, choices)
}

function checkUrl(text: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw noUrl(text)
}

function noUrl(text: string): AppFailure {
  return new AppFailure(
    'bad-command-line',
    `${text} is no URL.`,
    `Right form: route://IP:PORT, mabr://IP:PORT or atsc://; a capture is read with --capture ${text}.`,
  )
}

/** Refuses a repair server where nothing is fetched. */
function checkRepair({ repair, repairUrls }: Choices): void {
  const [url] = Array.isArray(repairUrls) ? repairUrls : []
  if (url === undefined || repair === undefined || repair === 'http') return
  throw new AppFailure(
    'bad-command-line',
    `--repair ${repair} does not fetch anything, and --repair-url ${url} names a server.`,
    'Leave one of the two out; --repair-url alone means --repair http.',
  )
}
