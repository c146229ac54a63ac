import { NO_LOSS } from './loss.ts'
import type { Losses } from './report.ts'
import type { ClientsSnapshot } from './served-requests.ts'
import type {
  RecordingSnapshot,
  SectionMap,
  SectionName,
  SessionSnapshot,
  SourceSnapshot,
  TotalsSnapshot,
} from './snapshot.ts'

const NO_TOTALS: TotalsSnapshot = {
  packets: 0,
  bytes: 0,
  rateBps: 0,
  packetsPerSecond: 0,
  malformed: 0,
  objects: 0,
  complete: 0,
  incomplete: 0,
  cutOff: 0,
  neverCame: 0,
  awaited: 0,
  lostBytes: 0,
  goneSinceUs: null,
  closedSinceUs: null,
  loss: NO_LOSS,
}

/** The empty list of every absent section, one object so that identity stays. */
const EMPTY: readonly never[] = []
const NONE = { objects: 0, bytes: 0 }
const NO_LOSSES: Losses = { network: NONE, host: NONE, capture: NONE, sender: NONE, unknown: NONE }

/** Returns all values of one section, in the order of the parts. */
type ReadAll = <S extends SectionName>(name: S) => readonly SectionMap[S][]

/**
 * Composes the sections of a session as one value: of its first receiver, and of all its sources together.
 * @param receivers of the whole session, where `all` gives the sections of one
 */
export function wholeSnapshot(
  sessionId: string,
  all: ReadAll,
  { session, graph }: Pick<SectionMap, 'session' | 'graph'>,
  receivers: SessionSnapshot['receivers'] = [],
): SessionSnapshot {
  const { name, phase, problems, demo, parts } = session
  const received = all('totals')[0]
  const totals = received ?? NO_TOTALS
  const host = all('host')[0]
  return {
    sessionId,
    name,
    phase,
    problems,
    demo,
    parts,
    traffic: graph,
    receives: received !== undefined,
    receivers,
    source: sourceOf(all('source')) ?? sending(all('presentation')[0]?.input ?? name),
    totals,
    services: all('services')[0] ?? EMPTY,
    flows: all('flows')[0] ?? EMPTY,
    links: all('links')[0] ?? EMPTY,
    channels: all('channels')[0] ?? EMPTY,
    signalling: all('signalling')[0] ?? EMPTY,
    gateways: all('gateway'),
    wall: all('wall')[0] ?? null,
    servers: all('server'),
    requests: all('requests'),
    clients: perServer(all('clients')),
    transfers: all('transfers'),
    streams: all('stream').flat(),
    origins: all('origin'),
    uploads: all('uploads'),
    pushes: all('push').flat(),
    recordings: runningLast(all('recording')),
    broadcasts: all('broadcast'),
    selfLoop: all('selfLoop')[0] ?? null,
    media: all('media'),
    repair: all('repair')[0] ?? null,
    alarms: all('alarms')[0] ?? EMPTY,
    losses: all('losses')[0] ?? NO_LOSSES,
    hostDrops: host?.hostDrops ?? null,
    captureDrops: host?.captureDrops ?? null,
    eventLoopLagMs: host?.eventLoopLagMs ?? null,
    systemTime: all('systemTime')[0] ?? null,
  }
}

/** The clients of each server: parts that share one have the same. */
function perServer(all: readonly ClientsSnapshot[]): readonly ClientsSnapshot[] {
  return all.filter(({ baseUrl }, at) => all.findIndex((other) => other.baseUrl === baseUrl) === at)
}

function runningLast(recordings: readonly RecordingSnapshot[]): readonly RecordingSnapshot[] {
  if (recordings.length < 2) return recordings
  return [...recordings].sort((a, b) => Number(a.endedWallUs === null) - Number(b.endedWallUs === null))
}

/** Joins several sources to one: live ones before captures. */
function sourceOf(sources: readonly SourceSnapshot[]): SourceSnapshot | null {
  const ordered = [...sources].sort((a, b) => Number(a.progress !== null) - Number(b.progress !== null))
  const [first, ...others] = ordered
  if (first === undefined || others.length === 0) return first ?? null
  const times = (of: (source: SourceSnapshot) => number | null): number[] => sources.flatMap((each) => of(each) ?? [])
  const least = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values))
  const most = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values))
  return {
    live: first.live,
    label: ordered.map(({ label }) => label).join(' '),
    pace: sources.find(({ pace }) => pace !== null)?.pace ?? null,
    untimed: sources.every(({ untimed }) => untimed),
    firstTimeUs: least(times(({ firstTimeUs }) => firstTimeUs)),
    lastTimeUs: most(times(({ lastTimeUs }) => lastTimeUs)),
    startedWallUs: first.startedWallUs,
    lastPacketWallUs: most(times(({ lastPacketWallUs }) => lastPacketWallUs)),
    progress: sources.find(({ progress }) => progress !== null)?.progress ?? null,
    sockets: sources.flatMap(({ sockets }) => sockets),
    left: first.left,
  }
}

function sending(label: string): SourceSnapshot {
  return {
    live: false,
    label,
    pace: null,
    untimed: false,
    firstTimeUs: null,
    lastTimeUs: null,
    startedWallUs: 0,
    lastPacketWallUs: null,
    progress: null,
    sockets: [],
    left: [],
  }
}
