import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOMS } from './rooms.ts'
import { wallOverrides } from './testing/walls.ts'

/**
 * Each import wall of biome.json, proved by breaking it: a tree of the same shape is planted elsewhere, one forbidden import
 * a file, and linted with our configuration. A wall that no longer holds fails here, not in a review.
 */
const root = join(__dirname, '..')
const biome = join(dirname(createRequire(__filename).resolve('@biomejs/biome/package.json')), 'bin', 'biome')

const importing = (from: string): string => `import { x } from '${from}'\nexport const y = x\n`

/** Where each room may not look, one import a case, and the globals and modules that are walled off. */
const BROKEN: readonly (readonly [path: string, code: string])[] = [
  ...Object.entries(ROOMS).flatMap(([room, { imports }]) =>
    Object.keys(ROOMS)
      .filter((other) => other !== room && !imports.includes(other))
      .map(
        (other) =>
          [`core/${room}/planted.ts`, importing(other === 'platform' ? '#platform' : `../${other}/some.ts`)] as const,
      ),
  ),
  ...Object.entries(ROOMS).flatMap(([room, { pure }]) =>
    pure && room !== 'contract'
      ? ([
          [`core/${room}/planted.ts`, importing('node:fs')],
          [`core/${room}/planted.ts`, importing('node:dgram')],
          [`core/${room}/planted.ts`, 'export const now = (): number => Date.now()\n'],
          [`core/${room}/planted.ts`, 'export const later = (): void => void setTimeout(() => {}, 1)\n'],
        ] as const)
      : [],
  ),
  ...Object.keys(ROOMS).flatMap(
    (room) =>
      [
        [`core/${room}/planted.ts`, importing('react')],
        [`core/${room}/planted.ts`, importing('electron')],
        [`core/${room}/planted.ts`, importing('../testing/seeded.ts')],
      ] as const,
  ),
  ...Object.entries(ROOMS).flatMap(([room, { nodeFree }]) =>
    nodeFree && room !== 'contract'
      ? ([
          [`core/${room}/planted.ts`, importing('node:zlib')],
          [`core/${room}/planted.ts`, 'export const bytes = Buffer.from("00", "hex")\n'],
        ] as const)
      : [],
  ),
  ['core/contract/planted.ts', importing('node:fs')],
  ['core/receive/planted.ts', importing('../platform/node.ts')],
  ['core/protocol/lct/planted.ts', importing('../../manifest/mpd/parse.ts')],
  ['renderer/model/planted.ts', importing('../../core/receive/receiver.ts')],
  ['renderer/views/services/planted.tsx', importing('../../../core/engine/engine.ts')],
  ['renderer/model/planted.test.ts', importing('../../core/engine/engine.ts')],
  ['renderer/model/planted.ts', importing('../testing/mount.tsx')],
  ['renderer/model/planted.ts', importing('electron')],
  ['electron/main/planted.ts', importing('../../core/receive/receiver.ts')],
  ['electron/main/planted.ts', importing('../../renderer/app/App.tsx')],
]

const ALLOWED: typeof BROKEN = [
  ['core/receive/planted.ts', importing('#platform')],
  ['core/receive/planted.ts', importing('../protocol/lct/header.ts')],
  ['core/receive/planted.test.ts', importing('../testing/seeded.ts')],
  ['renderer/model/planted.test.ts', importing('../testing/mount.tsx')],
  ['core/engine/planted.ts', importing('../http/gateway.ts')],
  ['core/repair/planted.ts', importing('../media/bmff/boxes.ts')],
  ['renderer/model/planted.ts', importing('../../core/contract/report.ts')],
  ['electron/main/planted.ts', importing('../../core/engine/engine.ts')],
]

/** Lints one planted file per case in one run; gives the rules that spoke, per file. */
function lint(cases: typeof BROKEN): Map<string, string[]> {
  const tree = mkdtempSync(join(tmpdir(), 'routescope-walls-'))
  try {
    const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
    writeFileSync(join(tree, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }))
    cases.forEach(([path, code], index) => {
      const file = join(tree, numbered(path, index))
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, code)
    })
    const run = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'], {
      cwd: tree,
      encoding: 'utf8',
    })
    const found = new Map<string, string[]>()
    const report = JSON.parse(run.stdout) as { diagnostics: { category: string; location: { path: unknown } }[] }
    for (const { category, location } of report.diagnostics) {
      const path = JSON.stringify(location.path).match(/[\w/.-]*planted-\d+(?:\.test)?\.tsx?/)?.[0] ?? ''
      found.set(path, [...(found.get(path) ?? []), category])
    }
    return found
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

const numbered = (path: string, index: number): string => path.replace('planted', `planted-${index}`)

describe('import walls', () => {
  it('are those that the table of rooms makes (UPDATE_WALLS=1 writes them)', () => {
    const file = join(root, 'biome.json')
    const config = JSON.parse(readFileSync(file, 'utf8'))
    if (process.env.UPDATE_WALLS !== undefined) {
      writeFileSync(file, `${JSON.stringify({ ...config, overrides: wallOverrides() }, null, 2)}\n`)
      spawnSync(process.execPath, [biome, 'format', '--write', file], { cwd: root })
    }
    expect(JSON.parse(readFileSync(file, 'utf8')).overrides).toEqual(wallOverrides())
  })

  it('stand: every planted forbidden import is an error', () => {
    const found = lint(BROKEN)
    const open = BROKEN.filter(
      ([path], index) => !found.get(numbered(path, index))?.some((rule) => /noRestricted(Imports|Globals)/.test(rule)),
    )
    expect(open).toEqual([])
  })

  it('leave the allowed ways open', () => {
    const found = lint(ALLOWED)
    const shut = ALLOWED.filter(([path], index) =>
      found.get(numbered(path, index))?.some((rule) => /noRestricted/.test(rule)),
    )
    expect(shut).toEqual([])
  })
})
