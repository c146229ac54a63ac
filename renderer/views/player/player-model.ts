import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { formatSeconds } from '../../model/format.ts'
import type { PlayerSnapshot } from './player-adapter.ts'

/** Waiting this long is explained: with the time between two looks, before 3 s have passed. */
export const LONG_WAIT_MS = 2000

/** The service to offer: the requested one, else the selected one, else the first playable one, else the first. */
export function serviceToPlay(
  services: readonly ServiceSnapshot[],
  asked: number | null,
  selected: number | null,
): ServiceSnapshot | null {
  const byId = (id: number | null) => services.find((service) => service.id === id)
  return byId(asked) ?? byId(selected) ?? services.find((service) => service.playable !== null) ?? services[0] ?? null
}

/** Seconds as `1:02:03` or `12:05`, with a minus sign below zero. */
export function clockText(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds))
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'))
  const hours = Math.floor(whole / 3600)
  const text = hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':').replace(/^0/, '')
  return seconds <= -1 ? `−${text}` : text
}

/** The gateway's refusal of an address: its status and its text. */
export function refusalText(status: number, statusText: string, body: string): string {
  const words = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300)
  const reason = words === '' ? '.' : `: ${words}${/[.!?]$/.test(words) ? '' : '.'}`
  return `The gateway answered ${status}${statusText === '' ? '' : ` ${statusText}`}${reason}`
}

/** What has come of the service that is waited for. */
export type Arrivals = {
  /** Why it cannot be played so far; null where all that is needed came. */
  readonly notPlayable: string | null
  /** Time since its last whole segment, ms; null where none came. */
  readonly segmentAgeMs: number | null
}

export const NOTHING_KNOWN: Arrivals = { notPlayable: null, segmentAgeMs: null }

/** Why nothing plays, once waiting took long; null before. */
export function waitText(
  snapshot: Pick<PlayerSnapshot, 'phase' | 'live'> | null,
  waitedMs: number,
  { notPlayable, segmentAgeMs }: Arrivals,
): string | null {
  if (waitedMs < LONG_WAIT_MS) return null
  if (notPlayable !== null) return notPlayable
  const waited = formatSeconds(Math.floor(waitedMs / 1000))
  const cameMeanwhile = segmentAgeMs !== null && segmentAgeMs < waitedMs
  if (snapshot?.phase !== 'stalled')
    return cameMeanwhile || segmentAgeMs === null
      ? `Nothing of it could be decoded in ${waited}`
      : `No whole segment has come for ${formatSeconds(Math.floor(segmentAgeMs / 1000))}`
  if (!snapshot.live) return 'No complete segments from here on: the rest was lost or not captured'
  return cameMeanwhile
    ? `Whole segments come, but none that goes on from here, for ${waited}`
    : `No complete segments for ${waited}`
}

/** What has come of a service by now, on the clock of its stream. */
export function arrivalsOf({ notPlayable, latest }: ServiceSnapshot, nowUs: number | null): Arrivals {
  const last = latest.firstSegment
  return {
    notPlayable,
    segmentAgeMs: last === null || nowUs === null ? null : Math.max(0, (nowUs - last.timeUs) / 1000),
  }
}
