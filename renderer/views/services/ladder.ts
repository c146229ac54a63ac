import type { StartupStep } from '../../../core/contract/report.ts'
import type { PlayableSnapshot, ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { clauseOf } from '../../../core/contract/shown-text.ts'
import type { SessionSnapshot, SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { formatAge, formatCount, formatDuration } from '../../model/format.ts'
import { cutText, decodedText, encryptedText, offAirText } from '../../model/playable-text.ts'

/**
 * One step from joining to the picture, as it is now: one that held and no longer does is not reached. `ageUs`: since it last
 * held, null if unknown. `afterUs`: from the join to the first time. `note`: the evidence that it is reached, or, of the first
 * that is not, the reason. `untried`: nothing has tried it, so that it is no fault.
 */
export type Rung = {
  readonly name: string
  readonly reached: boolean
  readonly untried?: boolean
  readonly ageUs: number | null
  readonly afterUs: number | null
  readonly note: string
}

/** Categories with video or audio (A/331 table 6.4): 1 linear A/V, 2 linear audio. */
const MEDIA_CATEGORIES: readonly (number | null)[] = [1, 2, null]

/**
 * The steps of a service. The first one that is not reached is why nothing plays.
 * @param nowUs the stream's clock, for the time waited; null if unknown
 */
export function rungsOf(service: ServiceSnapshot, snapshot: SessionSnapshot, nowUs: number | null): readonly Rung[] {
  const { startup, latest } = service
  const ofService = snapshot.signalling.filter((one) => one.scope === 'sls' && one.service === service.id)
  const rungs: Rung[] = []
  const add = (name: string, step: StartupStep, evidence: string, why?: string): void => {
    const time = startup[step]
    const last = latest[step]
    const ageUs = last === null || nowUs === null ? null : Math.max(0, nowUs - last.timeUs)
    const fresh = ageUs === null || last === null || last.limitUs === null || ageUs <= last.limitUs
    const reached = time !== null && fresh
    const afterUs = time === null || startup.join === null ? null : Math.max(0, time - startup.join)
    let note = evidence
    if (!reached) {
      // One reason is enough: what follows waits for the first.
      if (rungs.some((rung) => !rung.reached)) note = ''
      else if (time === null) note = why ?? waitedFor(name, service, nowUs)
      else if (service.state === 'closed') note = 'the sender ended its session'
      else note = endedText(name, ageUs ?? 0, last?.limitUs ?? 0, snapshot.totals.goneSinceUs, nowUs)
    }
    rungs.push({ name, reached, ageUs, afterUs, note })
  }

  const lls = snapshot.signalling.filter((one) => one.scope === 'lls')
  if (startup.slt !== null) {
    add('LLS', 'lls', names(lls))
    add('SLT', 'slt', service.destination === null ? 'lists it' : `lists it at ${service.destination}`)
  } else if (lls.length > 0) {
    rungs.push({ name: 'SLT', reached: true, ageUs: null, afterUs: null, note: '' })
  }
  const packets = `${formatCount(service.packets)} packets`
  if (startup.firstPacket === null && service.packets > 0)
    rungs.push({ name: 'Packets', reached: true, ageUs: null, afterUs: null, note: packets })
  else add('Packets', 'firstPacket', packets, service.state === 'not-joined' ? 'not joined' : undefined)
  if (service.protocol === 'none') return rungs
  if (service.protocol === 'mmtp' && startup.sls === null && startup.manifest === null) return rungs

  // Plain FLUTE has file tables only.
  if (service.protocol !== 'flute' || startup.sls !== null) add('SLS', 'sls', names(ofService))
  // Only ROUTE has one, and a session with a manifest from elsewhere does not need it.
  if (startup.stsid !== null || (service.protocol === 'route' && startup.manifest === null))
    add('S-TSID', 'stsid', versions(ofService, 'S-TSID'))
  if (!bringsMedia(service)) {
    const whole = service.objects - service.incomplete
    const note = whole > 0 ? `${formatCount(whole)} complete` : 'none complete yet'
    return [...rungs, { name: 'Objects', reached: whole > 0, ageUs: null, afterUs: null, note }]
  }
  // An MPU includes its own, and the signalling describes its asset.
  const mmtp = service.protocol === 'mmtp'
  if (!mmtp) add('Manifest', 'manifest', manifestNames(ofService))
  // HLS with transport stream segments has none.
  const needsInit = startup.init !== null || startup.firstSegment === null || startup.playable === null
  if (!mmtp && needsInit) add('Init segment', 'init', '')
  add('Media', 'firstMedia', 'first segment started')
  add('Segment', 'firstSegment', `${formatCount(service.objects - service.incomplete)} objects complete`)
  const playing =
    service.playable === null ? '' : `${service.playable.kind.toUpperCase()} ${service.playable.codecs.join(', ')}`
  const encryption = service.playable?.encryption ?? null
  const cut = cutText(service.playable?.cut ?? null)
  const offAir = offAirText(service.playable?.offAir ?? [])
  const evidence = [playing, offAir, cut].filter((part) => part !== null).join('; ')
  add(
    'Playable',
    'playable',
    evidence,
    startup.firstSegment === null ? undefined : clauseOf(service.notPlayable ?? 'Not yet for every role'),
  )
  if (encryption !== null)
    rungs.push({ name: 'Decryption', reached: false, ageUs: null, afterUs: null, note: encryptedText(encryption) })
  else if (service.playable !== null) rungs.push(...pictureRungs(service.playable))
  return rungs
}

/** The last two steps, which only a player can take: the first frame decoded, and on the screen. */
function pictureRungs({ picture, decoded }: PlayableSnapshot): readonly Rung[] {
  const rung = (name: string, afterMs: number | null, missing: string): Rung => {
    if (picture === null)
      return { name, reached: false, untried: true, ageUs: null, afterUs: null, note: 'not played yet' }
    if (afterMs !== null)
      return { name, reached: true, ageUs: null, afterUs: null, note: `${formatDuration(afterMs * 1000)} after Play` }
    const { problem } = picture
    return { name, reached: false, untried: problem === null, ageUs: null, afterUs: null, note: problem ?? missing }
  }
  const problem = picture?.problem ?? null
  const plain = rung('Decode', picture?.decodedAfterMs ?? null, 'loading')
  const decode =
    decoded === null || !plain.reached ? plain : { ...plain, note: `${plain.note}, ${decodedText(decoded)}` }
  if (picture?.soundOnly === true && decode.reached) {
    const note = picture.problem ?? 'sound only'
    return [decode, { name: 'Frame', reached: false, untried: true, ageUs: null, afterUs: null, note }]
  }
  // What was shown before says nothing of now.
  const shown = problem === null || !decode.reached ? (picture?.shownAfterMs ?? null) : null
  return [decode, rung('Frame', shown, decode.reached ? 'none shown yet' : '')]
}

/** Whether a service has or announces media. */
function bringsMedia({ category, protocol, startup, objects }: ServiceSnapshot): boolean {
  if (startup.manifest !== null || startup.firstMedia !== null || startup.init !== null) return true
  if (protocol === 'flute' && startup.sls === null) return false
  return MEDIA_CATEGORIES.includes(category) && !(category === null && objects > 0 && startup.stsid !== null)
}

/** `no S-TSID in 9.4 s`: since the service was announced, or the session joined. */
function waitedFor(name: string, { startup, destination }: ServiceSnapshot, nowUs: number | null): string {
  const sinceUs = startup.slt ?? startup.join
  const known = sinceUs !== null && nowUs !== null && nowUs > sinceUs
  if (name === 'Packets' && startup.slt !== null && known)
    return `nothing on ${destination ?? 'its address'} since the SLT named it, ${formatAge(nowUs - sinceUs)}`
  const what = name === 'Playable' ? 'not playable' : `no ${wordOf(name)}`
  return known ? `${what} in ${formatDuration(nowUs - sinceUs)}` : `${what} yet`
}

/** Why a step that held does not hold now: `no SLT for 12.3 s, more than 5 s`. */
function endedText(
  name: string,
  ageUs: number,
  limitUs: number,
  goneSinceUs: number | null,
  nowUs: number | null,
): string {
  if (goneSinceUs !== null && nowUs !== null)
    return `the signal is gone: no packet for ${formatDuration(Math.max(0, nowUs - goneSinceUs))}`
  const what = name === 'Playable' ? 'a role has no segment' : `no ${wordOf(name)}`
  return `${what} for ${formatDuration(ageUs)}, more than ${formatDuration(limitUs)}`
}

function wordOf(name: string): string {
  return ['Packets', 'Media', 'Segment', 'Manifest'].includes(name) ? name.toLowerCase() : name
}

/** `SLT, SystemTime`. */
function names(tables: readonly SignallingSnapshot[]): string {
  return [...new Set(tables.map((one) => one.type))].join(', ')
}

function versions(fragments: readonly SignallingSnapshot[], type: string): string {
  const newest = fragments.filter((one) => one.type === type).at(-1)
  return newest === undefined || newest.version === null ? '' : `version ${newest.version}`
}

function manifestNames(fragments: readonly SignallingSnapshot[]): string {
  return [...new Set(fragments.filter((one) => one.type === 'MPD' || one.type === 'HLS').map((one) => one.name))].join(
    ', ',
  )
}
