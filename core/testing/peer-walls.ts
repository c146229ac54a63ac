/** Modules that open connections, programs and threads, and the names in them that open nothing. */
const OPENING: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['isIP', 'isIPv4', 'isIPv6'],
  'node:tls': ['createSecureContext'],
  'node:http': ['STATUS_CODES', 'validateHeaderName', 'validateHeaderValue'],
  'node:https': [],
  'node:http2': [],
  'node:dgram': [],
  'node:cluster': [],
  // Programs that are waited for have no stream here.
  'node:child_process': ['spawnSync', 'execFileSync'],
  'node:worker_threads': ['parentPort', 'workerData', 'isMainThread'],
  ws: [],
}

/** What only one file may do, with that file. */
const ONLY_IN: readonly (readonly [what: RegExp, file: RegExp])[] = [
  [/['"]undici[/'"]/, /^core\/http\/client\/(?:http-client|send-request|undici-agent\.d)\.ts$/],
  [/['"]koffi['"]|\bdlopen\(/, /^core\/guard\/system-calls\.ts$/],
  [/\butilityProcess\.fork\(/, /^electron\/main\/engine-host\.ts$/],
  [/\.on(?:ce)?\(\s*['"](?:uncaughtException|unhandledRejection)['"]/, /^core\/guard\/last-resort\.ts$/],
  [
    /\bprocess\s*\.on(?:ce)?\(\s*(?:['"]SIG|signal\b)/,
    /^(?:core\/cli\/quit-keys|electron\/main\/life-cycle|electron\/engine\/index)\.ts$/,
  ],
  [/\.on(?:ce)?\(\s*['"](?:connection|upgrade|connect|clientError)['"]/, /^core\/guard\//],
  [/\bremoveAllListeners\(/, /^$/],
]

const IMPORT =
  /\bimport\s+(type\s+)?([^'"()]*?)\s*from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|\brequire\(\s*['"]([^'"]+)['"]/g

/**
 * What a file does past core/guard: values it imports that open a connection, a program or a thread, and listeners that only
 * core/guard has. Types are free.
 */
export function openedPastGuard(file: string, text: string): string[] {
  const found: string[] = []
  for (const [, typeOnly, names = '', named, dynamic, required] of text.matchAll(IMPORT)) {
    const module = named ?? dynamic ?? required ?? ''
    const allowed = OPENING[module] ?? OPENING[`node:${module}`]
    if (allowed === undefined || typeOnly !== undefined || file.startsWith('core/guard/')) continue
    for (const name of named === undefined ? ['*'] : valuesOf(names))
      if (!allowed.includes(name)) found.push(`${module} ${name}`)
  }
  for (const [what, where] of ONLY_IN) if (what.test(text) && !where.test(file)) found.push(String(what))
  return found
}

/** Names of values in an import clause. */
function valuesOf(clause: string): string[] {
  return clause
    .replace(/[{}]/g, ',')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('type '))
    .map((each) => each.split(/\s+as\s+/)[0] as string)
}
