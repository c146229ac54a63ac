import { randomInt } from 'node:crypto'
import { APP_DEFAULTS } from '../../contract/app-defaults.ts'
import { type Choices, checkedChoices, optionsOf } from '../../contract/choices.ts'
import { LOOPBACK } from '../../contract/loopback.ts'
import { DEMO_SOURCE } from '../../contract/open-request.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { openerOf, sourcesLabel } from '../../contract/source-patterns.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { chosenParts, openedParts, sourceName } from './compose.ts'

/** Address of the built-in demo: an administratively scoped group, sent with TTL 0 on the loopback interface. */
const DEMO_GROUP = '239.255.82.83'
/** Range of the demo's random port: two demos on one machine must not hear each other. */
const DEMO_PORTS = [20_000, 60_000] as const

/** Sinks of every session of the app: a store to look at objects, and a gateway on loopback for the player. */
const APP_SINKS = { kinds: ['store'], choices: { listen: `${LOOPBACK}:0` } } as const

/**
 * Makes the app's session of URLs, captures or the demo. A capture is read as fast as possible unless `pace` is chosen.
 * @throws AppFailure bad-spec for a wrong choice, or URLs with captures; bad-url where no part opens a text
 */
export function specForSources(
  named: readonly string[],
  choices: Choices = {},
  parts: readonly PartDescription[] = PART_DESCRIPTIONS,
): SessionSpec {
  const sources = named.map(sourceName)
  const openers = sources.map((source) => {
    const opener = openerOf(parts, source)
    if (opener === null)
      throw new AppFailure('bad-url', `Nothing opens "${withoutCredentials(source)}".`, 'Name an address or a capture.')
    return opener
  })
  const [group = 'Open', ...others] = new Set(openers.map(({ pattern }) => pattern.group))
  if (others.length > 0) {
    throw new AppFailure('bad-spec', 'URLs and captures cannot be opened together.', 'Open them one after the other.')
  }
  if (group === 'Demo') return specForDemo()
  const chosen = { ...APP_DEFAULTS[group], ...validChoices(choices, parts), ...APP_SINKS.choices }
  return {
    format: 'routescope-session',
    version: 2,
    name: sourcesLabel(parts, sources),
    parts: [...openedParts(sources, openers, chosen), ...chosenParts(parts, chosen, APP_SINKS.kinds)],
  }
}

/** Refuses wrong choices, which may arrive from another process. @throws AppFailure bad-spec */
export function validChoices(choices: Choices, parts: readonly PartDescription[]): Choices {
  try {
    return checkedChoices(optionsOf(parts), choices, true)
  } catch (error) {
    throw new AppFailure('bad-spec', `${(error as Error).message}.`, 'Correct the option.')
  }
}

/** Makes the demo: our own presentation, broadcast in a loop on loopback and received again. */
export function specForDemo(): SessionSpec {
  const url = `route://${DEMO_GROUP}:${randomInt(...DEMO_PORTS)}`
  const listening = specForSources([url], { interfaces: [LOOPBACK] })
  const sending: PartSpec[] = [
    { id: 'demo', kind: 'presentation', input: DEMO_SOURCE, loop: 0 },
    { id: 'air', kind: 'broadcast', url },
    { id: 'air-out', kind: 'multicast-out', interface: LOOPBACK },
  ]
  return {
    ...listening,
    name: 'Demo on loopback',
    parts: [...listening.parts, ...sending],
  }
}
