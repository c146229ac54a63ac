import type { ServiceSnapshot } from '../../../core/contract/snapshot.ts'

/** The service to offer: the one asked for, else the selected one, else the first that can be played, else the selected or first. */
export function serviceToPlay(
  services: readonly ServiceSnapshot[],
  asked: number | null,
  selected: number | null,
): ServiceSnapshot | null {
  const byId = (id: number | null) => services.find((service) => service.id === id)
  const chosen = byId(asked) ?? byId(selected)
  if (chosen !== undefined && (asked !== null || chosen.playable !== null)) return chosen
  return services.find((service) => service.playable !== null) ?? chosen ?? services[0] ?? null
}

/** `1:02:03`, `12:05`, of seconds; a minus sign before zero. */
export function clockText(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds))
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'))
  const hours = Math.floor(whole / 3600)
  const text = hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':').replace(/^0/, '')
  return seconds <= -1 ? `−${text}` : text
}

/** What the gateway says about an address that did not answer with a manifest: its status and its own words. */
export function refusalText(status: number, statusText: string, body: string): string {
  const words = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300)
  const said = words === '' ? '.' : `: ${words}${/[.!?]$/.test(words) ? '' : '.'}`
  return `The gateway answered ${status}${statusText === '' ? '' : ` ${statusText}`}${said}`
}
