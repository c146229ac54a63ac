import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, connect as toTcp } from 'node:net'
import { join } from 'node:path'
import { root } from '../fixtures/cli.ts'
import { expect, test } from '../fixtures/routescope.ts'

/** The demo's picture as one fragmented MP4. */
async function movie(): Promise<Buffer> {
  const folder = join(root, 'assets', 'demo', 'presentation')
  const names = ['video-init.mp4', ...Array.from({ length: 6 }, (_, at) => `video-${at + 1}.m4s`)]
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))))
}

/** A TCP port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A UDP socket of another program, and all bytes that came. */
async function listener() {
  const socket = createSocket('udp4')
  const datagrams: Buffer[] = []
  socket.on('message', (bytes) => datagrams.push(bytes))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { socket, datagrams, port: socket.address().port }
}

test('the Relay view joins a socket to a file and a socket, and draws what passes', async ({
  routescope: { app, page, home, consoleErrors },
}) => {
  const [port, udp] = [await freePort(), await listener()]
  const recording = join(home, 'recorded.mp4')
  await app.start.getByRole('button', { name: 'Relay…' }).click()
  const form = page.getByRole('form', { name: 'Relay media' })
  const start = form.getByRole('button', { name: 'Start relaying' })
  await expect(start).toBeDisabled()
  await form.getByRole('textbox', { name: 'Source', exact: true }).fill('ftp://127.0.0.1/x')
  await expect(form.getByRole('alert')).toHaveText('Nothing is read from there.')
  await form.getByRole('textbox', { name: 'Source', exact: true }).fill(`tcp://127.0.0.1:${port}`)
  await form.getByText('Options of source').click()
  await form.getByLabel('Listen', { exact: true }).check()
  await form.getByLabel('Stay for the next', { exact: true }).check()
  await form.getByRole('textbox', { name: 'Destination', exact: true }).fill(recording)
  await form.getByRole('button', { name: 'Another destination' }).click()
  await form.getByRole('textbox', { name: 'Destination 2', exact: true }).fill(`udp://127.0.0.1:${udp.port}`)
  await form.getByText('Options of destination 2').click()
  await form.getByRole('group', { name: 'Destination 2', exact: true }).getByLabel('Suffix', { exact: true }).fill('ts')
  const [ours, gpac] = [form.locator('code').nth(0), form.locator('code').nth(1)]
  const source = `tcp://127.0.0.1:${port}`
  await expect(ours).toHaveText(
    `routescope relay ${source}/:listen=true:ka=true ${recording} udp://127.0.0.1:${udp.port}/:ext=ts`,
  )
  await expect(gpac).toHaveText(new RegExp(`^gpac -i ${source}.*:listen.*:ka.* -o ${recording} -o udp://.*ext=ts`))
  await expect(form.getByRole('list', { name: 'Parts' }).getByRole('listitem')).toHaveCount(4)
  await start.click()

  const panel = page.getByRole('region', { name: 'Relay', exact: true })
  await expect(panel.getByRole('heading', { name: 'Relaying' })).toBeVisible()
  const sender = toTcp(port, '127.0.0.1')
  // What it has not read when it stops is reset.
  sender.on('error', () => undefined)
  await once(sender, 'connect')
  sender.write(await movie())
  const links = panel.getByRole('table', { name: 'Links' }).getByRole('row')
  await expect(links.nth(1)).toContainText(/Socket in.*Media reader.*bytes.*[1-9][\d.]* (?:kb|Mb)\/s/)
  await expect(links.nth(2)).toContainText(/Media reader.*samples.*[1-9]/)
  await expect(panel.getByRole('list', { name: 'Parts' }).getByRole('listitem')).toHaveCount(4)
  await expect(panel.locator('code').first()).toContainText(`routescope -i ${source}`)
  // A transport stream leaves in the time of the media.
  await expect.poll(() => udp.datagrams.length).toBeGreaterThan(10)
  expect(udp.datagrams.every((each) => each.length % 188 === 0 && each[0] === 0x47)).toBe(true)
  sender.end()

  await panel.getByRole('button', { name: 'Stop relaying' }).click()
  await expect(panel.getByRole('heading', { name: 'Relaying was stopped' })).toBeVisible()
  await expect(panel.getByRole('textbox', { name: 'Source', exact: true })).toHaveValue(source)
  const written = await readFile(recording)
  expect(written.subarray(4, 8).toString()).toBe('ftyp')
  expect(written.includes('moov')).toBe(true)
  udp.socket.close()

  // What is there already is asked about.
  await panel.getByRole('button', { name: 'Start relaying' }).click()
  await expect(panel.getByRole('alert')).toContainText(`There is something already at the output ${recording}`)
  await panel.getByRole('button', { name: 'Overwrite and start' }).click()
  await expect(panel.getByRole('heading', { name: 'Relaying', exact: true })).toBeVisible()
  // By keys: away, and back.
  await app.command('Go to log')
  await page.keyboard.press('Alt+=')
  await expect(panel.getByRole('heading', { name: 'Relaying', exact: true })).toBeVisible()
  await panel.getByRole('button', { name: 'Stop relaying' }).click()
  await expect(panel.getByRole('heading', { name: 'Relaying was stopped' })).toBeVisible()
  expect(consoleErrors).toEqual([])
})

test('the Relay view joins two files to one movie by hand, and says why a relay fails', async ({
  routescope: { app, page, home },
}) => {
  const [file, out] = [join(home, 'picture.mp4'), join(home, 'both.mp4')]
  await writeFile(file, await movie())
  await app.start.getByRole('textbox', { name: 'A GPAC command line' }).fill(`gpac -i ${file} -o ${out}`)
  await app.start.getByRole('button', { name: 'Fill in the form' }).click()
  const form = page.getByRole('form', { name: 'Relay media' })
  await expect(form.getByRole('textbox', { name: 'Source', exact: true })).toHaveValue(file)
  await expect(form.getByRole('textbox', { name: 'Destination', exact: true })).toHaveValue(out)
  await form.getByRole('button', { name: 'Another source' }).click()
  await form.getByRole('textbox', { name: 'Source 2' }).fill(join(home, 'absent.mp4'))
  const joins = form.getByRole('group', { name: 'Destination takes from' })
  await joins.getByRole('checkbox').nth(0).uncheck()
  await joins.getByRole('checkbox').nth(1).uncheck()
  await expect(joins.getByRole('alert')).toContainText('Join a source to it')
  await joins.getByRole('checkbox').nth(0).check()
  await joins.getByRole('checkbox').nth(1).check()
  await form.getByRole('button', { name: 'Start relaying' }).click()
  await expect(form.getByRole('alert')).toContainText(`There is no file ${join(home, 'absent.mp4')}`)
  await form.getByRole('textbox', { name: 'Source 2' }).fill(file)
  await form.getByRole('button', { name: 'Start relaying' }).click()
  const panel = page.getByRole('region', { name: 'Relay', exact: true })
  await expect(panel.getByRole('heading', { name: 'Relayed to its end' })).toBeVisible()
  expect(existsSync(out)).toBe(true)
  // Each of the two is a track of its own.
  expect((await readFile(out)).toString('latin1').split('trak').length - 1).toBe(2)
})

test('the Relay view draws the graph of any session', async ({ routescope: { app, page, startDemo } }) => {
  await startDemo()
  await app.command('Go to relay')
  const panel = page.getByRole('region', { name: 'Relay', exact: true })
  await expect(panel.getByRole('heading', { name: 'How the session runs' })).toBeVisible()
  const links = panel.getByRole('table', { name: 'Links' })
  await expect(links.getByRole('row', { name: /datagrams.*[1-9][\d.]* (?:kb|Mb)\/s/ }).first()).toBeVisible()
  await expect(links.getByRole('row', { name: /objects.*[1-9]/ }).first()).toBeVisible()
})
