import { type Canaries, startCanaries } from '../../fixtures/canaries.ts'
import { demoCapture, hostileCapture } from '../../fixtures/captures.ts'
import { launchChromium, launchHeadless } from '../../fixtures/headless.ts'
import { expect, test } from '../../fixtures/routescope.ts'
import { AppPage } from '../../pages/app-page.ts'

/*
 * The gateway, the page's guard of requests, and its policy keep a broadcast's references in, each of them alone. Here the
 * gateway's part is taken away: the player gets the manifest as it was sent.
 */
let canaries: Canaries
test.beforeEach(async () => {
  canaries = await startCanaries(2)
})
test.afterEach(() => canaries.close())

for (const kind of ['dash', 'hls'] as const)
  test(`the guard alone keeps a ${kind} player in`, async ({ home }) => {
    const server = await launchHeadless(home, [
      'open',
      await hostileCapture(kind, home, canaries.origins),
      '--no-window',
    ])
    const browser = await launchChromium()
    try {
      const page = await browser.newPage({ bypassCSP: true, viewport: { width: 1440, height: 900 } })
      const uncaught: string[] = []
      page.on('pageerror', (error) => uncaught.push(error.message))
      await page.route(/\.(?:mpd|m3u8)$/, (route) => route.continue({ url: `${route.request().url()}?as=sent` }))
      await page.goto(server.address)
      const app = new AppPage(page)
      await app.play()
      await expect(app.player).toContainText('which is outside of the broadcast', { timeout: 30_000 })
      expect(canaries.seen).toEqual([])
      expect(uncaught).toEqual([])
    } finally {
      await browser.close()
      await server.close()
    }
  })

test('the policy alone keeps the page in, whatever asks', async ({ home }) => {
  const server = await launchHeadless(home, ['open', await demoCapture(home), '--no-window'])
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    // Kept from before the page's guard.
    await page.addInitScript(() => {
      const { fetch, XMLHttpRequest } = window
      Object.assign(window, { unguarded: { fetch: fetch.bind(window), open: XMLHttpRequest.prototype.open } })
    })
    await page.goto(server.address)
    const app = new AppPage(page)
    await app.play()
    await app.playing(1)
    const results = await page.evaluate(async (origins) => {
      const { unguarded } = window as unknown as { unguarded: { fetch: typeof fetch; open: XMLHttpRequest['open'] } }
      const outcome = (work: Promise<unknown>) =>
        work.then(
          () => 'reached',
          () => 'refused',
        )
      const asked = origins.flatMap((url) => {
        const request = new XMLHttpRequest()
        unguarded.open.call(request, 'GET', url, true)
        const image = new Image()
        image.src = `${url}/image`
        const video = document.createElement('video')
        video.src = `${url}/video`
        const font = new FontFace('outside', `url(${url}/font)`)
        const events = new EventSource(`${url}/events`)
        const socket = new WebSocket(url.replace('http', 'ws'))
        return [
          outcome(unguarded.fetch(url, { mode: 'no-cors' })),
          outcome(
            new Promise((done, failed) => {
              request.onload = done
              request.onerror = failed
              request.send()
            }),
          ),
          outcome(image.decode()),
          outcome(video.play()),
          outcome(font.load()),
          ...[events, socket].map((one) =>
            outcome(
              new Promise((done, failed) => {
                one.onopen = done
                one.onerror = failed
              }),
            ),
          ),
        ]
      })
      return Promise.all(asked)
    }, canaries.origins)
    expect(new Set(results)).toEqual(new Set(['refused']))
    expect(canaries.seen).toEqual([])
  } finally {
    await browser.close()
    await server.close()
  }
})
