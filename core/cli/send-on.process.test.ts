import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { broadcastOf, FIXTURE_ADDRESS } from '../testing/make-fixtures.ts'
import { routescope, serviceTreeOf, TestFolder, treeOf } from '../testing/program.ts'
import { seededBelow } from '../testing/seeded.ts'
import { ServedCapture } from '../testing/served-files.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const offAir = fileURLToPath(new URL('../../../shared/captures/offair-ksnv.pcap', import.meta.url))
const FORMS: readonly (readonly [string, readonly string[]])[] = [
  ['atsc://239.255.1.1:6000', []],
  ['atsc://239.255.1.1:6000', ['--korean']],
  ['mabr://239.255.1.1:6000', []],
]
const MEDIA = /^[^/]+\.(?:mp4v?|m4s)$/

/** A signal as of a station: picture, two sounds and captions, and beside them the files of an application. */
async function station(): Promise<string> {
  const below = seededBelow(3)
  const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256))
  const put = (name: string, content: Uint8Array | string): void => {
    mkdirSync(join(folder.at(name), '..'), { recursive: true })
    writeFileSync(folder.at(name), content)
  }
  const tracks = [
    ['video', 'video/mp4', 'hev1.2.4.L123.90', 30_000],
    ['a0-a02_2', 'audio/mp4', 'ac-4.02.00.00', 3000],
    ['a1-a13_3', 'audio/mp4', 'ac-4.02.00.00', 900],
    ['d4_4', 'application/mp4', 'stpp.ttml.im1i', 400],
  ] as const
  const sets = tracks.map(([id, type, codecs, size]) => {
    for (const name of ['init.mp4', '796069170.m4s', '796069171.m4s']) put(`media/${id}-${name}`, noise(size))
    const names = 'initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s"'
    return `<AdaptationSet contentType="${type === 'application/mp4' ? 'text' : type.split('/')[0]}" mimeType="${type}"><SegmentTemplate duration="2002" timescale="1000" startNumber="796069170" ${names}/><Representation id="${id}" codecs="${codecs}" bandwidth="${size * 4}"/></AdaptationSet>`
  })
  put(
    'media/mpd.mpd',
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-broadcast:2015" type="static" mediaPresentationDuration="PT4.004S" minBufferTime="PT2S"><Period id="P0">${sets.join('')}</Period></MPD>`,
  )
  for (const name of ['index.html', 'ksnv/dynamic/alert/alerts-feed.json', 'ksnv/img/trigger/alert.png'])
    put(`application/${name}`, noise(5000))
  const service = { serviceName: 'KSNV', address: FIXTURE_ADDRESS }
  const presentations = await Promise.all([
    loadPresentation(folder.at('media/mpd.mpd')),
    loadPresentation(folder.at('application')),
  ])
  const services = presentations.map((presentation, at) => ({
    ...{ ...service, serviceId: asServiceId(5004 + at), port: 5004 + at, presentation },
  }))
  writeFileSync(folder.at('station.pcap'), pcapOf(await broadcastOf(services, { scheme: 'atsc' })))
  return folder.at('station.pcap')
}

/**
 * Receives a capture, and sends on what came: the media as a gateway serves it, and a folder of the dump as it is.
 * @param files service of the folder
 */
async function sentOn(capture: string, name: string, files: number): Promise<void> {
  const dump = folder.at(name)
  await routescope(['receive', '--capture', capture, '--services', 'all', '--out', dump])
  const media = treeOf(join(dump, 'service5004')).filter(({ path }) => MEDIA.test(path))
  const whole = treeOf(join(dump, `service${files}`))
  expect([media.length >= 12, whole.length >= 3]).toEqual([true, true])
  const gateway = await ServedCapture.open(capture, ['--pace', 'fast', '--services', 'all'])
  try {
    const inputs = [`${gateway.base}/service5004/mpd.mpd`, join(dump, `service${files}`)]
    await Promise.all(
      FORMS.map(async ([url, options], at) => {
        const again = folder.at(`${name}-${at}.pcapng`)
        const sent = await routescope(['send', ...inputs, url, '--pace', 'fast', '--capture-out', again, ...options])
        expect(sent).toMatchObject({ status: 0, stderr: expect.stringMatching(/Sent \d+ packets, \d+ objects\.\n$/) })
        const out = `${dump}-${at}`
        const received = await routescope(['receive', '--capture', again, '--services', 'all', '--out', out])
        expect(received.status).toBe(0)
        const tree = serviceTreeOf(out)
        const of = (service: string) =>
          tree
            .filter(({ path }) => path.startsWith(service))
            .map((file) => ({ ...file, path: file.path.slice(service.length) }))
        expect(of('service1/').filter(({ path }) => path !== 'mpd.mpd')).toEqual(media)
        expect(of('service2/')).toEqual(whole)
      }),
    )
  } finally {
    await gateway.close()
  }
}

describe('a received service is sent on as US, as Korean and as DVB-MABR, and received with equal files', () => {
  it('of a station like one off air', async () => {
    await sentOn(await station(), 'station', 5005)
  })

  it.skipIf(!existsSync(offAir))(
    'of a station off air: HEVC, AC-4, captions and an application (where ../shared is)',
    async () => {
      await sentOn(offAir, 'off-air', 5004)
    },
  )
})
