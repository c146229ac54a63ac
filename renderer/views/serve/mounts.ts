import { isLoopback, isWildcard } from '../../../core/contract/loopback.ts'
import type { ServedPlace } from '../../../core/contract/served-requests.ts'
import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { formatBytesShort, formatCount } from '../../model/format.ts'

/** Something that a server of the session has at an address. */
export type MountLine = {
  /** Address of its server, without a path. */
  readonly baseUrl: string
  /** Its path there. */
  readonly path: string
  readonly what: string
  /** Folder or file it comes from; empty: neither. */
  readonly name: string
  /** What it has done so far. */
  readonly counts: string
  /** It can be opened by GET. */
  readonly reads: boolean
}

type Mounted = Pick<SessionSnapshot, 'servers' | 'streams' | 'origins' | 'uploads' | 'gateways'>

/** Everything that is mounted on the servers of a session. */
export function mountsOf({ servers, streams, origins, uploads, gateways }: Mounted): readonly MountLine[] {
  const streamed = new Map(streams.map((stream) => [stream.url, stream]))
  const places = servers.flatMap(({ baseUrl, places: served }) =>
    served
      .filter(({ path }) => !streamed.has(baseUrl + path))
      .map((place) => ({
        baseUrl,
        path: place.path,
        what: useOf(place),
        name: place.name,
        counts: '',
        reads: place.reads,
      })),
  )
  return [
    ...places,
    ...streams.map(({ url, state, clients, sent }) => ({
      ...partsOf(url),
      what: 'live stream',
      name:
        servers.flatMap(({ baseUrl, places: served }) => served.filter(({ path }) => baseUrl + path === url))[0]
          ?.name ?? '',
      counts: `${state}, ${counted(clients, 'client')}, ${formatBytesShort(sent)} sent`,
      reads: true,
    })),
    ...origins.map(({ url, files, held, removed }) => ({
      ...partsOf(url),
      what: 'live origin',
      name: '',
      counts: `${counted(files, 'file')}, ${formatCount(removed)} removed, ${counted(held, 'request')} held`,
      reads: true,
    })),
    ...uploads.map(({ url, files, open, brokenOff }) => ({
      ...partsOf(url),
      what: 'uploads as a source',
      name: '',
      counts: `${counted(files, 'file')}, ${formatCount(open)} coming, ${formatCount(brokenOff)} broken off`,
      reads: false,
    })),
    ...gateways.map(({ baseUrl, requests }) => ({
      baseUrl,
      path: '/',
      what: 'received services',
      name: '',
      counts: counted(requests, 'request'),
      reads: true,
    })),
  ]
}

function useOf({ reads, writes }: ServedPlace): string {
  return writes ? (reads ? 'reading and uploads' : 'uploads') : 'reading'
}

function counted(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`
}

function partsOf(url: string): { readonly baseUrl: string; readonly path: string } {
  const [, baseUrl = url, path = '/'] = /^(\w+:\/\/[^/]+)(.*)$/.exec(url) ?? []
  return { baseUrl, path }
}

/** Addresses at which other computers reach a server; where none does, why not. */
export type Reach = { readonly addresses: readonly string[] } | { readonly why: string }

/**
 * How other computers reach a server.
 * @param host that it listens on
 * @param networks addresses of this computer's networks, without loopback
 */
export function reachOf(baseUrl: string, host: string, networks: readonly string[]): Reach {
  if (isLoopback(host) || host === '')
    return {
      why: 'the server listens on this computer alone. Serve on every network for addresses that a phone reaches.',
    }
  if (!isWildcard(host)) return { addresses: [baseUrl] }
  if (networks.length === 0) return { why: 'this computer is in no network.' }
  const { protocol, port } = new URL(baseUrl)
  return { addresses: networks.map((each) => `${protocol}//${each}${port === '' ? '' : `:${port}`}`) }
}
