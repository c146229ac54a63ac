import { APP_DEFAULTS } from '../../core/contract/app-defaults.ts'
import { type Choices, checkedChoices, choiceName, commandOptions, optionsOf } from '../../core/contract/choices.ts'
import type { SessionRequest } from '../../core/contract/open-request.ts'
import type { OptionRow } from '../../core/contract/option-row.ts'
import type { PartDescription, SourceGroup } from '../../core/contract/part-description.ts'
import { type Opener, openerOf } from '../../core/contract/source-patterns.ts'
import { exposuresTo } from './exposure.ts'

/** Group of the live sources. */
const LIVE: SourceGroup = 'Listen'

/** The app's defaults where they differ from the tables. */
export function appDefaults(group: SourceGroup): Choices {
  return APP_DEFAULTS[group]
}

/** The options that `open` takes by name. */
export function openOptions(parts: readonly PartDescription[]): readonly OptionRow[] {
  return commandOptions(parts, 'open').filter(({ option }) => option !== null)
}

/**
 * The options of a form without those of other sources than the typed ones, which are what `text` opens. The subject of a
 * source is the text itself, and the interfaces to join on have a field of their own.
 */
export function formRows(parts: readonly PartDescription[], group: SourceGroup, text = ''): readonly OptionRow[] {
  const opened = text
    .trim()
    .split(/\s+/)
    .map((word) => sourceOf(parts, word)?.part)
  const used = parts.filter(
    (part) => (opened.includes(part) || opened.includes(undefined) || !isSource(part)) && !passesOn(part),
  )
  return openOptions(group === LIVE ? used : parts.filter((part) => !passesOn(part))).filter(
    (row) => row.key !== JOINED && row.subject !== true && (group === LIVE || !isLive(row)),
  )
}

/** The options of what passes on received files: pushes to other servers, and an origin of this one. */
export function passOnRows(parts: readonly PartDescription[]): readonly OptionRow[] {
  return openOptions(parts.filter(passesOn))
}

/** What a person is asked once before received files are served to other computers. @param rows of `passOnRows` */
export function exposuresOfPassing(rows: readonly OptionRow[], choices: Choices): readonly string[] {
  return rows.flatMap((row) => {
    const value = choices[choiceName(row)]
    const isAddress = row.type.kind === 'text' && row.type.of === 'endpoint'
    return isAddress && typeof value === 'string' ? exposuresTo(value, 'can read what is received') : []
  })
}

/** Whether a part gives what it takes to an address that a person names. */
function passesOn({ takes, gives, options }: PartDescription): boolean {
  const isNamed = options.some(({ subject, commands }) => subject === true && commands.includes('open'))
  return takes !== null && gives === null && isNamed
}

/** Key of the interfaces that a source joins on. */
const JOINED = 'interfaces'

/** Whether a source joins groups on interfaces. */
export function joins({ part }: Opener): boolean {
  return part.options.some(({ key }) => key === JOINED)
}

function isSource({ opens = [] }: PartDescription): boolean {
  return opens.some(({ group }) => group === LIVE)
}

/** The kinds of live sources, most general pattern first: parts are in the order in which their patterns are tried. */
export function sourcesOf(parts: readonly PartDescription[]): readonly Opener[] {
  return [...parts]
    .reverse()
    .flatMap((part) => (part.opens ?? []).map((pattern) => ({ part, pattern })))
    .filter(({ pattern }) => pattern.group === LIVE)
}

/** The live source that a text opens; null: none. */
export function sourceOf(parts: readonly PartDescription[], text: string): Opener | null {
  return openerOf(parts, text, LIVE)
}

/** Whether a source of the request has this option. */
export function takesOption(parts: readonly PartDescription[], request: SessionRequest, key: string): boolean {
  return request.sources.some((source) => openerOf(parts, source)?.part.options.some((row) => row.key === key) === true)
}

/** The card of the first screen that offers the request's sources; null: none. */
export function groupOf(parts: readonly PartDescription[], { sources }: SessionRequest): SourceGroup | null {
  return openerOf(parts, sources[0] ?? '')?.pattern.group ?? null
}

/** Prefix of the texts of a source whose subject is an interface, such as `interface:`; null: another subject. */
export function interfacePrefix({ part, pattern }: Opener): string | null {
  const subject = part.options.find((row) => row.subject === true)
  if (subject?.type.kind !== 'text' || subject.type.of !== 'interface') return null
  return new RegExp(pattern.pattern, 'i').exec(pattern.example ?? '')?.[0] ?? null
}

/** Whether an option needs a live source: `record` takes it, `inspect` does not. */
function isLive({ commands }: OptionRow): boolean {
  return commands.includes('record') && !commands.includes('inspect')
}

/** The stored choices that are still valid. */
export function knownChoices(parts: readonly PartDescription[], choices: Choices): Choices {
  // Without the engine's descriptions no choice can be checked.
  return parts.length === 0 ? choices : checkedChoices(optionsOf(parts), choices, false)
}
