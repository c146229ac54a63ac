import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CDPSession, Page } from '@playwright/test'
import { demoCapture } from '../fixtures/captures.ts'
import { expect, type Routescope, test } from '../fixtures/routescope.ts'

/*
 * Real drags and clicks: what is dropped on the window, and what a page could be made to open. Nothing of it navigates, opens a
 * window, downloads or leaves; only captures open.
 */

type Item = { readonly mimeType: string; readonly data: string }

const OUT = 'http://127.0.0.1:9/canary'

test('a link, text and markup that are dropped do nothing', async ({ routescope }) => {
  const { page, app } = routescope
  await app.idle()
  const quiet = await watch(routescope)
  const cdp = await page.context().newCDPSession(page)
  const all: Item[][] = [
    [{ mimeType: 'text/uri-list', data: OUT }],
    [{ mimeType: 'text/uri-list', data: 'file:///etc/passwd' }],
    [{ mimeType: 'text/uri-list', data: 'javascript:document.title="ran"' }],
    [{ mimeType: 'text/plain', data: OUT }],
    [{ mimeType: 'text/html', data: `<img src=${OUT} onerror="document.title='ran'"><a href=${OUT}>x</a>` }],
    [{ mimeType: 'DownloadURL', data: `text/plain:x:${OUT}` }],
  ]
  for (const items of all) await drop(cdp, page, items, [])
  await quiet()
})

test('what is no capture is named when it is dropped, and nothing waits', async ({ routescope }) => {
  const { page, app, home, target } = routescope
  test.skip(target === 'browser', 'a browser uploads what is dropped')
  test.skip(process.platform === 'win32', 'named pipes')
  await app.idle()
  const quiet = await watch(routescope)
  const cdp = await page.context().newCDPSession(page)
  const folder = join(home, 'folder')
  mkdirSync(folder)
  const html = join(home, 'page.html')
  writeFileSync(html, `<script>location = ${JSON.stringify(OUT)}</script>`)
  const pipe = join(home, 'pipe')
  execFileSync('mkfifo', [pipe])
  const many = Array.from({ length: 300 }, (_, at) => {
    const path = join(home, `many-${at}.pcap`)
    writeFileSync(path, '')
    return path
  })
  const failure = page.getByRole('alert').first()
  for (const [files, words] of [
    [[folder], /folder/],
    [[html], /page\.html is not a packet capture/],
    [many, /is empty|too many/i],
    [[join(home, 'gone.pcap')], /gone\.pcap/],
  ] as const) {
    await drop(cdp, page, [], files)
    await expect(failure).toContainText(words)
    await app.idle()
  }
  // A pipe is a capture that may still come: it is opened, and the window lives.
  await drop(cdp, page, [], [pipe])
  await expect(page.getByText('pipe', { exact: false }).first()).toBeVisible()
  await drop(cdp, page, [], [await demoCapture(home)])
  await expect(page.getByRole('button', { name: 'Source: CAPTURE demo.pcapng' })).toBeVisible()
  await quiet()
})

test('no click, key or script opens a window, downloads, or leaves', async ({ routescope }) => {
  const { page, app, target, startDemo } = routescope
  test.skip(target === 'browser', 'in a browser these are the person’s own')
  await startDemo()
  const quiet = await watch(routescope)
  await page.evaluate((url) => {
    const made = (text: string, more: Record<string, string>): void => {
      const link = document.createElement('a')
      Object.assign(link, { textContent: text, href: url, id: text }, more)
      link.style.cssText = `position:fixed;z-index:99999;left:300px;background:#fff;top:${document.links.length * 20}px`
      document.body.append(link)
    }
    made('plain', {})
    made('blank', { target: '_blank' })
    made('download', { download: 'x.txt' })
    made('blob', { download: 'y.txt', href: URL.createObjectURL(new Blob(['x'])) })
    made('data', { download: 'z.txt', href: 'data:text/plain,x' })
    made('script', { href: 'javascript:document.title="ran"' })
    made('source', { href: `view-source:${url}` })
    made('file', { href: 'file:///etc/passwd' })
    made('mail', { href: 'mailto:a@b.example' })
    window.addEventListener('beforeunload', (event) => event.preventDefault())
  }, OUT)
  // By the mouse alone: a locator would wait for navigations that are refused. Text that looks like a link is text.
  const places = await page.evaluate(() => {
    const cells = [...document.querySelectorAll('[role=gridcell]')].filter((cell) =>
      /\.m4s/.test(cell.textContent ?? ''),
    )
    return [...document.links, ...cells.slice(0, 2)].map((each) => {
      const { x, y } = each.getBoundingClientRect()
      return [x + 5, y + 5] as const
    })
  })
  expect(places).toHaveLength(11)
  for (const [x, y] of places) {
    await page.mouse.click(x, y)
    await page.mouse.click(x, y, { button: 'middle' })
    for (const held of ['Control', 'Shift', 'Alt', 'Meta']) {
      await page.keyboard.down(held)
      await page.mouse.click(x, y)
      await page.keyboard.up(held)
    }
  }
  for (const key of ['Control+t', 'Control+Shift+n', 'Control+u', 'Control+s', 'Control+j', 'Alt+ArrowLeft'])
    await page.keyboard.press(key)
  await page.evaluate((url) => {
    const frame = document.createElement('iframe')
    frame.src = url
    document.body.append(frame)
    const form = document.createElement('form')
    form.action = url
    document.body.append(form)
    form.submit()
    for (const name of ['', '_blank', '_top']) window.open(url, name)
  }, OUT)
  await app.idle()
  await quiet()
  await page.evaluate(() => {
    for (const each of document.querySelectorAll('a, iframe, form')) each.remove()
  })
})

/** Drops items or files on the middle of the page, as the system does. */
async function drop(cdp: CDPSession, page: Page, items: readonly Item[], files: readonly string[]): Promise<void> {
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: innerHeight }))
  const data = { items: items.map((item) => ({ ...item })), files: [...files], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await cdp.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data })
}

/** @returns checks that nothing was opened, downloaded, asked for or navigated to since */
async function watch({ page, electron, app, home }: Routescope): Promise<() => Promise<void>> {
  const address = page.url()
  const before = new Set(readdirSync(home))
  const asked: string[] = []
  page.context().on('request', (request) => {
    if (request.url().includes('canary')) asked.push(`${request.url()} ${request.failure()?.errorText ?? ''}`)
  })
  const answered: string[] = []
  page.context().on('response', (response) => {
    if (response.url().includes('canary')) answered.push(response.url())
  })
  const pages = page.context().pages().length
  await electron?.evaluate(({ session }) => {
    session.defaultSession.on('will-download', (_event, item) => {
      item.once('done', (_done, state) => {
        if (state === 'completed') Reflect.set(globalThis, 'downloaded', item.getFilename())
      })
    })
  })
  return async () => {
    await app.idle()
    expect(page.url()).toBe(address)
    expect(await page.evaluate(() => document.title)).toMatch(/(?:^|– )Routescope$/)
    expect(page.context().pages()).toHaveLength(pages)
    expect(answered).toEqual([])
    if (electron === null) return expect(asked).toEqual([])
    expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
    expect(await electron.evaluate(() => Reflect.get(globalThis, 'downloaded') ?? null)).toBeNull()
    expect([...readdirSync(home)].filter((name) => /\.txt$/.test(name) && !before.has(name))).toEqual([])
  }
}
