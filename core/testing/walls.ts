import { ROOMS } from '../rooms.ts'

type Pattern = { readonly group: readonly string[]; readonly message: string }
type Override = { readonly includes: readonly string[]; readonly linter: { readonly rules: Record<string, unknown> } }

const WINDOWS = ['electron', 'electron/**', 'react', 'react/**', 'react-dom', 'react-dom/**']
const CLOCKS = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'process']
const NODE_IO = ['fs', 'net', 'dgram', 'http', 'timers', 'worker_threads', 'child_process']
const OUTSIDE_TESTS = ['!**/*.test.ts', '!**/*.test.tsx', '!**/testing/**']
const TESTING: Pattern = { group: ['**/testing/**'], message: 'Only tests import core/testing and renderer/testing.' }

/** The overrides of biome.json that hold the walls, made from the table of rooms. */
export function wallOverrides(): Override[] {
  const names = Object.keys(ROOMS)
  const core = names.map((name) => {
    const { imports = [], pure = false } = ROOMS[name] ?? {}
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
        group: others.map((other) => `**/${other}/**`),
        message: `core/${name} may import only ${imports.join(', ') || 'itself'}: see core/rooms.ts.`,
      })
    if (name === 'contract') patterns.push({ group: ['node:*'], message: 'The contract compiles in every runtime.' })
    else if (pure)
      patterns.push({
        group: NODE_IO.flatMap((module) => [`node:${module}`, `node:${module}/**`]),
        message: 'These rooms know no socket, file, timer or clock.',
      })
    return override([`core/${name}/**/*.ts`, '!**/*.test.ts'], patterns, pure && name !== 'contract')
  })
  const inside = names.filter((name) => name !== 'contract')
  const outside = inside.filter((name) => name !== 'engine')
  const contractOnly: Pattern = {
    group: [...inside.map((name) => `**/core/${name}/**`), 'electron', 'electron/**', 'node:*', '**/electron/**'],
    message: 'The renderer imports only core/contract.',
  }
  return [
    ...core,
    override(['renderer/**'], [contractOnly], false),
    override(['renderer/**/*.ts', 'renderer/**/*.tsx', ...OUTSIDE_TESTS], [contractOnly, TESTING], false),
    override(
      ['electron/**'],
      [
        {
          group: [...outside.map((name) => `**/core/${name}/**`), '**/renderer/**'],
          message: 'electron imports only core/engine and core/contract.',
        },
      ],
      false,
    ),
  ]
}

function override(includes: readonly string[], patterns: readonly Pattern[], clockless: boolean): Override {
  const style: Record<string, unknown> = { noRestrictedImports: { level: 'error', options: { patterns } } }
  if (clockless) {
    const deniedGlobals = Object.fromEntries(
      CLOCKS.map((name) => [name, 'Time and I/O are arguments here; the engine owns the clock.']),
    )
    style.noRestrictedGlobals = { level: 'error', options: { deniedGlobals } }
  }
  return { includes, linter: { rules: { style } } }
}
