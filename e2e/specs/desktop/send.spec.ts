import { expect, test } from '../../fixtures/routescope.ts'

test('the Send view lists what is sent, broadcasts it on loopback with counts, and stops', async ({ routescope }) => {
  const { page, consoleErrors } = routescope
  await page.getByRole('button', { name: 'Send…' }).click()
  const view = page.getByRole('main', { name: 'Send a presentation' })
  await expect(view.getByRole('button', { name: 'Start sending' })).toBeDisabled()

  await view.getByLabel('Input', { exact: true }).fill('/nowhere/at/all.mpd')
  await expect(view.getByRole('alert')).toContainText('does not exist')

  await view.getByRole('button', { name: 'Built-in demo' }).click()
  const plan = view.getByRole('table', { name: 'Channels' })
  await expect(plan.getByRole('row')).toHaveCount(4)
  await expect(view.getByRole('list', { name: 'Notes' })).toContainText('Everything can be sent as it is')

  const destination = view.getByLabel('Destination')
  await destination.fill('route://127.0.0.1:6041')
  await view.getByRole('button', { name: 'Start sending' }).click()
  await expect(view.getByRole('alert')).toContainText('127.0.0.1 is no multicast group')
  await view.getByRole('button', { name: 'Back', exact: true }).click()

  await destination.fill('route://239.255.41.3:6041')
  await view.getByLabel('Network interface').selectOption('127.0.0.1')
  await expect(view.locator('code').first()).toHaveText(
    'routescope send demo: route://239.255.41.3:6041 --interface 127.0.0.1',
  )
  await view.getByRole('button', { name: 'Start sending' }).click()

  const panel = page.getByRole('region', { name: 'Send', exact: true })
  const rows = panel.getByRole('table', { name: 'Channels' }).getByRole('row')
  const packets = async (row: number) =>
    Number((await rows.nth(row).getByRole('cell').nth(4).textContent())?.replace(/\D/g, ''))
  for (const row of [2, 3]) await expect.poll(() => packets(row), { timeout: 30_000 }).toBeGreaterThan(10)
  await expect(rows.nth(2)).toContainText(/TSI 10.*b\/s/)

  await panel.getByRole('button', { name: 'Stop sending' }).click()
  await expect(panel.getByRole('heading', { name: /^Sent to route:/ })).toBeVisible()
  await expect(panel.getByRole('button', { name: 'Start sending' })).toBeVisible()
  expect(consoleErrors).toEqual([])
})
