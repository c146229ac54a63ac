/**
 * Stands in for the `default_app.asar` that the fallback Electron lacks: starts the app folder named on the command
 * line, as `electron FOLDER` does.
 */
const { existsSync, readFileSync } = require('node:fs')
const { join, resolve } = require('node:path')
const { app } = require('electron')

const named = process.argv.slice(1).find((arg) => !arg.startsWith('-') && existsSync(join(arg, 'package.json')))
if (named === undefined) {
  console.error('This Electron needs the folder of an app as its argument.')
  app.exit(2)
} else {
  const folder = resolve(named)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  app.setName(manifest.name)
  app.setVersion(manifest.version)
  app.setAppPath(folder)
  require(join(folder, manifest.main))
}
