import { randomInt } from 'node:crypto'
import { basename } from 'node:path'
import { checkedChoices, receiveSpecOf, socketFieldsOf } from '../../contract/receive-choices.ts'
import type { ReceiveChoices } from '../../contract/receive-options.ts'
import type { Pace } from '../../contract/session-spec.ts'
import type { SessionSpec1, SinkSpec } from '../../contract/session-spec-1.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { DEFAULT_BROADCAST, DEFAULT_STORE_MEMORY } from './spec.ts'

/** Address of the built-in demo: an administratively scoped group, sent with TTL 0 on the loopback interface. */
const DEMO_GROUP = '239.255.82.83'
/** Each demo takes a port by chance: two on one machine must not hear each other. */
const DEMO_PORTS = [20_000, 60_000] as const
const LOOPBACK = '127.0.0.1'

/** What every session of the app keeps: the objects to look at, and a gateway on loopback for the player. */
function appSinks(maxSegments: number): SinkSpec[] {
  return [
    { id: 'store', kind: 'store', memoryBytes: DEFAULT_STORE_MEMORY, maxSegments },
    { id: 'gateway', kind: 'gateway', host: LOOPBACK, port: 0, maxSegments, cors: 'auto' },
  ]
}

/** A capture opened in the app: read at once (`fast`, everything is there to look at) or replayed in real time. */
export function specForCapture(files: readonly string[], pace: Pace, choices: ReceiveChoices = {}): SessionSpec1 {
  const first = files[0] ?? ''
  return {
    format: 'routescope-session',
    version: 1,
    name: files.length > 1 ? `${basename(first)} and ${files.length - 1} more` : basename(first),
    sources: [{ id: 'source', kind: 'capture', files, pace, loop: 1, receive: receiveSpecOf(checked(choices), 'all') }],
    sinks: appSinks(choices.cachedSegments ?? 0),
  }
}

/** Media segments a live session keeps per representation: at 2 s each, half an hour to look back at. */
const LIVE_SEGMENTS = 900

/**
 * Listening to a multicast in the app, or to several.
 * @throws AppFailure bad-spec where a choice is none
 */
export function specForUrl(url: string, choices: ReceiveChoices = {}): SessionSpec1 {
  const urls = url.trim().split(/\s+/)
  const receive = receiveSpecOf(checked(choices), 'all')
  return {
    format: 'routescope-session',
    version: 1,
    name: urls.join(' '),
    sources: urls.map((one, at) => ({
      id: urls.length === 1 ? 'source' : `source${at + 1}`,
      kind: 'multicast',
      url: one,
      ...socketFieldsOf(choices),
      receive,
    })),
    sinks: appSinks(choices.cachedSegments ?? LIVE_SEGMENTS),
  }
}

/** Choices come from another process: a wrong one is said, not run. */
function checked(choices: ReceiveChoices): ReceiveChoices {
  try {
    return checkedChoices(choices, true)
  } catch (error) {
    throw new AppFailure('bad-spec', `${(error as Error).message}.`, 'Correct the option.')
  }
}

/** The demo: our own presentation broadcast in a loop on loopback, and the receiver listening to it. */
export function specForDemo(): SessionSpec1 {
  const url = `route://${DEMO_GROUP}:${randomInt(...DEMO_PORTS)}`
  const listening = specForUrl(url, { interfaces: [LOOPBACK] })
  return {
    ...listening,
    name: 'Demo on loopback',
    sources: [...listening.sources, { id: 'demo', kind: 'presentation', input: 'demo:', loop: true }],
    sinks: [...listening.sinks, { ...DEFAULT_BROADCAST, id: 'air', url, interface: LOOPBACK, serviceName: 'Demo' }],
    links: [
      { from: 'demo', to: 'air' },
      { from: 'source', to: 'store' },
      { from: 'source', to: 'gateway' },
    ],
  }
}
