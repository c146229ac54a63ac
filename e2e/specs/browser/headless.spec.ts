import { get, request } from 'node:http'
import { launchHeadless } from '../../fixtures/headless.ts'
import { expect, test } from '../../fixtures/routescope.ts'

/*
 * Features of the headless server only: token and uploads. The other specs run in both targets and show that the interface
 * works there as in the app.
 */
test('refuses a WebSocket without the token', async ({ routescope: { page } }) => {
  for (const query of ['', '?token=wrong']) {
    expect(await upgradeStatus(new URL(`/engine${query}`, page.url()))).toBe(403)
  }
  const right = new URL('/engine', page.url())
  right.search = new URL(page.url()).search
  expect(await upgradeStatus(right)).toBe(101)
})

test('refuses an upload without the token, with a reason', async ({ routescope: { page } }) => {
  for (const query of ['?name=a.pcap', '?name=a.pcap&token=wrong']) {
    const answer = await fetch(new URL(`/upload${query}`, page.url()), { method: 'POST', body: 'x' })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('open the address that was printed')
  }
})

test('answers under its own name only', async ({ routescope: { page } }) => {
  const { port } = new URL(page.url())
  const status = await new Promise<number | undefined>((done, failed) =>
    get({ host: '127.0.0.1', port, headers: { host: 'evil.example' } }, (answer) => {
      answer.resume()
      done(answer.statusCode)
    }).on('error', failed),
  )
  expect(status).toBe(421)
})

test('reports why there is no window, and the address to open', async ({ routescope: { log } }) => {
  expect(log()).toMatch(/serves its interface to a browser, because .+\.\nOpen http:\/\/127\.0\.0\.1:\d+\/\?token=/)
})

test('says that the server was restarted, instead of reconnecting for ever', async ({ routescope: { page, home } }) => {
  const first = await launchHeadless(home, [])
  try {
    await page.goto(first.address)
    await expect(page.getByText('Engine ready')).toBeVisible()
  } finally {
    await first.close()
  }
  const lost = page.getByRole('alert')
  await expect(lost).toContainText('The connection to the engine is lost')
  const second = await launchHeadless(home, ['--listen', new URL(first.address).host])
  try {
    await expect(lost).toContainText('The server was restarted. Reload this page')
    const reloaded = page.waitForResponse((answer) => answer.url() === first.address)
    await lost.getByRole('button', { name: 'Reload' }).click()
    expect((await reloaded).status()).toBe(403)
    await expect(page.getByText('open the address that was printed')).toBeVisible()
    await page.goto(second.address)
    await expect(page.getByText('Engine ready')).toBeVisible()
  } finally {
    await second.close()
  }
})

function upgradeStatus(address: URL): Promise<number | undefined> {
  return new Promise((done, failed) => {
    const asked = request(address, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'cm91dGVzY29wZS1lMmUhIQ==',
      },
    })
    asked.on('response', (answer) => {
      answer.resume()
      done(answer.statusCode)
    })
    asked.on('upgrade', (answer, socket) => {
      socket.destroy()
      done(answer.statusCode)
    })
    asked.on('error', failed)
    asked.end()
  })
}
