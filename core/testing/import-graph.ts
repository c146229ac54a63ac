import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

/** The project's own imports, type imports included, from the source text. */
export type ImportGraph = {
  /** Paths below the root with `/`, sorted. */
  readonly files: readonly string[]
  readonly imports: ReadonlyMap<string, readonly string[]>
  textOf(file: string): string
}

const SPECIFIER = /(?:\bfrom|\bimport|\bimport\()\s*['"]((?:\.{1,2}\/|#platform)[^'"]*)['"]/g
/** Target of `#platform`; the file for browsers has the same names. */
const PLATFORM = 'core/platform/node.ts'
const SOURCE = /\.(ts|tsx)$/

/** @param folders below root, read recursively */
export function readImportGraph(root: string, folders: readonly string[]): ImportGraph {
  const files = folders.flatMap((folder) => sourcesBelow(root, folder)).sort()
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  const imports = new Map(files.map((file) => [file, importsOf(file, texts.get(file) ?? '')]))
  return { files, imports, textOf: (file) => texts.get(file) ?? '' }
}

/** True for tests and files that only tests import. */
export function isForTests(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || file.includes('/testing/')
}

/** Import cycles, each once, as its files. */
export function circlesOf(graph: ImportGraph): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): void => {
    index.set(file, index.size)
    low.set(file, index.get(file) ?? 0)
    stack.push(file)
    for (const next of graph.imports.get(file) ?? []) {
      if (!graph.imports.has(next)) continue
      if (!index.has(next)) {
        visit(next)
        low.set(file, Math.min(low.get(file) ?? 0, low.get(next) ?? 0))
      } else if (stack.includes(next)) low.set(file, Math.min(low.get(file) ?? 0, index.get(next) ?? 0))
    }
    if (low.get(file) !== index.get(file)) return
    const circle = stack.splice(stack.indexOf(file))
    if (circle.length > 1) circles.push(circle.sort())
  }
  for (const file of graph.files) if (!index.has(file)) visit(file)
  return circles
}

/** Names that a file exports, types included. */
export function exportsOf(text: string): string[] {
  const names: string[] = []
  for (const match of text.matchAll(
    /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|class|const|let|type|interface|enum) (\w+)/gm,
  ))
    if (match[1] !== undefined) names.push(match[1])
  return [...new Set(names)]
}

function importsOf(file: string, text: string): string[] {
  const found = new Set<string>()
  for (const [, specifier = ''] of text.matchAll(SPECIFIER)) {
    const [path = ''] = specifier.split('?', 1)
    found.add(path === '#platform' ? PLATFORM : normalize(join(dirname(file), path)).replaceAll('\\', '/'))
  }
  return [...found]
}

function sourcesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return sourcesBelow(root, path)
    return SOURCE.test(entry.name) ? [relative(root, join(root, path)).replaceAll('\\', '/')] : []
  })
}
