import { type Choices, choiceName, commandLineOf, commandOptions } from '../../../core/contract/choices.ts'
import type { OptionRow } from '../../../core/contract/option-row.ts'
import { parseEndpoint } from '../../../core/contract/option-values.ts'
import type { PartDescription } from '../../../core/contract/part-description.ts'
import { exposuresTo } from '../../model/exposure.ts'
import type { Lines } from '../welcome/receive-form.ts'

/** What a form has fields of its own for. */
export type ServedThings = {
  /** Folders to read. */
  readonly read: readonly string[]
  /** Folder for uploads; empty: none. */
  readonly write: string
  /** `/PATH=FILE` of each stream. */
  readonly streams: readonly string[]
  /** `HOST:PORT` */
  readonly listen: string
}

/** Address of a form that was never used. */
export const FIRST_ADDRESS = '127.0.0.1:8080'

const OWN_FIELDS: readonly string[] = ['serveRead', 'serveWrite', 'serveStreams', 'serveListen']

/** Options that mean something only where there are streams. */
const OF_STREAMS: readonly string[] = ['streamPace', 'hold', 'ice', 'iceName', 'iceTitle', 'maxQueue', 'quit']

/** Every option of `serve` that has a name. */
function allRows(parts: readonly PartDescription[]): readonly OptionRow[] {
  return commandOptions(parts, 'serve').filter(({ option }) => option !== null)
}

/**
 * The other options of the form. Lists of texts that contain commas, such as headers, are for the command line only.
 * @param withStreams a stream is named
 */
export function serveRows(parts: readonly PartDescription[], withStreams: boolean): readonly OptionRow[] {
  return allRows(parts).filter(
    (row) =>
      !OWN_FIELDS.includes(choiceName(row)) &&
      !(row.type.kind === 'list' && row.type.of === 'words') &&
      (withStreams || !OF_STREAMS.includes(choiceName(row))),
  )
}

/** All choices of the form; null while it names nothing to serve, or no address. */
export function serveChoices({ read, write, streams, listen }: ServedThings, others: Choices): Choices | null {
  const [folders, served] = [read, streams].map(filledIn) as [string[], string[]]
  const uploads = write.trim()
  if (folders.length + served.length === 0 && uploads === '') return null
  if (parseEndpoint(listen.trim()) === null) return null
  return {
    ...others,
    serveListen: listen.trim(),
    ...(folders.length > 0 ? { serveRead: folders } : {}),
    ...(uploads === '' ? {} : { serveWrite: uploads }),
    ...(served.length > 0 ? { serveStreams: served } : {}),
  }
}

function filledIn(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

/** The form as our command line. */
export function serveLines(parts: readonly PartDescription[], choices: Choices): Lines {
  return { ours: ['routescope serve', ...commandLineOf(allRows(parts), choices)].join(' '), gpac: null, notInGpac: [] }
}

/** What a person is asked once before serving: that other computers reach the server. Empty: none does. */
export function exposuresOf({ listen, write }: Pick<ServedThings, 'listen' | 'write'>): readonly string[] {
  const into = write.trim()
  return exposuresTo(listen, into === '' ? 'can read what is served' : `can read what is served and write into ${into}`)
}

/** The same port on another host. */
export function onHost(listen: string, host: string): string {
  return `${host}:${parseEndpoint(listen.trim())?.port ?? parseEndpoint(FIRST_ADDRESS)?.port ?? 0}`
}
