import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { build } from 'vite'

/*
 * Imports of files next to a bundle. `core/bundle-imports.d.ts` has their types.
 *
 *   './disk-worker.ts?thread'   path of a script to start a worker thread from
 *   'package/code.wasm?file'    path of a file (in browsers its URL)
 *   './signed-data.ts?lazy'     a function that loads the module on its first call, and returns its exports
 *
 * Without a bundle, as Vitest runs core: a thread is bundled into .cache/, a file is used in place, a module is imported at once.
 */
const KINDS = /^(.+)\?(thread|file|lazy)$/
const PREFIX = '\0beside-bundle:'
/** Placeholder for the path of an emitted file until chunks have names. */
const PLACE = '__BESIDE_BUNDLE__'
const threads = join(import.meta.dirname, '..', '..', '.cache', 'threads')

/**
 * The plugin, for Vite's builds and Vitest alike.
 * @returns {import('vite').Plugin}
 */
export function besideBundle() {
  let bundles = false
  return {
    name: 'beside-bundle',
    enforce: 'pre',
    configResolved(config) {
      bundles = config.command === 'build'
    },
    async resolveId(source, importer) {
      const [, path, kind] = KINDS.exec(source) ?? []
      if (path === undefined) return null
      const found = await this.resolve(path, importer, { skipSelf: true })
      // Encoded: Vitest leaves every path with node_modules to Node.
      return found === null ? null : `${PREFIX}${kind}:${encodeURIComponent(found.id)}`
    },
    async load(id) {
      if (!id.startsWith(PREFIX)) return null
      const [kind = '', encoded = ''] = id.slice(PREFIX.length).split(':')
      const file = decodeURIComponent(encoded)
      const inBrowser = this.environment.config.consumer === 'client'
      if (kind === 'lazy' && (!bundles || inBrowser)) {
        return `import * as loaded from ${JSON.stringify(file)}\nexport default () => loaded`
      }
      if (kind === 'file' && inBrowser) return `export { default } from ${JSON.stringify(`${file}?url`)}`
      if (!bundles) return `export default ${JSON.stringify(kind === 'thread' ? await bundledThread(file) : file)}`
      const reference = this.emitFile(
        kind === 'file'
          ? { type: 'asset', name: basename(file), source: readFileSync(file) }
          : { type: 'chunk', id: file, name: basename(file).replace(/\.\w+$/, '') },
      )
      const path = `import { join } from 'node:path'\nconst path = join(__dirname, ${PLACE}${reference})\n`
      if (kind !== 'lazy') return `${path}export default path`
      return `import { createRequire } from 'node:module'\n${path}export default () => createRequire(path)(path)`
    },
    /** The file's path is known only now. */
    renderChunk(code, chunk) {
      if (!code.includes(PLACE)) return null
      return code.replace(new RegExp(`${PLACE}([\\w$-]+)`, 'g'), (_, reference) =>
        JSON.stringify(posix.relative(posix.dirname(chunk.fileName), this.getFileName(reference))),
      )
    },
  }
}

/**
 * A thread's script as one file of its own, named by its content so that test processes do not disturb each other.
 * @param {string} entry
 * @returns {Promise<string>} its path
 */
async function bundledThread(entry) {
  const result = /** @type {import('vite').Rolldown.RolldownOutput} */ (
    await build({
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      ssr: { noExternal: true },
      build: {
        ssr: entry,
        write: false,
        minify: false,
        target: 'node18',
        rolldownOptions: { output: { format: 'cjs' } },
      },
    })
  )
  const { code } = result.output[0]
  const name = `${basename(entry, '.ts')}-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.cjs`
  const path = join(threads, name)
  if (!existsSync(path)) {
    mkdirSync(threads, { recursive: true })
    writeFileSync(`${path}.${process.pid}`, code)
    renameSync(`${path}.${process.pid}`, path)
  }
  return path
}
