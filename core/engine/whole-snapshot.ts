import type { Losses } from '../contract/report.ts'
import type { SectionMap, SectionName, SessionSnapshot, SourceSnapshot, TotalsSnapshot } from '../contract/snapshot.ts'

const NO_TOTALS: TotalsSnapshot = {
  packets: 0,
  bytes: 0,
  rateBps: 0,
  packetsPerSecond: 0,
  malformed: 0,
  objects: 0,
  complete: 0,
  incomplete: 0,
  lostBytes: 0,
}

const NONE = { objects: 0, bytes: 0 }
const NO_LOSSES: Losses = { network: NONE, host: NONE, sender: NONE, unknown: NONE }

/** The sections of a session as one value: of its first receiver, and of all its sources together. */
export function wholeSnapshot(
  sessionId: string,
  startedWallUs: number,
  all: <S extends SectionName>(name: S) => readonly SectionMap[S][],
  session: SectionMap['session'],
): SessionSnapshot {
  const { name, phase, problems, demo } = session
  const totals = all('totals')[0] ?? NO_TOTALS
  const host = all('host')[0]
  return {
    sessionId,
    name,
    phase,
    problems,
    demo,
    source: sourceOf(all('source')) ?? sending(all('presentation')[0]?.input ?? name, startedWallUs),
    totals,
    services: all('services')[0] ?? [],
    flows: all('flows')[0] ?? [],
    links: all('links')[0] ?? [],
    channels: all('channels')[0] ?? [],
    signalling: all('signalling')[0] ?? [],
    gateway: all('gateway')[0] ?? null,
    recordings: [...all('recording')].sort((a, b) => Number(a.endedWallUs === null) - Number(b.endedWallUs === null)),
    broadcast: all('broadcast')[0] ?? null,
    repair: all('repair')[0] ?? null,
    alarms: all('alarms')[0] ?? [],
    losses: all('losses')[0] ?? NO_LOSSES,
    hostDrops: host?.hostDrops ?? null,
    captureDrops: host?.captureDrops ?? null,
    eventLoopLagMs: host?.eventLoopLagMs ?? null,
    systemTime: all('systemTime')[0] ?? null,
    objectCount: totals.objects,
  }
}

/** Several sources as one: those that listen before captures. */
function sourceOf(sources: readonly SourceSnapshot[]): SourceSnapshot | null {
  const ordered = [...sources].sort((a, b) => Number(a.progress !== null) - Number(b.progress !== null))
  const [first, ...others] = ordered
  if (first === undefined || others.length === 0) return first ?? null
  const times = (of: (source: SourceSnapshot) => number | null): number[] => sources.flatMap((each) => of(each) ?? [])
  const least = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values))
  const most = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values))
  return {
    mode: first.mode,
    label: ordered.map(({ label }) => label).join(' '),
    pace: sources.find(({ pace }) => pace !== null)?.pace ?? null,
    firstTimeUs: least(times(({ firstTimeUs }) => firstTimeUs)),
    lastTimeUs: most(times(({ lastTimeUs }) => lastTimeUs)),
    startedWallUs: first.startedWallUs,
    lastPacketWallUs: most(times(({ lastPacketWallUs }) => lastPacketWallUs)),
    progress: sources.find(({ progress }) => progress !== null)?.progress ?? null,
    sockets: sources.flatMap(({ sockets }) => sockets),
    left: first.left,
  }
}

function sending(label: string, startedWallUs: number): SourceSnapshot {
  return {
    mode: 'sent',
    label,
    pace: null,
    firstTimeUs: null,
    lastTimeUs: null,
    startedWallUs,
    lastPacketWallUs: null,
    progress: null,
    sockets: [],
    left: [],
  }
}
