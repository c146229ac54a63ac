import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isWildcard } from '../contract/loopback.ts'
import type { SessionRequest } from '../contract/open-request.ts'
import type { HostPort } from '../contract/option-values.ts'
import type { Engine } from '../engine/engine.ts'
import { serveEngine } from '../engine/serve.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { InterfaceServer } from '../http/interface-server.ts'
import type { ProgramFolders } from './display.ts'
import { printLines, tellLine } from './output.ts'
import { onFirstSignal } from './quit-keys.ts'
import { wildcardText } from './tell.ts'
import { keepServing } from './unexpected.ts'
import { runLong } from './v8-settings.ts'

/**
 * Serves the interface to a browser on this machine until it is interrupted, and prints its address and why.
 * A source of the command line is opened at once, so that the page shows it.
 */
export async function serveInterface(
  engine: Engine,
  request: { readonly request: SessionRequest | null; readonly listen: HostPort },
  folders: ProgramFolders,
  reason: string,
): Promise<number> {
  if (!existsSync(join(folders.page, 'index.html'))) {
    throw new AppFailure('file-not-found', `The built interface is missing in ${folders.page}.`, 'Run npm run build.')
  }
  const uploadDir = join(engine.tempDir(), 'uploads')
  const server = new InterfaceServer({
    ...request.listen,
    contentOrigin: await engine.serveWindows(0),
    pageDir: folders.page,
    uploadDir,
    onWindow: (wire) => serveEngine(engine, wire),
  })
  const { address } = await server.open()
  let removeSignals = (): void => {}
  const interrupted = new Promise<void>((resolve) => {
    removeSignals = onFirstSignal(resolve)
  })
  keepServing()
  runLong()
  try {
    if (request.request !== null) await engine.open(request.request)
    printLines([`Routescope serves its interface to a browser, because ${reason}.`, `Open ${address}`])
    const { host, port } = request.listen
    if (isWildcard(host)) tellLine(wildcardText(`${host}:${port}`))
    await interrupted
    for (const path of engine.writings.paths)
      tellLine(`Writing the dump to ${path} before the end; another signal ends it at once.`)
    await engine.writings.settled()
    return 130
  } finally {
    removeSignals()
    await server.close()
    await rm(uploadDir, { recursive: true, force: true })
  }
}
