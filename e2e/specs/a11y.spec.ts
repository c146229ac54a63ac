import { join } from 'node:path'
import { opaque, violations, wear } from '../fixtures/axe.ts'
import { demoCapture, fecCapture, mmtCapture, withLoss } from '../fixtures/captures.ts'
import { expect, test } from '../fixtures/routescope.ts'
import { TABLE_TABS } from '../pages/app-page.ts'

for (const theme of ['dark', 'light'] as const) {
  test(`first screen, ${theme}`, async ({ routescope: { app, page } }) => {
    await wear(app, theme)
    expect(await violations(page, theme)).toEqual([])
    await app.start.getByLabel('Address').fill('route://239.255.82.85:99999')
    await app.listenButton.click()
    await expect(app.start.getByRole('alert')).toBeVisible()
    expect(await violations(page, theme)).toEqual([])
    // The options, opened by keys; one of them wrong.
    const listen = app.start.getByRole('region', { name: 'Listen' })
    await listen.getByText('Advanced').focus()
    await page.keyboard.press('Enter')
    await listen.getByLabel('Reorder time').fill('soon')
    await expect(listen.getByText('It must be a whole number')).toBeVisible()
    await app.start.getByRole('region', { name: 'Open a capture' }).getByText('Advanced').click()
    expect(await violations(page, theme)).toEqual([])
  })

  test(`a session with every tab, ${theme}`, async ({ routescope: { app, page, home, openCapture } }) => {
    await openCapture(await withLoss(await demoCapture(home), 190))
    await wear(app, theme)
    for (const tab of TABLE_TABS) {
      await app.openTab(tab)
      await app.idle()
      expect(await violations(page, theme), tab).toEqual([])
    }
    await app.openTab('Signalling')
    await app.signalling.row('MPD').click()
    await expect(page.getByRole('region', { name: /^Text of .*inspector$/ })).toBeVisible()
    expect(await violations(page, theme), 'signalling text').toEqual([])
    await app.openTab('Objects')
    await app.objects
      .row(/Partial|Cut off/)
      .first()
      .click()
    for (const tab of ['Facts', 'Boxes', 'Hex']) {
      await app.inspector.getByRole('tab', { name: tab }).click()
      await app.idle()
      expect(await violations(page, theme), `inspector, ${tab}`).toEqual([])
    }
    await app.play()
    await app.playing(1)
    expect(await violations(page, theme), 'playing').toEqual([])
  })

  test(`dialogs over a session, ${theme}`, async ({ routescope: { app, page, home, openCapture } }) => {
    await openCapture(await demoCapture(home))
    await wear(app, theme)
    for (const [key, name] of [
      ['ControlOrMeta+k', 'Find a command'],
      ['?', 'Keys'],
      ['l', 'Listen'],
    ] as const) {
      await app.objects.grid.focus()
      await page.keyboard.press(key)
      const dialog = page.getByRole('dialog', { name })
      await expect(dialog).toBeVisible()
      await opaque(page)
      expect(await violations(page, theme), name).toEqual([])
      await page.keyboard.press('Escape')
      await expect(dialog).toBeHidden()
    }
    await page.getByRole('button', { name: /^Source: / }).click()
    await expect(page.getByRole('menu')).toBeVisible()
    await opaque(page)
    expect(await violations(page, theme), 'source menu').toEqual([])
  })

  test(`no engine, and a quit that waits, ${theme}`, async ({ routescope: { app, page, electron } }) => {
    await wear(app, theme)
    const send = (channel: string, value: unknown) =>
      electron?.evaluate(
        ({ BrowserWindow }, [name, data]) => BrowserWindow.getAllWindows()[0]?.webContents.send(name, data),
        [channel, value] as const,
      )
    await send('shell-engine-failure', { code: 'engine-died', message: 'The engine stopped.', tryThis: 'Restart it.' })
    await expect(page.getByRole('button', { name: 'Restart', exact: true })).toBeVisible()
    expect(await violations(page, theme), 'no engine').toEqual([])
    await send('shell-quitting', ['/home/me/dump', '/home/me/other'])
    await expect(page.getByRole('alertdialog', { name: 'Writing dumps…' })).toBeVisible()
    await opaque(page)
    expect(await violations(page, theme), 'quitting').toEqual([])
  })

  test(`repair flows, MMTP and every view of a table, ${theme}`, async ({
    routescope: { app, page, home, openCapture },
  }) => {
    await openCapture(await fecCapture(home))
    await wear(app, theme)
    await app.openTab('Flows')
    await app.flows.row('Repair').first().click()
    expect(await violations(page, theme), 'repair flows').toEqual([])
    await app.openTab('Signalling')
    await app.signalling.row('S-TSID').click()
    for (const view of ['Decoded', 'XML', 'Raw', 'Diff']) {
      await app.inspector.getByRole('button', { name: view, exact: true }).click()
      await app.idle()
      expect(await violations(page, theme), view).toEqual([])
    }
    await app.command('Close the session')
    await openCapture(await mmtCapture(home))
    await app.services.row('MMTP').click()
    await app.openTab('Flows')
    expect(await violations(page, theme), 'MMTP').toEqual([])
  })

  test(`recording, ${theme}`, async ({ routescope: { app, page, startDemo, record } }) => {
    await wear(app, theme)
    await startDemo()
    await record()
    await opaque(page)
    expect(await violations(page, theme)).toEqual([])
    await app.recordButton.click()
  })

  test(`serving, ${theme}`, async ({ routescope: { app, page, home } }) => {
    await wear(app, theme)
    await app.start.getByRole('button', { name: 'Serve…' }).click()
    const form = page.getByRole('form', { name: 'Serve folders' })
    expect(await violations(page, theme), 'form').toEqual([])
    await form.getByLabel('Folder to read', { exact: true }).fill(home)
    await form.getByLabel('Address', { exact: true }).fill('203.0.113.9:9')
    await form.getByText('More options').click()
    await form.getByRole('button', { name: 'Start serving' }).click()
    expect(await violations(page, theme), 'question').toEqual([])
    await form.getByRole('button', { name: 'Serve all the same' }).click()
    await expect(form.getByRole('alert')).toBeVisible()
    await opaque(page)
    expect(await violations(page, theme), 'error').toEqual([])
    await form.getByLabel('Address', { exact: true }).fill('127.0.0.1:0')
    await form.getByRole('button', { name: 'Start serving' }).click()
    const panel = page.getByRole('region', { name: 'Serve', exact: true })
    const url = await panel.getByRole('table', { name: 'What is served' }).locator('code').textContent()
    await fetch(`${url}absent`)
    const requests = panel.getByRole('grid', { name: 'Requests' })
    await expect(requests.getByRole('row', { name: /absent/ })).toBeVisible()
    await requests.focus()
    await page.keyboard.press('ArrowDown')
    expect(await violations(page, theme), 'running').toEqual([])
  })

  test(`relaying, ${theme}`, async ({ routescope: { app, page, home } }) => {
    await wear(app, theme)
    await app.start.getByRole('button', { name: 'Relay…' }).click()
    const form = page.getByRole('form', { name: 'Relay media' })
    expect(await violations(page, theme), 'form').toEqual([])
    await form.getByRole('textbox', { name: 'Source', exact: true }).fill('ftp://x')
    await expect(form.getByRole('alert')).toBeVisible()
    expect(await violations(page, theme), 'wrong').toEqual([])
    await form.getByRole('textbox', { name: 'Source', exact: true }).fill('udp://127.0.0.1:6087')
    await form.getByText('Options of source').click()
    await form.getByRole('button', { name: 'Another source' }).click()
    await form.getByRole('textbox', { name: 'Source 2' }).fill(join(home, 'absent.ts'))
    await form.getByRole('textbox', { name: 'Destination', exact: true }).fill(join(home, 'out.mp4'))
    await form.getByRole('button', { name: 'Start relaying' }).click()
    await expect(form.getByRole('alert')).toBeVisible()
    await opaque(page)
    expect(await violations(page, theme), 'error').toEqual([])
    await form.getByRole('button', { name: 'Remove source 2' }).click()
    await form.getByRole('button', { name: 'Start relaying' }).click()
    const panel = page.getByRole('region', { name: 'Relay', exact: true })
    await expect(panel.getByRole('heading', { name: 'Relaying', exact: true })).toBeVisible()
    await expect(panel.getByRole('table', { name: 'Links' })).toBeVisible()
    expect(await violations(page, theme), 'running').toEqual([])
    await panel.getByRole('button', { name: 'Stop relaying' }).click()
    await expect(panel.getByRole('heading', { name: 'Relaying was stopped' })).toBeVisible()
    expect(await violations(page, theme), 'ended').toEqual([])
  })

  test(`waiting for packets, ${theme}`, async ({ routescope: { app, page } }) => {
    await wear(app, theme)
    await app.start.getByLabel('Address').fill('route://239.255.82.85:6085')
    await app.start.getByLabel('Network interface').selectOption('127.0.0.1')
    await app.listenButton.click()
    await expect(page.getByRole('main', { name: 'Waiting for packets' })).toBeVisible()
    expect(await violations(page, theme)).toEqual([])
  })
}
