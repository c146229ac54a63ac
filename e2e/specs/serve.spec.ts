import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { demoCapture } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'
import { GridOnPage } from '../pages/grid.ts'

type HarEntry = { readonly request: { readonly method: string; readonly url: string } }

/** Asks as another program would. @returns status and body */
function ask(
  url: string,
  method = 'GET',
  body = '',
  headers: Record<string, string> = {},
  agent: Agent | false = false,
) {
  return new Promise<readonly [number | undefined, string]>((resolve, reject) => {
    const asked = request(url, { method, headers, agent }, (reply) => {
      let text = ''
      reply.setEncoding('utf8')
      reply.on('data', (part: string) => {
        text += part
      })
      reply.on('end', () => resolve([reply.statusCode, text]))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

test('the Serve view serves a folder, lists requests as they arrive, takes uploads, and stops', async ({
  routescope: { app, page, home, electron, consoleErrors },
}) => {
  const [folder, uploads] = [join(home, 'to read'), join(home, 'uploads')]
  await Promise.all([folder, uploads].map((path) => mkdir(path)))
  await writeFile(join(folder, 'hello.txt'), 'hello world')

  await app.start.getByRole('button', { name: 'Serve…' }).click()
  const form = page.getByRole('form', { name: 'Serve folders' })
  const start = form.getByRole('button', { name: 'Start serving' })
  await expect(start).toBeDisabled()
  await form.getByLabel('Folder to read', { exact: true }).fill(folder)
  await form.getByLabel('Folder for uploads', { exact: true }).fill(uploads)
  await form.getByLabel('List folders').check()

  // Other computers would reach it: a person is asked, and may go back.
  await form.getByRole('button', { name: 'Every network' }).click()
  await expect(form.getByLabel('Address', { exact: true })).toHaveValue('0.0.0.0:8080')
  await start.click()
  await expect(form.getByRole('alert')).toContainText(
    `Every computer that reaches this one, on any of its networks, can read what is served and write into ${uploads}.`,
  )
  await form.getByRole('button', { name: 'Back', exact: true }).click()
  await form.getByLabel('Address', { exact: true }).fill('127.0.0.1:0')
  await expect(form.locator('code')).toContainText(/^routescope serve --listen 127.0.0.1:0 --read '.*to read' --write /)
  await start.click()

  const panel = page.getByRole('region', { name: 'Serve', exact: true })
  const heading = panel.getByRole('heading', { name: /^Serving on http/ })
  await expect(heading).toBeVisible()
  const url = /http:\S+/.exec((await heading.textContent()) ?? '')?.[0] ?? ''
  const places = panel.getByRole('table', { name: 'What is served' }).getByRole('row')
  await expect(places.nth(1)).toContainText(`${url}/`)
  await expect(places.nth(1)).toContainText('reading')
  await expect(places.nth(2)).toContainText('uploads')
  await expect(panel.getByText('No request yet')).toBeVisible()

  expect(await ask(`${url}/hello.txt`)).toEqual([200, 'hello world'])
  const requests = new GridOnPage(panel.getByRole('grid', { name: 'Requests' }))
  await expect(requests.row('/hello.txt')).toContainText(/127\.0\.0\.1GET.*200.*11/)
  expect(await ask(`${url}/hello.txt`, 'GET', '', { range: 'bytes=6-' })).toEqual([206, 'world'])
  expect((await ask(`${url}/absent.txt`))[0]).toBe(404)
  expect((await ask(`${url}/up.txt`, 'PUT', 'uploaded'))[0]).toBe(201)
  expect(await readFile(join(uploads, 'up.txt'), 'utf8')).toBe('uploaded')
  // What the server refuses before it looks for a file is there as well.
  expect((await ask(`${url}/hello.txt`, 'GET', '', { host: 'elsewhere.example' }))[0]).toBe(421)
  await expect.poll(() => requests.count()).toBe(5)
  const shown = (await requests.lines()).map(({ Method, Path, Range, Status, Bytes }) => [
    ...[Method, Path, Range, Status, Bytes],
  ])
  expect(shown[0]?.slice(0, 4)).toEqual(['GET', '/hello.txt', '–', '421'])
  expect(shown[1]).toEqual(['PUT', '/up.txt', '–', '201', '8'])
  expect(shown[2]?.slice(0, 4)).toEqual(['GET', '/absent.txt', '–', '404'])
  expect(shown.slice(3)).toEqual([
    ['GET', '/hello.txt', 'bytes=6-', '206', '5'],
    ['GET', '/hello.txt', '–', '200', '11'],
  ])

  // By keys: the filter, its rows, and a request that waits while one is selected.
  await requests.grid.focus()
  await page.keyboard.press('/')
  await expect(panel.getByLabel('Filter requests')).toBeFocused()
  await page.keyboard.type('put up')
  await expect.poll(() => requests.count()).toBe(1)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  await expect(requests.grid).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(requests.selectedRow).toContainText('421')
  await ask(`${url}/later.txt`)
  await panel.getByRole('button', { name: '1 new' }).click()
  await expect(requests.grid.getByRole('row').nth(1)).toContainText('/later.txt')

  await panel.getByRole('button', { name: 'Copy as HAR' }).click()
  await expect(panel.getByRole('button', { name: 'Copied' })).toBeVisible()
  if (electron !== null) {
    const har = JSON.parse(await electron.evaluate(({ clipboard }) => clipboard.readText()))
    expect(har.log.entries).toHaveLength(6)
    expect(har.log.entries[0]).toMatchObject({ request: { url: `${url}/hello.txt` }, response: { status: 200 } })
  }
  await panel.getByRole('button', { name: 'Save HAR' }).click()
  const saved = page.getByRole('status').filter({ hasText: 'Saved the requests to ' })
  await expect(saved).toBeVisible()
  const file = /to (\S+\.har)/.exec((await saved.textContent()) ?? '')?.[1] ?? ''
  const { log } = JSON.parse(await readFile(file, 'utf8'))
  expect(log.entries.map(({ request: { method, url: asked } }: HarEntry) => `${method} ${asked}`)).toEqual([
    `GET ${url}/hello.txt`,
    `GET ${url}/hello.txt`,
    `GET ${url}/absent.txt`,
    `PUT ${url}/up.txt`,
    `GET ${url}/hello.txt`,
    `GET ${url}/later.txt`,
  ])
  await panel.getByRole('button', { name: 'Stop serving' }).click()
  await expect(panel.getByRole('heading', { name: /^Served on http/ })).toBeVisible()
  await expect(ask(`${url}/hello.txt`)).rejects.toThrow('ECONNREFUSED')
  await expect(panel.getByLabel('Folder to read', { exact: true })).toHaveValue(folder)
  expect(consoleErrors).toEqual([])
})

test('the Serve view adds a folder while it serves, and shows clients and uploads on their way', async ({
  routescope: { app, page, home },
}) => {
  const [folder, more] = [join(home, 'first'), join(home, 'more')]
  await Promise.all([folder, more].map((path) => mkdir(path)))
  await writeFile(join(more, 'a.txt'), 'more')
  await app.start.getByRole('button', { name: 'Serve…' }).click()
  const form = page.getByRole('form', { name: 'Serve folders' })
  await form.getByLabel('Folder to read', { exact: true }).fill(folder)
  await form.getByLabel('Address', { exact: true }).fill('0.0.0.0:0')
  await form.getByRole('button', { name: 'Start serving' }).click()
  await form.getByRole('button', { name: 'Serve all the same' }).click()
  const panel = page.getByRole('region', { name: 'Serve', exact: true })
  const places = panel.getByRole('table', { name: 'What is served' }).getByRole('row')
  await expect(places).toHaveCount(2)
  const url = /http:\S+/.exec((await panel.getByRole('heading').first().textContent()) ?? '')?.[0] ?? ''

  // A phone gets the address of a network, where there is one, as a code.
  const networks = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const reachable = networks.some(({ internal, family }) => !internal && family === 'IPv4')
  if (reachable) {
    const code = panel.getByRole('img', { name: /^QR code of http/ })
    await expect(code).toHaveAccessibleName(/^QR code of http:\/\/(?!127\.)[\d.]+:\d+\/$/)
    await panel.getByLabel('For a phone in the network').focus()
  } else await expect(panel.getByText('this computer is in no network.')).toBeVisible()

  expect((await ask(`${url}/more/a.txt`))[0]).toBe(404)
  await panel.getByRole('button', { name: 'Add a folder…' }).click()
  const adding = panel.getByRole('form', { name: 'Add a folder' })
  await adding.getByLabel('Folder to add', { exact: true }).fill(more)
  await adding.getByLabel('Take uploads into it, too').check()
  await page.keyboard.press('Enter')
  await expect(adding.getByRole('alert')).toContainText(`write into ${more}`)
  await adding.getByRole('button', { name: 'Add all the same' }).click()
  await expect(places.nth(2)).toContainText(`${url}/more/`)
  await expect(places.nth(2)).toContainText('reading and uploads')
  expect(await ask(`${url}/more/a.txt`)).toEqual([200, 'more'])

  // An upload that stops in the middle.
  const half = Buffer.alloc(1_000_000)
  const upload = request(`${url}/more/long.bin`, { method: 'PUT', headers: { 'content-length': 2 * half.length } })
  const answered = new Promise<number | undefined>((resolve, reject) => {
    upload.on('error', reject)
    upload.on('response', (reply) => resolve(reply.resume().statusCode))
  })
  upload.write(half)
  await panel.getByRole('button', { name: /^Uploads and pushes/ }).click()
  const transfers = new GridOnPage(panel.getByRole('grid', { name: 'Uploads and pushes' }))
  const coming = transfers.row('long.bin')
  await expect(coming).toContainText('running')
  await expect(coming.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50')
  await panel.getByRole('button', { name: /^Clients/ }).click()
  const clients = new GridOnPage(panel.getByRole('grid', { name: 'Clients' }))
  await expect(clients.row('PUT /more/long.bin')).toContainText(/127\.0\.0\.1:\d+.*uploading/)
  upload.end(half)
  expect(await answered).toBe(201)
  await panel.getByRole('button', { name: /^Uploads and pushes/ }).click()
  await expect(coming).toContainText(/done.*100 %/)
  await panel.getByRole('button', { name: 'Stop serving' }).click()
  await expect(panel.getByRole('heading', { name: /^Served on http/ })).toBeVisible()
})

test('the Serve view pushes what is received, shows why that fails, and tries again', async ({
  routescope: { page, app, home, openCapture, consoleErrors },
}) => {
  const [good, bad] = [await pushTarget(201), await pushTarget(503)]
  await openCapture(await demoCapture(home))
  await app.command('Go to serve')
  const panel = page.getByRole('region', { name: 'Serve', exact: true })
  const form = panel.getByRole('form', { name: 'Pass on what is received' })
  await expect(form.getByRole('button', { name: 'Pass on', exact: true })).toBeDisabled()
  await form.getByLabel('Push to', { exact: true }).fill(good.url)
  await form.getByRole('button', { name: 'Another address' }).click()
  await form.getByLabel('Push to 2', { exact: true }).fill(bad.url)
  await form.getByLabel('Live origin on', { exact: true }).fill('0.0.0.0:0')
  await form.getByText('More options').click()
  await form.getByLabel('Time for failures').fill('900')
  await expect(form.locator('code').first()).toContainText(
    new RegExp(`^routescope open .* --push ${good.url} --push ${bad.url} --push-timeout 900 --origin 0\\.0\\.0\\.0:0`),
  )
  await form.getByRole('button', { name: 'Pass on', exact: true }).click()
  await expect(form.getByRole('alert')).toContainText('can read what is received')
  await form.getByRole('button', { name: 'Back', exact: true }).click()
  await form.getByLabel('Live origin on', { exact: true }).fill('127.0.0.1:0')
  await form.getByRole('button', { name: 'Pass on', exact: true }).click()

  const targets = panel.getByRole('table', { name: 'Pushed to' }).getByRole('row')
  await expect(targets.filter({ hasText: good.url })).toContainText('takes files')
  const failing = targets.filter({ hasText: bad.url })
  await expect(failing).toContainText('503')
  const origin = panel.getByRole('table', { name: 'What is served' }).getByRole('row', { name: /live origin/ })
  await expect(origin).toContainText(/[1-9]\d* files/)
  await panel.getByRole('button', { name: /^Uploads and pushes/ }).click()
  const transfers = new GridOnPage(panel.getByRole('grid', { name: 'Uploads and pushes' }))
  const filter = panel.getByLabel('Filter uploads and pushes')
  await filter.fill(`push ${bad.url} retrying`)
  await expect(transfers.row(/retrying.*503/).first()).toBeVisible()

  bad.answerWith(201)
  await failing.getByRole('button', { name: /^Try now/ }).click()
  // The capture is read, so that the session is over with the last file.
  await expect(failing).toContainText(/takes files|over/)
  await expect.poll(() => bad.taken.size).toBe(good.taken.size)
  expect([...good.taken].filter((path) => path.endsWith('.mpd'))).toHaveLength(1)
  await filter.fill(`push ${bad.url} done 503`)
  await expect(transfers.row(/done.*503/).first()).toBeVisible()
  await Promise.all([good, bad].map(({ close }) => close()))
  expect(consoleErrors).toEqual([])
})

/** A server that takes uploads, or refuses them. */
async function pushTarget(first: number) {
  let status = first
  const taken = new Set<string>()
  const server = createServer((asked, reply) => {
    asked.resume()
    asked.on('end', () => {
      if (status < 300 && asked.method === 'PUT') taken.add(asked.url ?? '')
      reply.writeHead(status).end()
    })
    asked.on('error', () => undefined)
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
  return {
    url: `http://127.0.0.1:${port}/live/`,
    taken,
    answerWith(next: number) {
      status = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

test('the table of requests is steady while hundreds come', async ({ routescope: { app, page, home } }) => {
  await writeFile(join(home, 'hello.txt'), 'hello world')
  await app.start.getByRole('button', { name: 'Serve…' }).click()
  const form = page.getByRole('form', { name: 'Serve folders' })
  await form.getByLabel('Folder to read', { exact: true }).fill(home)
  await form.getByLabel('Address', { exact: true }).fill('127.0.0.1:0')
  await form.getByRole('button', { name: 'Start serving' }).click()
  const panel = page.getByRole('region', { name: 'Serve', exact: true })
  await expect(panel.getByText('No request yet')).toBeVisible()
  const url = /http:\S+/.exec((await panel.getByRole('heading').first().textContent()) ?? '')?.[0] ?? ''
  const agent = new Agent({ keepAlive: true })
  const flood = async (words: string, perLane: number) => {
    const lanes = [0, 1, 2, 3].map(async (lane) => {
      for (let at = 0; at < perLane; at++) await ask(`${url}/hello.txt?${words}-${lane}-${at}`, 'GET', '', {}, agent)
    })
    await Promise.all(lanes)
  }
  await flood('first', 8)
  const requests = new GridOnPage(panel.getByRole('grid', { name: 'Requests' }))
  await expect.poll(() => requests.count()).toBe(32)
  const [third, bar] = [requests.grid.getByRole('row').nth(3), panel.getByLabel('Filter requests')]
  // Its reply has ended, after which nothing of it changes.
  await expect(third).toContainText(/ (?:µs|ms|s)/)
  await third.click()
  const before = [await third.textContent(), await third.boundingBox(), await bar.boundingBox()]
  await flood('second', 105)
  agent.destroy()
  await expect(panel.getByText('the last 400 of 452')).toBeVisible()
  await expect(panel.getByRole('button', { name: '400 new' })).toBeVisible()
  expect([await third.textContent(), await third.boundingBox(), await bar.boundingBox()]).toEqual(before)
  // Only what is in sight is in the page.
  expect(await requests.grid.getByRole('row').count()).toBeLessThan(60)
  await panel.getByRole('button', { name: '400 new' }).click()
  await expect(requests.row('first-')).toHaveCount(0)
})

test('the Serve view says why a server cannot start, and keeps what was filled in', async ({
  routescope: { app, page, home },
}) => {
  await app.start.getByRole('button', { name: 'Serve…' }).click()
  const form = page.getByRole('form', { name: 'Serve folders' })
  await form.getByLabel('Folder to read', { exact: true }).fill(home)
  const other = createServer()
  const taken = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port))
  })
  await form.getByLabel('Address', { exact: true }).fill(`127.0.0.1:${taken}`)
  await form.getByRole('button', { name: 'Start serving' }).click()
  await expect(form.getByRole('alert')).toContainText(`Port ${taken} on 127.0.0.1 is already in use`)
  await expect(form.getByLabel('Folder to read', { exact: true })).toHaveValue(home)
  other.close()
})

test('the Serve view lists what players ask of the gateway', async ({ routescope: { app, page, startDemo } }) => {
  await startDemo()
  await app.play()
  await app.command('Go to serve')
  const panel = page.getByRole('region', { name: 'Serve', exact: true })
  const requests = new GridOnPage(panel.getByRole('grid', { name: 'Requests' }))
  await panel.getByLabel('Filter requests').fill('get .mpd 200')
  await expect(requests.row(/GET\/service\d+\/.*\.mpd.*200/).first()).toBeVisible()
  await panel.getByLabel('Filter requests').fill('m4s 200')
  await expect(requests.row(/GET.*\.m4s.*200/).first()).toBeVisible()
  // The same ones are a lane of the timeline.
  await expect(page.getByTitle('What players ask of this session')).toContainText('Requests')
})
