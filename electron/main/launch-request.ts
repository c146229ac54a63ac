import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Choices, checkedChoices, optionsOf } from '../../core/contract/choices.ts'
import { DEMO_SOURCE, type SessionRequest, STDIN_SOURCE } from '../../core/contract/open-request.ts'
import { openerOf, sourcesLabel } from '../../core/contract/source-patterns.ts'
import { PART_DESCRIPTIONS } from '../../core/engine/registry.ts'

const OPTIONS = '--receive-options='

/**
 * The request of a command line: `[open] FILE…`, `[open] URL… [--interface ADDR]` or `--demo`, with further options as one
 * `--receive-options=JSON`; null where it names no source. Chromium's switches, and the app's own folder as an argument of
 * Electron, are skipped. After `--`, every argument is a source.
 *
 * @param args all arguments after the executable
 * @param workingDir against which file names are resolved
 */
export function launchRequest(args: readonly string[], workingDir: string): SessionRequest | null {
  const sources: string[] = []
  let choices: Choices = {}
  let networkInterface: string | null = null
  const end = args.indexOf('--')
  const options = end < 0 ? args : args.slice(0, end)
  for (let at = 0; at < options.length; at += 1) {
    const arg = options[at] as string
    if (arg === '--demo') sources.push(DEMO_SOURCE)
    else if (arg === '--interface') networkInterface = options[++at] ?? null
    else if (arg.startsWith('--interface=')) networkInterface = arg.slice('--interface='.length)
    else if (arg.startsWith(OPTIONS)) choices = choicesOf(arg.slice(OPTIONS.length))
    else if (arg === STDIN_SOURCE || (!arg.startsWith('-') && arg !== 'open' && !isFolder(resolve(workingDir, arg))))
      sources.push(arg)
  }
  if (end >= 0) sources.push(...args.slice(end + 1))
  if (sources.length === 0) return null
  if (networkInterface !== null) choices = { ...choices, interfaces: [networkInterface] }
  // A name that does not exist is kept, so that the engine reports it.
  return requestFor(
    sources.map((source) => (isFile(source) ? resolve(workingDir, source) : source)),
    choices,
  )
}

/** A request of the desktop, labelled here because a page may show it before it knows the engine's parts. */
export function requestFor(sources: readonly string[], choices: Choices): SessionRequest {
  return { sources, choices, label: sourcesLabel(PART_DESCRIPTIONS, sources) }
}

function isFile(source: string): boolean {
  return openerOf(PART_DESCRIPTIONS, source)?.pattern.shown === 'file name'
}

/** True where standard input is asked for, as `-`. */
export function readsStdin(request: SessionRequest | null): boolean {
  return request?.sources.includes(STDIN_SOURCE) ?? false
}

/** The same request with a named pipe in place of standard input. */
export function fromPipe(request: SessionRequest | null, path: string): SessionRequest | null {
  if (request === null) return null
  return { ...request, sources: request.sources.map((source) => (source === STDIN_SOURCE ? `stdin:${path}` : source)) }
}

function choicesOf(json: string): Choices {
  try {
    return checkedChoices(optionsOf(PART_DESCRIPTIONS), JSON.parse(json), false)
  } catch {
    return {}
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
