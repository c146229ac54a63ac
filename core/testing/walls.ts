import { ROOMS } from '../rooms.ts'

type Pattern = { readonly group: readonly string[]; readonly message: string }
type Override = { readonly includes: readonly string[]; readonly linter: { readonly rules: Record<string, unknown> } }

const WINDOWS = ['electron', 'electron/**', 'react', 'react/**', 'react-dom', 'react-dom/**']
const CLOCKS = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'process']
/** Node's own globals, which a web page does not have. */
const NODE_GLOBALS = ['Buffer', 'global', 'require', '__dirname', '__filename']
const NODE_IO = ['fs', 'net', 'dgram', 'http', 'timers', 'worker_threads', 'child_process']
const OUTSIDE_TESTS = ['!**/*.test.ts', '!**/*.test.tsx', '!**/testing/**']
const TESTING: Pattern = { group: ['**/testing/**'], message: 'Only tests import core/testing and renderer/testing.' }

/** The overrides of biome.json for the walls, made from the table of rooms. */
export function wallOverrides(): Override[] {
  const names = Object.keys(ROOMS)
  const core = names.map((name) => {
    const { imports = [], pure = false, nodeFree = false } = ROOMS[name] ?? {}
    const others = names.filter((other) => other !== name && !imports.includes(other))
    const patterns: Pattern[] = [
      {
        group: ['**/electron/**', '**/renderer/**', ...WINDOWS],
        message: 'core runs headless: it imports neither Electron nor React.',
      },
      TESTING,
    ]
    if (others.length > 0)
      patterns.unshift({
        group: others.flatMap(pathsOf),
        message: `core/${name} may import only ${imports.join(', ') || 'itself'}: see core/rooms.ts.`,
      })
    if (name !== 'platform')
      patterns.push({ group: ['**/platform/**'], message: 'Import #platform: the runtime chooses the file.' })
    if (name === 'contract') patterns.push({ group: ['node:*'], message: 'The contract compiles in every runtime.' })
    else if (nodeFree)
      patterns.push({
        group: ['node:*'],
        message: 'This room runs in web pages too: what it needs of Node is in #platform.',
      })
    else if (pure)
      patterns.push({
        group: NODE_IO.flatMap((module) => [`node:${module}`, `node:${module}/**`]),
        message: 'These rooms know no socket, file, timer or clock.',
      })
    const globals = name === 'contract' ? [] : [...(pure ? CLOCKS : []), ...(nodeFree ? NODE_GLOBALS : [])]
    return override([`core/${name}/**/*.ts`, '!**/*.test.ts'], patterns, globals)
  })
  const inside = names.filter((name) => name !== 'contract')
  const outside = inside.filter((name) => name !== 'engine' && name !== 'guard')
  const contractOnly: Pattern = {
    group: [
      ...inside.map((name) => `**/core/${name}/**`),
      '#platform',
      'electron',
      'electron/**',
      'node:*',
      '**/electron/**',
    ],
    message: 'The renderer imports only core/contract.',
  }
  return [
    ...core,
    override(['renderer/**'], [contractOnly], []),
    override(['renderer/**/*.ts', 'renderer/**/*.tsx', ...OUTSIDE_TESTS], [contractOnly, TESTING], []),
    override(
      ['electron/**'],
      [
        {
          group: [...outside.map((name) => `**/core/${name}/**`), '#platform', '**/renderer/**'],
          message: 'electron imports only core/engine, core/guard and core/contract.',
        },
      ],
      [],
    ),
  ]
}

function override(includes: readonly string[], patterns: readonly Pattern[], denied: readonly string[]): Override {
  const style: Record<string, unknown> = { noRestrictedImports: { level: 'error', options: { patterns } } }
  if (denied.length > 0) {
    const deniedGlobals = Object.fromEntries(denied.map((name) => [name, reasonAgainst(name)]))
    style.noRestrictedGlobals = { level: 'error', options: { deniedGlobals } }
  }
  return { includes, linter: { rules: { style } } }
}

function reasonAgainst(global: string): string {
  return CLOCKS.includes(global)
    ? 'Time and I/O are arguments here; the engine owns the clock.'
    : 'This room runs in web pages too: what it needs of Node is in #platform.'
}

/** Import patterns of a room's files. */
function pathsOf(room: string): string[] {
  return room === 'platform' ? ['#platform'] : [`**/${room}/**`]
}
