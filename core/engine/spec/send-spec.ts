import type { Choices } from '../../contract/choices.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { SendRequest } from '../../contract/send-request.ts'
import type { PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { openerOf } from '../../contract/source-patterns.ts'
import { BROADCAST_PART } from '../parts/broadcast-options.ts'
import { MULTICAST_OUT_PART } from '../parts/multicast-out-options.ts'
import { PRESENTATION_PART } from '../parts/presentation-options.ts'
import { SELF_LOOP_PART } from '../parts/self-loop-options.ts'
import { openedParts, partOf } from './compose.ts'
import { specForSources, validChoices } from './session-specs.ts'

/**
 * Makes the app's session that broadcasts, and receives it back where asked for.
 * @throws AppFailure bad-spec for a wrong choice; bad-url
 */
export function specForSending({ inputs, destination, choices, receiveBack }: SendRequest): SessionSpec {
  const chosen: Choices = { ...checked(choices), destination }
  const sending: PartSpec[] = [
    ...inputs.map(({ input, own }, at) =>
      partOf(PRESENTATION_PART, `input${at + 1}`, { ...chosen, ...checked(own), input }),
    ),
    partOf(BROADCAST_PART, 'air', chosen),
    partOf(MULTICAST_OUT_PART, 'air-out', chosen),
  ]
  const receiving = receiveBack
    ? [
        ...specForSources([destination], joinedWhereSent(chosen)).parts,
        partOf(SELF_LOOP_PART, SELF_LOOP_PART.kind, { selfCheck: true }),
      ]
    : []
  return {
    format: 'routescope-session',
    version: 2,
    name: `Sending to ${withoutCredentials(destination)}`,
    parts: [...receiving, ...sending],
  }
}

/** The source that receives a broadcast back, where it is to be compared: on the interface it is sent on. */
export function returnSource(parts: readonly PartDescription[], chosen: Choices, destination: string): PartSpec[] {
  const opener = openerOf(parts, destination)
  if (opener === null) return []
  return openedParts([destination], [opener], { services: 'all', ...joinedWhereSent(chosen) }).map((part) => ({
    ...part,
    id: 'back',
  }))
}

function joinedWhereSent({ outInterface }: Choices): Choices {
  return typeof outInterface === 'string' ? { interfaces: [outInterface] } : {}
}

function checked(choices: Choices): Choices {
  return validChoices(choices, [PRESENTATION_PART, BROADCAST_PART, MULTICAST_OUT_PART])
}
