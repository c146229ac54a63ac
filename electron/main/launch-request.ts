import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkedChoices } from '../../core/contract/receive-choices.ts'
import type { ReceiveChoices } from '../../core/contract/receive-options.ts'
import type { InitialRequest } from '../../core/contract/shell-api.ts'

const MULTICAST_URL = /^(route|atsc|mabr):\/\//i
const OPTIONS = '--receive-options='

/**
 * What a command line asks the app to open: `[open] FILE…`, `[open] URL… [--interface ADDR]` or `--demo`; what else the
 * command line chose comes as one `--receive-options=JSON`. Switches that
 * are Chromium's, and the app's own folder where Electron is given one, are passed over.
 *
 * @param args everything after the executable
 * @param workingDir against which file names are resolved
 */
export function launchRequest(args: readonly string[], workingDir: string): InitialRequest {
  const files: string[] = []
  const urls: string[] = []
  let choices: ReceiveChoices = {}
  let networkInterface: string | null = null
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] as string
    if (arg === '--demo') return { kind: 'demo' }
    if (arg === '--interface') networkInterface = args[++at] ?? null
    else if (arg.startsWith('--interface=')) networkInterface = arg.slice('--interface='.length)
    else if (arg.startsWith(OPTIONS)) choices = choicesOf(arg.slice(OPTIONS.length))
    else if (MULTICAST_URL.test(arg)) urls.push(arg)
    // A name that does not exist is kept: the engine says so in a sentence, where passing it over would say nothing.
    else if (!arg.startsWith('-') && arg !== 'open' && !isFolder(resolve(workingDir, arg))) {
      files.push(resolve(workingDir, arg))
    }
  }
  if (networkInterface !== null) choices = { ...choices, interfaces: [networkInterface] }
  if (urls.length > 0) return { kind: 'url', url: urls.join(' '), choices }
  return files.length > 0 ? { kind: 'capture', files, choices } : { kind: 'none' }
}

function choicesOf(json: string): ReceiveChoices {
  try {
    return checkedChoices(JSON.parse(json), false)
  } catch {
    return {}
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
