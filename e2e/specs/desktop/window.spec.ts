import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rename } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Locator } from '@playwright/test'
import { demoCapture } from '../../fixtures/captures.ts'
import { desktopCommand } from '../../fixtures/desktop.ts'
import { expect, test } from '../../fixtures/routescope.ts'

test('does not navigate away', async ({ routescope: { app, page, electron } }) => {
  await app.idle()
  const address = page.url()
  expect(await page.evaluate(() => String(window.open('http://127.0.0.1:9/')))).toBe('null')
  await page.evaluate(() => {
    location.href = 'http://127.0.0.1:9/'
  })
  // An evaluation in main and page shows that the refused navigation is over.
  expect(await electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  await app.idle()
  expect(page.url()).toBe(address)
})

test('asks one port of loopback only, by policy and by a filter of its own', async ({ routescope }) => {
  const { app, page, electron, startDemo } = routescope
  const policy = await page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'))
  const origin = /connect-src 'self' blob: (http:\/\/127\.0\.0\.1:\d+);/.exec(policy ?? '')?.[1]
  expect(policy).toContain(`media-src 'self' blob: data: ${origin};`)
  expect(policy?.match(/\d+\.\d+\.\d+\.\d+:\S+/g)?.every((host) => `http://${host}`.startsWith(`${origin}`))).toBe(true)
  const asked: string[] = []
  const canary = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.end('seen')
  }).listen(0, '127.0.0.1')
  await once(canary, 'listening')
  const { port } = canary.address() as AddressInfo
  const elsewhere = `http://127.0.0.1:${port}`
  const results = await page.evaluate(async (url) => {
    const quiet = (work: Promise<unknown>) => work.then(String, () => 'refused')
    const image = new Image()
    image.src = `${url}/img`
    return Promise.all([quiet(fetch(`${url}/fetch`)), quiet(image.decode())])
  }, elsewhere)
  expect(results).toEqual(['refused', 'refused'])
  // A page without any policy: the filter holds alone.
  const unbound = await electron?.evaluate(async ({ BrowserWindow }, url) => {
    const hidden = new BrowserWindow({ show: false })
    await hidden.loadURL('data:text/html,<p>no policy')
    const reply = await hidden.webContents.executeJavaScript(
      `fetch(${JSON.stringify(`${url}/free`)}, { mode: 'no-cors' }).then(() => 'seen', () => 'refused')`,
    )
    hidden.destroy()
    return reply
  }, elsewhere)
  expect(unbound).toBe('refused')
  expect(asked).toEqual([])
  // And what the engine serves plays.
  await startDemo()
  await app.play()
  await app.playing(1)
  canary.close()
})

test('fetches from the gateway on loopback only, and does not evaluate text', async ({ routescope: { page } }) => {
  const policy = await page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'))
  expect(policy).toContain("default-src 'self'")
  expect(policy).toContain("script-src 'self';")
  const refused = await page.evaluate(async () => {
    const seen = new Promise<string>((done) =>
      document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), { once: true }),
    )
    await fetch('http://127.0.0.2:9/').catch(() => null)
    return seen
  })
  expect(refused).toBe('connect-src')
})

test('makes no WebRTC offer, and has no address to offer in another realm', async ({ routescope: { app, page } }) => {
  await app.idle()
  const seen = await page.evaluate(async () => {
    const offerOf = async (realm: Window & typeof globalThis) => {
      const connection = new realm.RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:9' }] })
      connection.createDataChannel('x')
      const candidates: string[] = []
      const gathered = new Promise<void>((done) => {
        connection.onicecandidate = ({ candidate }) =>
          candidate === null ? done() : candidates.push(candidate.candidate)
      })
      await connection.setLocalDescription(await connection.createOffer())
      await gathered
      return candidates
    }
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const other = await offerOf(frame.contentWindow as Window & typeof globalThis).catch(String)
    frame.remove()
    return { own: await offerOf(window).catch(String), other, names: Object.getOwnPropertyNames(window) }
  })
  expect(seen.own).toMatch(/RTCPeerConnection is not a constructor/)
  expect(seen.other).toEqual([])
  expect(seen.names.filter((name) => name.includes('RTC'))).toEqual([])
})

test('serves no file outside the page', async ({ routescope: { page } }) => {
  const statuses = await page.evaluate(async () => {
    const names = ['/..%2fmain/index.cjs', '/%2e%2e/package.json', '/..%2f..%2fpackage.json', '//etc/passwd']
    return Promise.all(names.map(async (name) => (await fetch(`routescope://app${name}`)).status))
  })
  expect(statuses).toEqual([404, 404, 404, 404])
})

test('answers only calls of the contract', async ({ routescope: { page } }) => {
  const shell = await page.evaluate(() => Object.keys(Reflect.get(window, 'routescopeShell')).sort())
  expect(shell).toEqual([
    ...[
      'addRecent',
      'chooseCapture',
      'chooseFolder',
      'choosePresentation',
      'chooseRecording',
      'initialRequest',
      'kind',
      'onEngineFailure',
      'onEngineRestart',
      'onMenu',
      'onQuitting',
    ],
    ...['pathOfFile', 'quitNow', 'recent', 'restartEngine', 'showInFolder', 'stayOpen'],
  ])
  const refusal = await page.evaluate(() =>
    Reflect.get(window, 'routescopeShell')
      .addRecent({ kind: 'program', value: 'x', label: 'x' })
      .catch((error: Error) => error.message),
  )
  expect(refusal).toContain('Not a recent item')
})

test('is never smaller than the panels need', async ({ routescope: { electron } }) => {
  const size = await electron?.evaluate(({ BrowserWindow }) => {
    const window = BrowserWindow.getAllWindows()[0]
    window?.setSize(300, 200)
    return window?.getSize()
  })
  expect(size).toEqual([1024, 640])
})

test('a second start opens its file in a window of the first', async ({ routescope: { app, electron, home } }) => {
  await app.idle()
  const opened = electron?.waitForEvent('window')
  const second = await desktopCommand(home, ['open', 'no-such.pcap'])
  const child = spawn(second.executable, second.args, { env: second.env, stdio: 'ignore' })
  const status = new Promise((done) => child.once('exit', done))
  await opened
  expect(await status).toBe(0)
  expect(await electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(2)
})

test('opens a file whose name begins with a dash, after --', async ({ routescope: { app, electron, home } }) => {
  await app.idle()
  await rename(await demoCapture(home), join(home, '-x.pcapng'))
  const opened = electron?.waitForEvent('window')
  const second = await desktopCommand(home, ['open', '--', '-x.pcapng'])
  const child = spawn(second.executable, second.args, { env: second.env, cwd: home, stdio: 'ignore' })
  const status = new Promise((done) => child.once('exit', done))
  const page = await opened
  expect(await status).toBe(0)
  await expect(page?.getByRole('button', { name: 'Source: CAPTURE -x.pcapng' }) as Locator).toBeVisible()
})

test('reads standard input, and shows it by name', async ({ routescope: { app, electron, home } }) => {
  await app.idle()
  const capture = await readFile(await demoCapture(home))
  const opened = electron?.waitForEvent('window')
  const second = await desktopCommand(home, ['open', '-'])
  const child = spawn(second.executable, second.args, { env: second.env, stdio: ['pipe', 'ignore', 'ignore'] })
  const status = new Promise((done) => child.once('exit', done))
  child.stdin.end(capture)
  const page = await opened
  await expect(page?.getByRole('button', { name: /^Source: .*standard input$/ }) as Locator).toBeVisible()
  expect(await status).toBe(0)
  expect(await page?.evaluate(() => Reflect.get(window, 'routescopeShell').recent())).toEqual([])
})
