import { get as httpGet } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { ArrivingObject, receivedFile } from '../testing/test-objects.ts'

const opened: TestGateway[] = []
async function open(...options: Parameters<typeof openGateway>): Promise<TestGateway> {
  const one = await openGateway(...options)
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** Status of a request, as soon as it arrives. */
function statusOf({ gateway }: TestGateway, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpGet(`${gateway.baseUrl}${path}`, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })
}

describe.each([
  ['--full-segments', { growing: false }],
  ['--low-latency off', { lowLatency: false }],
])('%s', (_, options) => {
  test('a segment that arrives is served when it is whole, with its length', async () => {
    const one = await open(options)
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abc')
    const answer = one.get('/service1/v1.m4s')
    // A later request that is answered first shows that it waits.
    one.store.whole(receivedFile('other.txt', 'x'))
    await one.get('/service1/other.txt')
    expect(object.watchers).toBe(1)
    object.push('def')
    object.end('complete')
    one.store.whole(receivedFile('v1.m4s', 'abcdef', { kind: 'media' }))
    const reply = await answer
    expect(reply).toMatchObject({ status: 200, text: 'abcdef' })
    expect(reply.headers['content-length']).toBe('6')
    expect(reply.headers['transfer-encoding']).toBeUndefined()
  })

  test('one that never becomes whole is refused as lost', async () => {
    const one = await open(options)
    const object = new ArrivingObject(1, 'v1.m4s')
    one.store.begun(object)
    object.push('abc')
    const answer = statusOf(one, '/service1/v1.m4s')
    object.end('partial')
    one.store.lost(object)
    expect(await answer).toBe(404)
  })
})

const PROMISING = `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT20S" minBufferTime="PT1S">
<ServiceDescription id="0"><Latency target="1500"/></ServiceDescription>
<Period><AdaptationSet mimeType="video/mp4"><SegmentTemplate media="v$Number$.m4s" initialization="v.mp4" timescale="1" duration="2" startNumber="1" availabilityTimeOffset="1.5" availabilityTimeComplete="false"/>
<Representation id="1" bandwidth="1"/></AdaptationSet></Period></MPD>`

test('--low-latency off: manifests announce no segment before it is whole', async () => {
  const manifests: string[] = []
  for (const lowLatency of [true, false]) {
    const one = await open({ lowLatency })
    one.store.whole(receivedFile('live.mpd', PROMISING, { kind: 'manifest' }))
    one.store.whole(receivedFile('v1.m4s', 'abc', { kind: 'media' }))
    manifests.push((await one.get('/service1/live.mpd')).text)
  }
  expect(manifests[0]).toContain('availabilityTimeOffset="1.5"')
  expect(manifests[0]).toContain('<Latency')
  expect(manifests[1]).toContain('type="dynamic"')
  expect(manifests[1]).not.toMatch(/availabilityTimeOffset|availabilityTimeComplete|<Latency/)
})
