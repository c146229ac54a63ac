import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { toAppError } from '../failure/app-failure.ts'
import { broadcastLive, GrowingPresentation, LiveOrigin } from '../testing/live-presentation.ts'
import { DEMO_FOLDER, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { chosenMpd, parseRepresentationChoice } from './chosen-mpd.ts'
import { loadPresentation } from './presentation-loader.ts'

const origins: LiveOrigin[] = []
afterAll(async () => {
  for (const origin of origins) await origin.close()
})

/** A live presentation whose server waits for nobody to fetch its pictures. */
class Heard extends GrowingPresentation {
  override get newest(): readonly string[] {
    return super.newest.filter((name) => name.startsWith('a'))
  }
}

const MPD = `<?xml version="1.0"?>
<d:MPD xmlns:d="urn:mpeg:dash:schema:mpd:2011" type="static"><!-- kept --><d:Period>
<d:AdaptationSet id="1"><d:Representation id="low" bandwidth="1"/><d:Representation id="h&amp;i" bandwidth="30"/></d:AdaptationSet>
<d:AdaptationSet id="2"><d:Representation id="de" bandwidth="5"/><d:Representation id="none"/></d:AdaptationSet>
</d:Period></d:MPD>`

const idsOf = (bytes: Uint8Array): string[] =>
  [...new TextDecoder().decode(bytes).matchAll(/Representation id="(.*?)"/g)].map(([, id = '']) => id)

describe('the representations that are sent', () => {
  it.each([
    ['all', ['low', 'h&amp;i', 'de', 'none']],
    ['highest', ['h&amp;i', 'de']],
    ['low, de', ['low', 'de']],
    ['h&i', ['h&amp;i']],
    ['none,low,other', ['low', 'none']],
  ])('of %j', (text, ids) => {
    const bytes = new TextEncoder().encode(MPD)
    const chosen = chosenMpd(bytes, parseRepresentationChoice(text), 'm.mpd')
    expect(idsOf(chosen)).toEqual(ids)
    expect(new TextDecoder().decode(chosen)).toContain('<!-- kept -->')
    if (text === 'all') expect(chosen).toBe(bytes)
  })

  it('of which none is left are refused with those that there are', async () => {
    const loading = loadPresentation(join(DEMO_FOLDER, 'manifest.mpd'), { representations: ['hd'] })
    expect(toAppError(await loading.catch((thrown: unknown) => thrown))).toMatchObject({
      code: 'input-unusable',
      message: expect.stringMatching(/manifest\.mpd" has none of the representations that are to be sent\.$/),
      tryThis: expect.stringMatching(/^Choose among "\w+", "\w+"\.$/),
    })
  })

  it('of a live presentation are fetched alone, and the MPD on air lists no others', async () => {
    const presentation = new Heard('time')
    const origin = await LiveOrigin.open(presentation, 4)
    origins.push(origin)
    const packets = await broadcastLive(await loadPresentation(origin.manifestUrl, { representations: ['a'] }))
    const { files } = receiveAll(packets, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT })
    const media = [...presentation.files.keys()].filter((name) => name.startsWith('a-'))
    expect(media.length).toBeGreaterThan(3)
    expect([...files.keys()].sort()).toEqual(['manifest.mpd', ...media].map((name) => `service1/${name}`).sort())
    expect(idsOf(files.get('service1/manifest.mpd') ?? new Uint8Array())).toEqual(['a'])
  })
})
