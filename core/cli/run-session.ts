import type { AppError } from '../contract/app-error.ts'
import { APP_ERROR_EXIT } from '../contract/app-error.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import type { Engine } from '../engine/engine.ts'
import type { Session } from '../engine/session.ts'
import { ProgressLine } from './progress-line.ts'
import { tellFailure } from './tell.ts'

const PROGRESS_MS = 250

/**
 * Runs one session in this process until its sources end, its duration is over, or the user stops it.
 * @returns the exit status of command-line.md
 */
export async function runSession(engine: Engine, spec: SessionSpec, json: boolean): Promise<number> {
  const session = await engine.start(spec)
  const progress = new ProgressLine(process.stderr)
  const stopWatching = watchForQuit(session)
  const told = new Set<AppError>()
  const tellProblems = (): void => {
    for (const problem of session.problems()) {
      if (told.has(problem)) continue
      told.add(problem)
      progress.clear()
      tellFailure(problem)
    }
  }
  if (json) session.onFile((file) => process.stdout.write(`${JSON.stringify({ event: 'file', ...file })}\n`))
  const gateway = session.snapshot().gateway
  if (gateway !== null) {
    if (json) process.stdout.write(`${JSON.stringify({ event: 'gateway', baseUrl: gateway.baseUrl })}\n`)
    else process.stdout.write(`Serving ${gateway.baseUrl}\n`)
  }
  const timer = setInterval(() => {
    progress.show(session.snapshot())
    tellProblems()
  }, PROGRESS_MS)
  await session.done
  clearInterval(timer)
  progress.clear()
  const interrupted = stopWatching()
  tellProblems()
  const failure = session.failure()
  if (failure !== null) {
    if (!told.has(failure)) tellFailure(failure)
    return APP_ERROR_EXIT[failure.code]
  }
  if (json) process.stdout.write(`${JSON.stringify({ event: 'end', ...session.summary() })}\n`)
  else process.stderr.write(`${summaryText(session)}\n`)
  if (interrupted) return 130
  return session.problems().some((problem) => APP_ERROR_EXIT[problem.code] === 1) ? 1 : 0
}

function summaryText(session: Session): string {
  const { objects, complete, incomplete, files, packets, bytes, sentPackets, sentObjects } = session.summary()
  if (sentPackets > 0 && packets === 0) return `Sent ${sentPackets} packets, ${sentObjects} objects.`
  return `Received ${packets} packets, ${bytes} bytes: ${complete} of ${objects} objects complete, ${incomplete} incomplete, ${files} files.`
}

/** Ctrl-C, `q` on a terminal and a polite kill stop the session; everything is flushed before the process ends. */
function watchForQuit(session: Session): () => boolean {
  let interrupted = false
  const quit = (): void => {
    if (interrupted) process.exit(130)
    interrupted = true
    void session.stop()
  }
  const onKey = (data: Buffer): void => {
    const key = data.toString()
    if (key === 'q' || key === 'Q' || key === '\u0003') quit()
  }
  process.on('SIGINT', quit)
  process.on('SIGTERM', quit)
  const terminal = process.stdin.isTTY && session.readsStdin === false
  if (terminal) {
    process.stdin.setRawMode(true)
    process.stdin.resume()
    process.stdin.on('data', onKey)
  }
  return () => {
    process.off('SIGINT', quit)
    process.off('SIGTERM', quit)
    if (terminal) {
      process.stdin.off('data', onKey)
      process.stdin.setRawMode(false)
      process.stdin.pause()
    }
    return interrupted
  }
}
