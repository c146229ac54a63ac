import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * Each import wall of biome.json, proved by breaking it: a tree of the same shape is planted elsewhere, one forbidden import
 * a file, and linted with our configuration. A wall that no longer holds fails here, not in a review.
 */
const root = join(__dirname, '..')
const biome = join(dirname(createRequire(__filename).resolve('@biomejs/biome/package.json')), 'bin', 'biome')

const importing = (from: string): string => `import { x } from '${from}'\nexport const y = x\n`

const BROKEN: readonly (readonly [path: string, code: string])[] = [
  ['core/contract/planted.ts', importing('../bytes/byte-reader.ts')],
  ['core/contract/planted.ts', importing('node:fs')],
  ['core/failure/planted.ts', importing('../bytes/byte-reader.ts')],
  ['core/bytes/planted.ts', importing('../receive/receiver.ts')],
  ['core/xml/planted.ts', importing('../protocol/lct/header.ts')],
  ['core/protocol/lct/planted.ts', importing('../../manifest/mpd/parse.ts')],
  ['core/protocol/planted.ts', importing('../capture/capture-reader.ts')],
  ['core/manifest/planted.ts', importing('../protocol/lct/header.ts')],
  ['core/media/planted.ts', importing('../xml/xml-parser.ts')],
  ['core/capture/planted.ts', importing('../receive/receiver.ts')],
  ['core/receive/planted.ts', importing('../send/broadcaster.ts')],
  ['core/send/planted.ts', importing('../socket/multicast-sender.ts')],
  ['core/inspect/planted.ts', importing('../files/folder-sink.ts')],
  ['core/files/planted.ts', importing('../http/gateway.ts')],
  ['core/http/planted.ts', importing('../engine/engine.ts')],
  ['core/http/planted.ts', importing('../repair/repair-stage.ts')],
  ['core/repair/planted.ts', importing('../engine/engine.ts')],
  ['core/repair/planted.ts', importing('../files/object-store.ts')],
  ['core/receive/planted.ts', importing('../repair/repair-stage.ts')],
  ['core/socket/planted.ts', importing('../receive/receiver.ts')],
  ['core/engine/planted.ts', importing('../cli/main.ts')],
  ['core/engine/planted.ts', importing('react')],
  ['core/cli/planted.ts', importing('electron')],
  ['core/receive/planted.ts', importing('node:dgram')],
  ['core/receive/planted.ts', 'export const now = (): number => Date.now()\n'],
  ['core/send/planted.ts', 'export const later = (): void => void setTimeout(() => {}, 1)\n'],
  ['renderer/model/planted.ts', importing('../../core/receive/receiver.ts')],
  ['renderer/views/services/planted.tsx', importing('../../../core/engine/engine.ts')],
  ['renderer/model/planted.ts', importing('electron')],
  ['electron/main/planted.ts', importing('../../core/receive/receiver.ts')],
  ['electron/main/planted.ts', importing('../../renderer/app/App.tsx')],
]

const ALLOWED: typeof BROKEN = [
  ['core/receive/planted.ts', importing('../protocol/lct/header.ts')],
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
      const path = JSON.stringify(location.path).match(/[\w/.-]*planted-\d+\.tsx?/)?.[0] ?? ''
      found.set(path, [...(found.get(path) ?? []), category])
    }
    return found
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

const numbered = (path: string, index: number): string => path.replace('planted', `planted-${index}`)

describe('import walls', () => {
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
