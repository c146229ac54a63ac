import { violations, wear } from '../../fixtures/axe.ts'
import { expect, test } from '../../fixtures/routescope.ts'

test('the Send view lists what is sent, broadcasts it on loopback with counts, and stops', async ({ routescope }) => {
  const { app, page, consoleErrors } = routescope
  await page.getByRole('button', { name: 'Send…' }).click()
  const view = page.getByRole('main', { name: 'Send a presentation' })
  await expect(view.getByRole('button', { name: 'Start sending' })).toBeDisabled()
  const seeFaults = async (state: string): Promise<void> => {
    for (const theme of ['light', 'dark'] as const) {
      await wear(app, theme)
      expect(await violations(page, theme), `${state}, ${theme}`).toEqual([])
    }
  }
  await seeFaults('empty')

  await view.getByLabel('Input', { exact: true }).fill('/nowhere/at/all.mpd')
  await expect(view.getByRole('alert')).toContainText('does not exist')
  await seeFaults('refused')

  await view.getByRole('button', { name: 'Built-in demo' }).click()
  const plan = view.getByRole('table', { name: 'Channels' })
  await expect(plan.getByRole('row')).toHaveCount(4)
  await expect(view.getByRole('list', { name: 'Notes' })).toContainText('Everything can be sent as it is')

  // Two inputs are two services of a multiplex, with a table of what each has of its own; ids are not given twice.
  const destination = view.getByLabel('Destination')
  await destination.fill('atsc://')
  await view.getByRole('button', { name: 'Another input' }).click()
  await view.getByLabel('Input 2', { exact: true }).fill('demo:')
  await expect(plan.getByRole('row')).toHaveCount(7)
  for (const at of [1, 2]) await view.getByLabel(`Id of input ${at}`).fill('7')
  await expect(view.getByRole('alert')).toContainText('have the service id 7')
  await view.getByLabel('Id of input 2').fill('8')
  await view.getByLabel('Name of input 2', { exact: true }).fill('Sport')
  await expect(plan.getByRole('row', { name: /^Sport service 8/ })).toBeVisible()
  await expect(view.locator('code').first()).toContainText(
    "'demo::#ServiceID=7' 'demo::#ServiceID=8:#ServiceName=Sport' atsc:",
  )
  expect(await violations(page, 'dark'), 'form').toEqual([])
  await view.getByRole('button', { name: 'Remove input 2' }).click()
  await view.getByLabel('Id of input 1').fill('')

  await destination.fill('route://127.0.0.1:6041')
  await view.getByRole('button', { name: 'Start sending' }).click()
  await expect(view.getByRole('alert')).toContainText('127.0.0.1 is no multicast group')
  await view.getByRole('button', { name: 'Back', exact: true }).click()

  await destination.fill('route://239.255.41.3:6041')
  await view.getByLabel('Network interface').selectOption('127.0.0.1')
  await view.getByLabel('Loop').fill('0')
  await expect(view.locator('code').first()).toHaveText(
    'routescope send demo: route://239.255.41.3:6041 --loop 0 --interface 127.0.0.1 --self-check',
  )
  await view.getByRole('button', { name: 'Start sending' }).click()

  const panel = page.getByRole('region', { name: 'Send', exact: true })
  const rows = panel.getByRole('table', { name: 'Channels' }).getByRole('row')
  const packets = async (row: number) =>
    Number((await rows.nth(row).getByRole('cell').nth(4).textContent())?.replace(/\D/g, ''))
  for (const row of [2, 3]) await expect.poll(() => packets(row), { timeout: 30_000 }).toBeGreaterThan(10)
  await expect(rows.nth(2)).toContainText(/TSI 10.*b\/s/)

  // What comes back is matched object by object; the losses of the slider show.
  const loop = panel.getByRole('region', { name: 'Received back' })
  await expect(loop.getByRole('heading')).toContainText(/([3-9]|\d\d) of \1 objects equal/)
  // It is a live service, and the window plays it while it is sent.
  const rail = page.getByRole('navigation')
  await rail.getByRole('button', { name: 'Player' }).click()
  await app.play()
  await app.playing(3)
  expect(consoleErrors).toEqual([])
  await rail.getByRole('button', { name: 'Send' }).click()
  await panel.getByRole('slider', { name: 'Loss model' }).focus()
  await page.keyboard.press('End')
  await expect(panel.getByText('--loss 42.86x100')).toBeVisible()
  const lossy = loop.getByRole('table').getByRole('row', { name: /incomplete/ })
  await expect(lossy.first()).toBeVisible({ timeout: 30_000 })
  await page.keyboard.press('Home')
  await expect(panel.getByText('--loss 0x100')).toBeVisible()
  await seeFaults('running')
  await lossy.first().getByRole('button').click()
  await expect(app.inspector).toBeVisible()

  await panel.getByRole('button', { name: 'Stop sending' }).click()
  await expect(panel.getByRole('heading', { name: /^Sent to route:/ })).toBeVisible()
  await expect(panel.getByRole('button', { name: 'Start sending' })).toBeVisible()
  await seeFaults('ended')
  // The player goes on while segments lack: answers with those which lost packets end early, others were not sent any more.
  expect(consoleErrors.filter((text) => !/^Failed to load resource: .*\.m4s\)$/.test(text))).toEqual([])
})
