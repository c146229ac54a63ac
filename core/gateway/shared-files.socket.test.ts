import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { play } from '../testing/datagrams.ts'
import { MABR_PORT, mabrCapture } from '../testing/mabr-capture.ts'
import { DEMO_FOLDER, demoDash, FIXTURE_ADDRESS } from '../testing/make-fixtures.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { TestSession } from '../testing/test-session.ts'

let open: TestGateway | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

/** Receives a DVB-MABR service into a store, as the engine does. */
async function received(base: string): Promise<TestGateway> {
  const gateway = await openGateway({ services: () => [...session.services.values()] })
  open = gateway
  const { store } = gateway
  const session = new TestSession(
    { kind: 'mabr', address: FIXTURE_ADDRESS, port: MABR_PORT },
    {},
    {},
    {
      whole: (file) => store.whole(file),
      begun: (object) => store.begun(object),
      lost: (object) => store.lost(object),
    },
  )
  play(await mabrCapture(await demoDash(), { base }), session.receiver)
  session.close()
  for (const { id, sharesFilesOf } of session.services.values())
    if (sharesFilesOf !== null) store.share(id, sharesFilesOf)
  store.finish()
  return gateway
}

it('serves files of a configuration session with the service that needs them', async () => {
  const { get, store } = await received('tag:mabr.example.2026.service/')
  const base = '/service1/tag:mabr.example.2026.service'
  expect((await get(`${base}/manifest.mpd`)).text).toContain('<MPD')
  for (const name of ['video-init.mp4', 'video-3.m4s', 'audio-init.mp4']) {
    const { status, body } = await get(`${base}/${name}`)
    expect([name, status]).toEqual([name, 200])
    expect(body).toEqual(readFileSync(join(DEMO_FOLDER, name)))
  }
  expect(store.list(asServiceId(1)).map(({ name }) => name)).not.toContain(
    'tag:mabr.example.2026.service/video-init.mp4',
  )
  expect((await get(`${base}/nothing.m4s`)).status).toBe(404)
})

it('serves objects that are named by their URL at the origin', async () => {
  const { get } = await received('http://origin.example/live/')
  const { status, text } = await get('/service1/http://origin.example/live/manifest.mpd')
  expect([status, text.includes('<MPD')]).toEqual([200, true])
  const { status: found, body } = await get('/service1/http://origin.example/live/video-init.mp4')
  expect(found).toBe(200)
  expect(body).toEqual(readFileSync(join(DEMO_FOLDER, 'video-init.mp4')))
})
