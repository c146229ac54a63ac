import { defined } from '../contract/defined.ts'
import type { LinkSpec, PartSpec } from '../contract/session-spec.ts'
import { wallClockUs } from '../engine/clock.ts'
import { Logger } from '../engine/logger.ts'
import { PART_KINDS } from '../engine/registry.ts'
import { Session } from '../engine/session.ts'
import { Writings } from '../engine/writings.ts'

type Opening = {
  readonly links?: readonly LinkSpec[]
  readonly nowUs?: () => number
  readonly sessionDir: string
}

/** A session without an engine for tests with their own clock: opened, not running, with its log lines. */
export async function openedSession(
  parts: readonly PartSpec[],
  { links, nowUs = wallClockUs(), sessionDir }: Opening,
): Promise<{ readonly session: Session; readonly lines: readonly string[] }> {
  const lines: string[] = []
  const logger = new Logger(nowUs)
  logger.listen(({ text }) => lines.push(text))
  const session = new Session(
    's1',
    { format: 'routescope-session', version: 2, parts, ...defined({ links }) },
    {
      nowUs,
      log: logger.session({ all: 'debug' }),
      kinds: PART_KINDS,
      demoDir: '',
      windowHost: null,
      sessionDir: () => sessionDir,
      otherFiles: () => [],
      writings: new Writings(),
    },
  )
  await session.open()
  return { session, lines }
}
