import { expect, it } from 'vitest'
import { choiceName } from '../../../core/contract/choices.ts'
import { exposuresOfPassing, passOnRows } from '../../model/options.ts'
import { PARTS } from '../../testing/parts.ts'
import { mountsOf, reachOf } from './mounts.ts'

const base = 'http://127.0.0.1:81'
const none = { servers: [], streams: [], origins: [], uploads: [], gateways: [] }

it('lists what is mounted where: folders, streams, origins, uploads and received services', () => {
  const mounts = mountsOf({
    servers: [
      {
        baseUrl: base,
        listen: '127.0.0.1:81',
        places: [
          { path: '/', name: '/srv/a', reads: true, writes: true },
          { path: '/live.mp3', name: '/srv/live.mp3', reads: true, writes: false },
          { path: '/up/', name: '/srv/up', reads: false, writes: true },
        ],
        requests: 0,
        bytes: 0,
        uploadedBytes: 0,
        connections: 0,
      },
    ],
    streams: [
      {
        ...{ url: `${base}/live.mp3`, state: 'running', clients: 1, slow: 0 },
        ...{ requests: 1, bytes: 9, unheard: 0, sent: 2000 },
      },
    ],
    origins: [
      {
        ...{ url: `${base}/tv/live.mpd`, baseUrl: base, requests: 2, bytes: 9 },
        ...{ held: 1, files: 3, memoryBytes: 0, removed: 4 },
      },
    ],
    uploads: [{ url: `${base}/in/`, baseUrl: base, open: 1, files: 2, brokenOff: 3, bytes: 9 }],
    gateways: [{ baseUrl: 'http://127.0.0.1:82', requests: 5, bytes: 9, playsAtOnce: false }],
  })
  expect(
    mounts.map(({ baseUrl, path, what, name, counts, reads }) => [baseUrl + path, what, name, counts, reads]),
  ).toEqual([
    [`${base}/`, 'reading and uploads', '/srv/a', '', true],
    [`${base}/up/`, 'uploads', '/srv/up', '', false],
    [`${base}/live.mp3`, 'live stream', '/srv/live.mp3', 'running, 1 client, 2.00 kB sent', true],
    [`${base}/tv/live.mpd`, 'live origin', '', '3 files, 4 removed, 1 request held', true],
    [`${base}/in/`, 'uploads as a source', '', '2 files, 1 coming, 3 broken off', false],
    ['http://127.0.0.1:82/', 'received services', '', '5 requests', true],
  ])
  expect(mountsOf(none)).toEqual([])
})

it.each([
  ['127.0.0.1', ['192.0.2.1'], null],
  ['::1', ['192.0.2.1'], null],
  ['0.0.0.0', [], null],
  ['0.0.0.0', ['192.0.2.1', '192.0.2.7'], ['http://192.0.2.1:81', 'http://192.0.2.7:81']],
  ['::', ['192.0.2.1'], ['http://192.0.2.1:81']],
  ['192.0.2.9', ['192.0.2.1'], ['http://127.0.0.1:81']],
] as const)(
  'gives a phone the addresses of a server on %s, or says why there are none',
  (host, networks, addresses) => {
    const reach = reachOf(base, host, networks)
    if (addresses === null) expect(reach).toEqual({ why: expect.stringMatching(/^[a-z].*\.$/) })
    else expect(reach).toEqual({ addresses })
  },
)

it('offers the options of pushes and of an origin, and asks before other computers reach it', () => {
  const rows = passOnRows(PARTS)
  expect(rows.map(choiceName)).toEqual(expect.arrayContaining(['push', 'pushPost', 'originListen', 'originFolder']))
  expect(rows.map(choiceName)).not.toContain('services')
  expect(exposuresOfPassing(rows, { originListen: '127.0.0.1:0', push: ['http://192.0.2.1/'] })).toEqual([])
  expect(exposuresOfPassing(rows, { originListen: '0.0.0.0:80' })).toEqual([
    'Every computer that reaches this one, on any of its networks, can read what is received.',
  ])
})
