'use strict'

/*
 * Loaded before the program (`node --require`): keeps the script of each chunk it loads, and writes their compiled code with all functions
 * that have run when it ends, below the folder named by ROUTESCOPE_RECORD_CODE. `core/cli/code-cache.ts` reads it.
 */
const { readFileSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { basename, dirname, join } = require('node:path')
const { Script } = require('node:vm')
const { isMainThread } = require('node:worker_threads')

const folder = process.env.ROUTESCOPE_RECORD_CODE
if (folder !== undefined && isMainThread) {
  /** @type {Map<string, Script>} */
  const scripts = new Map()
  require.extensions['.cjs'] = (module, filename) => {
    if (basename(dirname(filename)) !== 'core') {
      require.extensions['.js'](module, filename)
      return
    }
    const script = new Script(Module.wrap(readFileSync(filename, 'utf8')), { filename })
    scripts.set(basename(filename), script)
    script
      .runInThisContext()
      .call(module.exports, module.exports, Module.createRequire(filename), module, filename, dirname(filename))
  }
  process.on('exit', () => {
    for (const [name, script] of scripts) writeFileSync(join(folder, `${name}.bin`), script.createCachedData())
  })
}
