import { existsSync, readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** Folder of the compiled code of a build, for this Node only: V8 takes no other's. */
function cacheFolder(dist: string): string {
  return join(dist, 'code-cache', `${process.version}-${process.platform}-${process.arch}`)
}

/**
 * Loads the chunks in `dist/core` with the code that V8 compiled when the program was built (`electron/packaging/code-cache.mjs`), which
 * saves a quarter of the CPU time until a short capture is read. V8 compiles as usual where that is absent, or made by another version,
 * with other flags or of another chunk.
 */
export function takeCompiledCode(dist: string): void {
  const cache = cacheFolder(dist)
  if (!existsSync(cache)) return
  const chunks = join(dist, 'core')
  const { extensions } = createRequire(__filename)
  extensions['.cjs'] = (module, filename) => {
    const compiled = join(cache, `${basename(filename)}.bin`)
    if (dirname(filename) === chunks && existsSync(compiled)) load(module, filename, readFileSync(compiled))
    else extensions['.js']?.(module, filename)
  }
}

/** Loads a module as Node does, with its compiled code. */
function load(module: NodeJS.Module, filename: string, cachedData: Buffer): void {
  const script = new Script(Module.wrap(readFileSync(filename, 'utf8')), { filename, cachedData })
  script
    .runInThisContext()
    .call(module.exports, module.exports, createRequire(filename), module, filename, dirname(filename))
}
