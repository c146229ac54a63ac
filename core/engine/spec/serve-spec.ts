import { basename } from 'node:path'
import type { Choices } from '../../contract/choices.ts'
import { LOOPBACK } from '../../contract/loopback.ts'
import type { SessionSpec } from '../../contract/session-spec.ts'
import { SERVER_PART } from '../parts/server-options.ts'
import { partOf } from './compose.ts'
import { validChoices } from './session-specs.ts'

/**
 * Makes the app's session that serves folders over HTTP.
 * @param choices as of `routescope serve`; without an address it is a free port of loopback
 * @throws AppFailure bad-spec for a wrong choice
 */
export function specForServing(choices: Choices): SessionSpec {
  const chosen: Choices = { serveListen: `${LOOPBACK}:0`, ...validChoices(choices, [SERVER_PART]) }
  return {
    format: 'routescope-session',
    version: 2,
    name: nameOf(chosen),
    parts: [partOf(SERVER_PART, SERVER_PART.kind, chosen)],
  }
}

/** Names of the folders and paths of the streams. */
function nameOf({ serveRead = [], serveWrite = [], serveStreams = [] }: Choices): string {
  const folders = [serveRead, serveWrite].flat().map((path) => basename(String(path)))
  const streams = [serveStreams].flat().map((text) => String(text).replace(/=.*/s, ''))
  return [...new Set([...folders, ...streams])].join(', ')
}
