import { AppFailure } from '../failure/app-failure.ts'

/** Names of received files as a folder and a name in it, each with words between dollars. */
export type NameTemplate = {
  /** Folder of a service. */
  readonly folderOf: (serviceId: number) => string
  /** Name of a file in it. @param sent its name as it was sent @param number how many files of the service came before */
  readonly fileOf: (sent: string, number: number) => string
  /** Whether `fileOf` looks at the number. */
  readonly counts: boolean
}

const WORD = /\$(\w*)\$/g
const FOLDER_WORDS = ['ServiceID']
const FILE_WORDS = ['File', 'num']

/**
 * Reads `FOLDER/NAME`, with `$ServiceID$` in the folder, and `$File$` (the name as it was sent, with its folders and its ending) or `$num$`
 * (a number, with the ending of the file behind the name) in the name.
 * @throws AppFailure bad-spec
 */
export function parseNameTemplate(text: string): NameTemplate {
  const components = text.split('/')
  const name = components.pop() ?? ''
  const folder = components.join('/')
  const isOutside = components.some((each) => ['', '.', '..'].includes(each)) || /[\\\0]/.test(text)
  if (components.length === 0 || isOutside) throw refused(text, 'names no folder below that of --out')
  for (const [part, known] of [
    [folder, FOLDER_WORDS],
    [name, FILE_WORDS],
  ] as const)
    for (const [word, of = ''] of part.matchAll(WORD))
      if (!known.includes(of))
        throw refused(text, `has ${word}, and there are ${known.map((each) => `$${each}$`).join(', ')}`)
  const hasFile = name.includes('$File$')
  const counts = name.includes('$num$')
  if (!hasFile && !counts) throw refused(text, 'gives every file one name')
  const named = (template: string, words: Readonly<Record<string, string | number>>): string =>
    template.replace(WORD, (_, word: string) => String(words[word]))
  return {
    counts,
    folderOf: (ServiceID) => named(folder, { ServiceID }),
    fileOf: (sent, num) => {
      const made = named(name, { File: sent, num })
      return hasFile ? made : `${made}${/\.[^./]+$/.exec(sent)?.[0] ?? ''}`
    },
  }
}

function refused(text: string, problem: string): AppFailure {
  return new AppFailure('bad-spec', `The names ${text}: this ${problem}.`, 'Right form: FOLDER$ServiceID$/$File$.')
}
