import { APP_ERROR_EXIT } from '../contract/app-error.ts'
import type { RuleProfile } from '../contract/rule-row.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import type { Engine } from '../engine/engine.ts'
import { printJsonPieces, printLinesInTurns } from './output.ts'
import { ProgressLine } from './progress-line.ts'
import { QuitKeys } from './quit-keys.ts'
import { reportLines } from './report-text.ts'
import { problemTeller } from './run-session.ts'
import { verdictLines } from './verdict-text.ts'

/**
 * Reads captures as fast as possible and prints the report, or the verdict of one profile. Status 3: something is wrong with what they contain. Warnings of the reader (a cut last record, a resync) are written to
 * stderr; a capture that cannot be read at all is a failure without a report.
 */
export async function inspectCaptures(
  engine: Engine,
  { spec, json, check }: { spec: SessionSpec; json: boolean; check: RuleProfile | null },
): Promise<number> {
  const session = await engine.start(spec)
  const progress = new ProgressLine(process.stderr)
  const keys = new QuitKeys(session.aims.readsStdin)
  void keys.asked.then(() => session.stop())
  const timer = setInterval(() => progress.show(() => session.snapshot()), 250)
  await session.done
  clearInterval(timer)
  progress.clear()
  keys.close()
  problemTeller(session, progress)()
  const failure = session.failure()
  const status = failure === null ? 0 : APP_ERROR_EXIT[failure.code]
  // Nothing to receive has a report too: it shows what the capture contains instead.
  if (status !== 0 && status !== 3 && session.summary().packets === 0) return status
  if (json) await printJsonPieces(session.contents.reportPieces())
  else if (check !== null) await printLinesInTurns(verdictLines(session.contents.report(), check))
  else await printLinesInTurns(reportLines(session.contents.report()))
  if (failure !== null) return status
  return keys.quit ? 130 : session.errors > 0 ? 3 : 0
}
