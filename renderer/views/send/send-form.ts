import {
  type Choices,
  choiceName,
  commandLineOf,
  commandOptions,
  gpacOptionsOf,
  quoted,
} from '../../../core/contract/choices.ts'
import type { BroadcastForm, OptionRow } from '../../../core/contract/option-row.ts'
import type { PartDescription } from '../../../core/contract/part-description.ts'
import { withoutCredentials } from '../../../core/contract/shown-url.ts'
import type { Lines } from '../welcome/receive-form.ts'

/** Addresses that the form offers, with their names. */
export const DESTINATIONS = [
  { label: 'ROUTE', example: 'route://239.255.1.1:6000' },
  { label: 'ATSC 3.0', example: 'atsc://239.255.2.1:6000' },
  { label: 'DVB-MABR', example: 'mabr://239.255.3.1:6000' },
] as const

/** Options with a field of their own in the form, or without a meaning in it: what the app sends goes to the network, in real time. */
const NOT_LISTED: readonly string[] = ['outInterface', 'pace']
/** Longest time to live that no router passes on. */
const OWN_NETWORK_TTL = 1

/** Form of a broadcast to an address; null: it is no address. */
export function formOf(destination: string, { transport }: Choices): BroadcastForm | null {
  const scheme = /^(route|atsc|mabr):\/\//i.exec(destination.trim())?.[1]?.toLowerCase()
  if (scheme === undefined) return null
  return scheme === 'mabr' ? (transport === 'route' ? 'mabr-route' : 'mabr-flute') : (scheme as 'route' | 'atsc')
}

/** Every option of `send` that has a name. */
function allRows(parts: readonly PartDescription[]): readonly OptionRow[] {
  const sending = parts.filter(({ side }) => side === 'send')
  return commandOptions(sending, 'send').filter(({ option, subject }) => option !== null && subject !== true)
}

/** The options of the form that mean something for a form of broadcast. */
export function sendRows(parts: readonly PartDescription[], form: BroadcastForm | null): readonly OptionRow[] {
  return allRows(parts).filter(
    (row) =>
      !NOT_LISTED.includes(choiceName(row)) && (row.forms === undefined || form === null || row.forms.includes(form)),
  )
}

/** The form as command lines, ours and GPAC's, which reads manifests only. */
export function sendLines(
  parts: readonly PartDescription[],
  input: string,
  destination: string,
  choices: Choices,
): Lines {
  const rows = allRows(parts)
  const from = withoutCredentials(input.trim())
  const to = quoted(withoutCredentials(destination.trim()))
  const { words, properties, unknown } = gpacOptionsOf(rows, choices)
  const source = quoted([from, ...properties].join(''))
  const isManifest = /\.(mpd|m3u8)($|[?#])/i.test(input)
  const gpac = isManifest ? ['gpac', '-i', source, 'dashin:forward=file', '-o', to, ...words].join(' ') : null
  return {
    ours: ['routescope', 'send', quoted(from), to, ...commandLineOf(rows, choices)].join(' '),
    gpac,
    notInGpac: unknown,
  }
}

/** What a person is asked once before sending: where packets go further than a group on this network. */
export function risksOf(destination: string, { ttl }: Choices): string[] {
  const risks: string[] = []
  const host = /^[a-z]+:\/\/(?:\[([^\]]*)\]|([^/?#:]*))/i.exec(destination.trim())
  const address = host?.[1] ?? host?.[2] ?? ''
  if (address !== '' && !isMulticast(address))
    risks.push(`${address} is no multicast group: every packet goes to that one computer.`)
  if (typeof ttl === 'number' && ttl > OWN_NETWORK_TTL)
    risks.push(`With a time to live of ${ttl}, routers may pass the packets on to other networks.`)
  return risks
}

/** 224.0.0.0/4 or ff00::/8. */
function isMulticast(address: string): boolean {
  const first = Number(/^(\d+)\./.exec(address)?.[1] ?? Number.NaN)
  return (first >= 224 && first <= 239) || /^ff/i.test(address)
}
