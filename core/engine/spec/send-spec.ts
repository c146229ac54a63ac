import { type Choices, checkedChoices, optionsOf } from '../../contract/choices.ts'
import type { SendRequest } from '../../contract/send-request.ts'
import type { PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { BROADCAST_PART } from '../parts/broadcast-options.ts'
import { MULTICAST_OUT_PART } from '../parts/multicast-out-options.ts'
import { PRESENTATION_PART } from '../parts/presentation-options.ts'
import { partOf } from './compose.ts'
import { specForSources } from './session-specs.ts'

/**
 * Makes the app's session that broadcasts, and receives it back where asked for.
 * @throws AppFailure bad-spec for a wrong choice; bad-url
 */
export function specForSending({ inputs, destination, choices, receiveBack }: SendRequest): SessionSpec {
  const chosen: Choices = { ...checked(choices), destination }
  const sending: PartSpec[] = [
    ...inputs.map((input, at) => partOf(PRESENTATION_PART, `input${at + 1}`, { ...chosen, input })),
    partOf(BROADCAST_PART, 'air', chosen),
    partOf(MULTICAST_OUT_PART, 'air-out', chosen),
  ]
  const { outInterface } = chosen
  const joined = typeof outInterface === 'string' ? { interfaces: [outInterface] } : {}
  const receiving = receiveBack ? specForSources([destination], joined).parts : []
  return {
    format: 'routescope-session',
    version: 2,
    name: `Sending to ${withoutCredentials(destination)}`,
    parts: [...receiving, ...sending],
  }
}

function checked(choices: Choices): Choices {
  try {
    return checkedChoices(optionsOf([PRESENTATION_PART, BROADCAST_PART, MULTICAST_OUT_PART]), choices, true)
  } catch (error) {
    throw new AppFailure('bad-spec', `${(error as Error).message}.`, 'Correct the option.')
  }
}
