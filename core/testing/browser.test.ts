import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { chromium } from '@playwright/test'
import { build } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import { besideBundle } from '../../electron/packaging/beside-bundle.mjs'
import type { Report } from '../contract/report.ts'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { reportOfDatagrams } from './browser-report.ts'
import type { Datagram } from './datagrams.ts'
import { protectedSession } from './fec-fixture.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT, routeFixture } from './make-fixtures.ts'

const CHROMIUM = '/usr/bin/chromium'
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

const folder = mkdtempSync(join(tmpdir(), 'routescope-browser-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bundles the worker for browsers, without any Node module. */
async function bundle(): Promise<void> {
  await build({
    configFile: false,
    root: __dirname,
    base: './',
    logLevel: 'error',
    publicDir: false,
    plugins: [
      {
        name: 'nothing-of-node',
        enforce: 'pre',
        resolveId(source, importer) {
          if (source.startsWith('node:')) throw new Error(`${importer} imports ${source}`)
        },
      },
      besideBundle(),
    ],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'chrome114',
      modulePreload: false,
      rolldownOptions: {
        input: { worker: join(__dirname, 'browser-worker.ts') },
        output: { entryFileNames: '[name].js' },
      },
    },
  })
}

/** Runs the bundle in a worker of a page. */
async function reportInBrowser(datagrams: readonly Datagram[], target: ReceiveTarget): Promise<Report> {
  const server = createServer((request, response) => {
    const path = join(folder, request.url ?? '/')
    const known = request.url !== '/' && existsSync(path)
    response.setHeader('Content-Type', TYPES[known ? extname(path) : '.html'] ?? 'text/plain')
    response.end(known ? readFileSync(path) : '<!doctype html>')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const packed = datagrams.map(({ bytes, ...rest }) => ({ ...rest, base64: Buffer.from(bytes).toString('base64') }))
    return (await page.evaluate(`(${IN_PAGE})(${JSON.stringify({ packed, target })})`)) as Report
  } finally {
    await browser.close()
    server.close()
  }
}

/** The page's own script: a function of `{ packed, target }`. */
const IN_PAGE = `({ packed, target }) => new Promise((done, failed) => {
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const worker = new Worker('/worker.js', { type: 'module' })
  worker.onmessage = ({ data }) => done(data)
  worker.onerror = ({ message }) => failed(new Error(message))
  worker.postMessage({ datagrams: packed.map(({ base64, ...rest }) => ({ ...rest, bytes: bytesOf(base64) })), target })
})`

/** Removes durations, which differ between runs. */
const withoutDurations = (report: Report): unknown =>
  JSON.parse(JSON.stringify(report, (key, value) => (key === 'decodeMs' ? undefined : value)))

describe('the rooms up to inspect in a web page', () => {
  it('are bundled without Node modules', async () => {
    await bundle()
    expect(existsSync(join(folder, 'worker.js'))).toBe(true)
  })

  it('give the same report in a worker as in Node', async ({ skip }) => {
    if (!existsSync(CHROMIUM)) skip(`there is no ${CHROMIUM}`)
    const sent = protectedSession(await routeFixture(), { symbolBytes: 512, overhead: 0.2 })
    const received = sent.filter((_, at) => at < 30 || at % 31 !== 0)
    const target: ReceiveTarget = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT }
    const here = reportOfDatagrams(received, target)
    const there = await reportInBrowser(received, target)
    const objects = here.services.flatMap(({ sessions }) =>
      sessions.flatMap(({ channels }) => channels.flatMap((channel) => channel.objects)),
    )
    expect(objects.filter(({ sha256 }) => sha256 !== null).length).toBeGreaterThan(10)
    expect(there.totals).toEqual(here.totals)
    expect(withoutDurations(there)).toEqual(withoutDurations(here))
  })
})
