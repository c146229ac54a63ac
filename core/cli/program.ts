import { homedir } from 'node:os'
import { join } from 'node:path'
import { APP_ERROR_EXIT } from '../contract/app-error.ts'
import type { Choices } from '../contract/choices.ts'
import type { SessionRequest } from '../contract/open-request.ts'
import { toAppError } from '../failure/app-failure.ts'
import { startAttachedProgram } from '../guard/guarded-programs.ts'
import { type CliRequest, readCommandLine } from './command-line.ts'
import { noDisplayReason, type ProgramFolders, programFolders } from './display.ts'
import { graphLines } from './gpac.ts'
import { outputFailure, outputFlushed, printOwnText, tellLine, watchOutput } from './output.ts'
import { passSignals } from './quit-keys.ts'
import { logTeller, tellFailure } from './tell.ts'
import { failedUnexpectedly, watchUnexpected } from './unexpected.ts'

/**
 * Runs a command line and ends the process with its status.
 * @param root the folder of package.json
 */
export async function runProgram(args: readonly string[], root: string, version: string): Promise<void> {
  watchOutput()
  watchUnexpected()
  const ended = await statusOf(args, root, version)
  const status = failedUnexpectedly() ? APP_ERROR_EXIT.internal : ended
  // A slow pipe must get everything before the process ends.
  await outputFlushed()
  const failure = outputFailure()
  if (failure !== null) tellFailure(failure)
  process.exit(failure === null ? status : status || APP_ERROR_EXIT[failure.code])
}

async function statusOf(args: readonly string[], root: string, version: string): Promise<number> {
  try {
    const request = readCommandLine(args, version)
    if (request.kind === 'text') {
      printOwnText(request.text)
      return 0
    }
    return await carryOut(request, programFolders(root), version)
  } catch (thrown) {
    const error = toAppError(thrown)
    tellFailure(error)
    return APP_ERROR_EXIT[error.code]
  }
}

type EngineRequest = Exclude<CliRequest, { kind: 'text' }>

async function carryOut(request: EngineRequest, folders: ProgramFolders, version: string): Promise<number> {
  // The engine is most of the program: a refused command line does not load it.
  const { Engine } = await import('../engine/engine.ts')
  const engine = new Engine({
    defaultDumpDir: join(homedir(), 'Routescope'),
    demoDir: folders.demo,
    version,
  })
  try {
    switch (request.kind) {
      case 'open': {
        const reason = request.window ? noDisplayReason(process.platform, process.env) : 'a browser was asked for'
        if (reason === null && folders.starter !== null) return await startWindow(folders.starter, request.request)
        const { serveInterface } = await import('./serve-interface.ts')
        return await serveInterface(
          engine,
          request,
          folders,
          reason ?? 'the desktop app is not installed beside the command line',
        )
      }
      case 'inspect':
        engine.logger.listen(logTeller(request.spec.log))
        return await (await import('./inspect-captures.ts')).inspectCaptures(engine, request)
      case 'watch':
        for (const note of request.notes) tellLine(`routescope: ${note}`)
        engine.logger.listen(logTeller(request.spec.log))
        return await (await import('./watch-session.ts')).watchSession(engine, request.spec, request.json)
      case 'session':
        for (const note of request.notes) tellLine(`routescope: ${note}`)
        if (request.graph === true) for (const line of await graphLines(request.spec)) tellLine(line)
        engine.logger.listen(logTeller(request.spec.log))
        return await (await import('./run-session.ts')).runSession(engine, request.spec, request.json)
      case 'run': {
        const { readSavedSession } = await import('./session-file.ts')
        const { spec, ...saved } = await readSavedSession(request.file, request.overrides)
        engine.logger.listen(logTeller(spec.log))
        return await (await import('./run-session.ts')).runSession(engine, spec, request.json, saved)
      }
    }
  } finally {
    await engine.close()
  }
}

/** Arguments that pass the choices of the command line to the app. */
function chosen(choices: Choices): string[] {
  return Object.keys(choices).length === 0 ? [] : [`--receive-options=${JSON.stringify(choices)}`]
}

/** Opens the desktop app and waits for it, so that its log and its exit status are this command's. */
function startWindow(starter: string, request: SessionRequest | null): Promise<number> {
  const args = request === null ? [] : ['open', ...chosen(request.choices), '--', ...request.sources]
  const child = startAttachedProgram(process.execPath, [starter, ...args])
  passSignals(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 130))
  })
}
