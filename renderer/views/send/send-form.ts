import {
  type Choices,
  choiceName,
  commandLineOf,
  commandOptions,
  gpacOptionsOf,
  propertiesOf,
  quoted,
} from '../../../core/contract/choices.ts'
import { gpacDestination } from '../../../core/contract/gpac-destination.ts'
import { isMulticastAddress } from '../../../core/contract/multicast-address.ts'
import type { BroadcastForm, OptionRow } from '../../../core/contract/option-row.ts'
import type { PartDescription } from '../../../core/contract/part-description.ts'
import type { SendRequest } from '../../../core/contract/send-request.ts'
import { withoutCredentials } from '../../../core/contract/shown-url.ts'
import type { Lines } from '../welcome/receive-form.ts'

/** Addresses that the form offers, with their names. */
export const DESTINATIONS = [
  { label: 'ROUTE', example: 'route://239.255.1.1:6000' },
  { label: 'ATSC 3.0', example: 'atsc://239.255.2.1:6000' },
  { label: 'DVB-MABR', example: 'mabr://239.255.3.1:6000' },
] as const

/**
 * Options with a field of their own in the form, such as the table of services, or without a meaning in it: what the app sends goes to
 * the network, in real time.
 */
const NOT_LISTED: readonly string[] = ['outInterface', 'pace', 'serviceId', 'serviceName']
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

function means(row: OptionRow, form: BroadcastForm | null): boolean {
  return row.forms === undefined || form === null || row.forms.includes(form)
}

/** The options of the form that mean something for a form of broadcast; what each input has of its own is none of them. */
export function sendRows(parts: readonly PartDescription[], form: BroadcastForm | null): readonly OptionRow[] {
  return allRows(parts).filter(
    (row) => !NOT_LISTED.includes(choiceName(row)) && row.gpac?.property !== true && means(row, form),
  )
}

/** What each input may have of its own in a form of broadcast. @param withFiles one of them is plain files */
export function ownRows(
  parts: readonly PartDescription[],
  form: BroadcastForm | null,
  withFiles: boolean,
): readonly OptionRow[] {
  return propertyRows(parts).filter((row) => form !== null && means(row, form) && (withFiles || row.ofFiles !== true))
}

function propertyRows(parts: readonly PartDescription[]): readonly OptionRow[] {
  const sending = parts.filter(({ side }) => side === 'send')
  return commandOptions(sending, 'send').filter(({ gpac }) => gpac?.property === true)
}

/** The form as command lines, ours and GPAC's, which reads manifests only. */
export function sendLines(
  parts: readonly PartDescription[],
  { inputs, destination, choices, receiveBack }: SendRequest,
): Lines {
  const rows = allRows(parts)
  const properties = propertyRows(parts)
  const to = quoted(withoutCredentials(destination.trim()))
  const { words, unknown } = gpacOptionsOf(rows, choices)
  const owns = inputs.map(({ own }) => gpacOptionsOf(properties, own))
  const names = inputs.map(({ input }) => withoutCredentials(input.trim()))
  const ours = names.map((name, at) => quoted(name + propertiesOf(properties, inputs[at]?.own ?? {})))
  const areManifests = names.every((name) => /\.(mpd|m3u8)($|[?#])/i.test(name))
  const sources = names.map((name, at) => [name, ...(owns[at]?.properties ?? [])].join(''))
  const { url, words: group } = gpacDestination(withoutCredentials(destination.trim()))
  const options = [...group.map((word) => `--${word}`), ...words]
  const gpac = areManifests ? ['gpac', ...gpacGraph(sources, inputs, url), ...options].join(' ') : null
  const back = receiveBack ? ['--self-check'] : []
  return {
    ours: ['routescope', 'send', ...ours, to, ...commandLineOf(rows, choices), ...back].join(' '),
    gpac,
    notInGpac: [...unknown, ...owns.flatMap((each) => each.unknown), ...back],
  }
}

/** Inputs and output as GPAC links them: several inputs are services of their own only by their ids. */
function gpacGraph(sources: readonly string[], inputs: SendRequest['inputs'], to: string): string[] {
  const [first = ''] = sources
  if (sources.length < 2) return ['-i', quoted(first), 'dashin:forward=file', '-o', quoted(to)]
  const taken = new Set(inputs.flatMap(({ own }) => (own.ownServiceId === undefined ? [] : [own.ownServiceId])))
  const free = inputs.map((_, at) => at + 1).filter((id) => !taken.has(id))
  const read = sources.flatMap((source, at) => {
    const id = inputs[at]?.own.ownServiceId === undefined ? `:#ServiceID=${free.shift()}` : ''
    return ['-i', quoted(source + id), `dashin:forward=file:FID=${at + 1}`]
  })
  const ids = sources.map((_, at) => at + 1).join(',')
  return [...read, '-o', quoted(`${to}${to.endsWith('/') ? '' : '/'}:SID=${ids}`)]
}

/** What a person is asked once before sending: where packets go further than a group on this network. */
export function risksOf(destination: string, { ttl }: Choices): string[] {
  const risks: string[] = []
  const host = /^[a-z]+:\/\/(?:\[([^\]]*)\]|([^/?#:]*))/i.exec(destination.trim())
  const address = host?.[1] ?? host?.[2] ?? ''
  if (address !== '' && !isMulticastAddress(address))
    risks.push(`${address} is no multicast group: every packet goes to that one computer.`)
  if (typeof ttl === 'number' && ttl > OWN_NETWORK_TTL)
    risks.push(`With a time to live of ${ttl}, routers may pass the packets on to other networks.`)
  return risks
}
