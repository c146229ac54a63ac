import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Choices, checkedChoices, optionsOf } from '../../core/contract/choices.ts'
import type { InitialRequest } from '../../core/contract/shell-api.ts'
import { PART_DESCRIPTIONS } from '../../core/engine/registry.ts'
import { openerOf } from '../../core/engine/spec/compose.ts'

const OPTIONS = '--receive-options='

/**
 * The request of a command line: `[open] FILE…`, `[open] URL… [--interface ADDR]` or `--demo`, with further options as one
 * `--receive-options=JSON`. Chromium's switches, and the app's own folder as an argument of Electron, are skipped.
 *
 * @param args all arguments after the executable
 * @param workingDir against which file names are resolved
 */
export function launchRequest(args: readonly string[], workingDir: string): InitialRequest {
  const files: string[] = []
  const urls: string[] = []
  let choices: Choices = {}
  let networkInterface: string | null = null
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] as string
    if (arg === '--demo') return { kind: 'demo' }
    if (arg === '--interface') networkInterface = args[++at] ?? null
    else if (arg.startsWith('--interface=')) networkInterface = arg.slice('--interface='.length)
    else if (arg.startsWith(OPTIONS)) choices = choicesOf(arg.slice(OPTIONS.length))
    else if (openerOf(PART_DESCRIPTIONS, arg)?.group === 'Listen') urls.push(arg)
    // A name that does not exist is kept, so that the engine reports it.
    else if (!arg.startsWith('-') && arg !== 'open' && !isFolder(resolve(workingDir, arg))) {
      files.push(resolve(workingDir, arg))
    }
  }
  if (networkInterface !== null) choices = { ...choices, interfaces: [networkInterface] }
  if (urls.length > 0) return { kind: 'url', url: urls.join(' '), choices }
  return files.length > 0 ? { kind: 'capture', files, choices } : { kind: 'none' }
}

/** True where standard input is asked for, as `-`. */
export function readsStdin(request: InitialRequest): boolean {
  return request.kind === 'url' && request.url.split(' ').includes('-')
}

/** The same request with a named pipe in place of standard input. */
export function fromPipe(request: InitialRequest, path: string): InitialRequest {
  if (request.kind !== 'url') return request
  const sources = request.url.split(' ').map((source) => (source === '-' ? `pipe:${path}` : source))
  return { ...request, url: sources.join(' ') }
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
