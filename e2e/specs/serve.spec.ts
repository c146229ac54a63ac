import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from '../fixtures/routescope.ts'
import { GridOnPage } from '../pages/grid.ts'

/** Asks as another program would. @returns status and body */
function ask(url: string, method = 'GET', body = '', headers: Record<string, string> = {}) {
  return new Promise<readonly [number | undefined, string]>((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (reply) => {
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
  await panel.getByRole('button', { name: 'Stop serving' }).click()
  await expect(panel.getByRole('heading', { name: /^Served on http/ })).toBeVisible()
  await expect(ask(`${url}/hello.txt`)).rejects.toThrow('ECONNREFUSED')
  await expect(panel.getByLabel('Folder to read', { exact: true })).toHaveValue(folder)
  expect(consoleErrors).toEqual([])
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
  await expect(requests.row(/GET.*\.mpd.*200/).first()).toBeVisible()
  await panel.getByLabel('Filter requests').fill('m4s 200')
  await expect(requests.row(/GET.*\.m4s.*200/).first()).toBeVisible()
})
