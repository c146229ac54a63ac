import { APP_ERROR_EXIT } from '../contract/app-error.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import type { Engine } from '../engine/engine.ts'
import { ProgressLine } from './progress-line.ts'
import { reportText } from './report-text.ts'
import { tellFailure } from './tell.ts'

/**
 * Reads captures as fast as possible and prints the report. Warnings of the reader (a cut last record, a resync) go to
 * stderr and do not spoil the report; a capture that cannot be read at all is a failure.
 */
export async function inspectCaptures(engine: Engine, spec: SessionSpec, json: boolean): Promise<number> {
  const session = await engine.start(spec)
  const progress = new ProgressLine(process.stderr)
  let interrupted = false
  const quit = (): void => {
    interrupted = true
    void session.stop()
  }
  process.once('SIGINT', quit)
  process.once('SIGTERM', quit)
  const timer = setInterval(() => progress.show(session.snapshot()), 250)
  await session.done
  clearInterval(timer)
  progress.clear()
  const failure = session.failure()
  for (const problem of session.problems()) if (problem !== failure) tellFailure(problem)
  if (failure !== null) tellFailure(failure)
  if (failure !== null && session.summary().packets === 0 && failure.code !== 'no-udp-in-capture') {
    return APP_ERROR_EXIT[failure.code]
  }
  const report = session.report()
  process.stdout.write(json ? `${JSON.stringify(report, null, 1)}\n` : reportText(report))
  if (interrupted) return 130
  return failure === null ? 0 : APP_ERROR_EXIT[failure.code]
}
