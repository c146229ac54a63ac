import { APP_ERROR_EXIT } from '../contract/app-error.ts'
import type { PushTargetSnapshot, StreamSnapshot, UploadsSnapshot } from '../contract/http-snapshots.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import type { Engine } from '../engine/engine.ts'
import { PART_DESCRIPTIONS } from '../engine/registry.ts'
import type { Session } from '../engine/session.ts'
import { wildcardEndpoints } from '../engine/spec/session-doings.ts'
import { printFields, printJson, printLines, tellLine } from './output.ts'
import { ProgressLine, repairText } from './progress-line.ts'
import { QuitKeys } from './quit-keys.ts'
import { relayedText, relayWay } from './relay-text.ts'
import { absentText, incompleteText } from './report-text.ts'
import { notBack, selfLoopText } from './self-loop-text.ts'
import type { SavedSession } from './session-file.ts'
import { startupText } from './startup-text.ts'
import { tellFailure, wildcardText } from './tell.ts'
import { keepServing } from './unexpected.ts'
import { runLong } from './v8-settings.ts'

const PROGRESS_MS = 250
/** Services with a line at the end. */
const MAX_SERVICES = 256

/**
 * Runs one session in this process until its sources end, its duration is over, or the user stops it. A gateway goes on serving
 * after the end of its capture.
 * @param saved of a session that was read from a file
 * @returns the exit status of command-line.md
 */
export async function runSession(
  engine: Engine,
  spec: SessionSpec,
  json: boolean,
  saved: Omit<SavedSession, 'spec'> | null = null,
): Promise<number> {
  const startedUs = engine.nowUs()
  const session = await engine.start(spec, saved?.file)
  if (saved !== null) tellLine(saved.doings)
  const progress = new ProgressLine(process.stderr)
  const keys = new QuitKeys(session.aims.readsStdin)
  void keys.asked.then(() => session.stop())
  const tellProblems = problemTeller(session, progress)
  if (json) session.onFile((file) => printJson({ event: 'file', ...file }))
  const { gateways, servers, streams, origins, uploads } = session.snapshot()
  const baseUrl = (gateways[0] ?? servers[0] ?? uploads[0] ?? origins[0])?.baseUrl ?? originOf(streams[0]?.url)
  if (baseUrl !== null) {
    keepServing()
    runLong()
    if (json) printJson({ event: gateways.length > 0 ? 'gateway' : 'server', baseUrl })
    else
      printLines([
        `Serving ${baseUrl}`,
        ...streams.map(({ url }) => `Stream ${url}`),
        ...origins.map(({ url }) => `Origin ${url}`),
      ])
    if (saved === null)
      for (const address of wildcardEndpoints(spec, PART_DESCRIPTIONS))
        tellLine(wildcardText(address.replace(/:0$/, `:${new URL(baseUrl).port}`)))
  }
  if (session.snapshot().media.length > 0)
    tellLine(`Relaying ${relayWay(session.snapshot(), ({ address }) => address)}.`)
  await untilDone(session, progress, tellProblems)
  const failure = session.failure()
  if (failure === null) {
    if (session.aims.scans) listServices(session, json)
    if (json) printJson({ event: 'end', ...session.summary() })
    else for (const line of summaryLines(session)) tellLine(line)
    // What an origin has of a presentation or of media stays there, as what a gateway has of a capture.
    const staysServed = session.aims.endsByItself || (origins.length > 0 && !session.aims.hasDatagrams)
    if (baseUrl !== null && !keys.quit && staysServed) await serveOn(keys, spec, engine.nowUs() - startedUs, baseUrl)
  }
  keys.close()
  if (failure !== null) return APP_ERROR_EXIT[failure.code]
  if (keys.quit) return 130
  if (session.degraded) return 1
  return isShort(session) ? 3 : 0
}

/** Shows how far a session is, and tells its problems, until it has ended. */
export async function untilDone(session: Session, progress: ProgressLine, tellProblems: () => void): Promise<void> {
  const timer = setInterval(() => {
    progress.show(() => session.snapshot())
    tellProblems()
  }, PROGRESS_MS)
  await session.done
  clearInterval(timer)
  progress.clear()
  tellProblems()
}

function originOf(url: string | undefined): string | null {
  return url === undefined ? null : new URL(url).origin
}

/** What was to be received did not come: no file at all, or not all that was announced. */
function isShort(session: Session): boolean {
  const { packets, files, neverCame, selfLoop } = session.summary()
  if (selfLoop !== null) return notBack(selfLoop.counts) > 0
  return packets > 0 && session.aims.expectsFiles && (files === 0 || neverCame > 0)
}

function listServices(session: Session, json: boolean): void {
  for (const { id, name, protocol, category, destination } of session.snapshot().services) {
    if (json) printJson({ event: 'service', id, name, protocol, category, destination })
    else printFields([id, name ?? '-', protocol, destination ?? '-'])
  }
}

/** Keeps serving received files until the user, or the duration, ends it. */
async function serveOn(keys: QuitKeys, spec: SessionSpec, elapsedUs: number, baseUrl: string): Promise<void> {
  if (spec.durationS === undefined) {
    tellLine(`The source has ended; what was received is still served on ${baseUrl} until Ctrl-C.`)
    // The gateway's listening socket keeps the process alive; a promise alone does not.
    await keys.asked
    return
  }
  const leftMs = spec.durationS * 1000 - elapsedUs / 1000
  if (leftMs <= 0) return
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([
    keys.asked,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, leftMs)
    }),
  ])
  clearTimeout(timer)
}

/** @returns a function that prints problems new since its last call, each once */
export function problemTeller(session: Session, progress: ProgressLine): () => void {
  const reported = new Set<string>()
  return () => {
    const failure = session.failure()
    // The failure first: it may repeat a warning with better advice.
    for (const problem of failure === null ? session.problems() : [failure, ...session.problems()]) {
      if (reported.has(problem.message)) continue
      reported.add(problem.message)
      progress.clear()
      tellFailure(problem)
    }
  }
}

/** Lines about the end of the session, and how long tuning in to each received service took. */
function summaryLines(session: Session): string[] {
  const { selfLoop } = session.summary()
  const { receives, services, hostDrops, captureDrops, pushes, streams, origins, uploads } = session.snapshot()
  const pushedOnly = !receives && pushes.length > 0 && uploads.length === 0
  const lines = [...(pushedOnly ? [] : [summaryText(session)]), ...(selfLoop === null ? [] : [selfLoopText(selfLoop)])]
  const listed = services.filter(
    ({ packets, state }) => packets > 0 || (session.aims.expectsFiles && state !== 'not-joined'),
  )
  for (const { id, state, startup, notPlayable } of listed.slice(0, MAX_SERVICES)) {
    const text = state === 'not-joined' ? 'not joined' : startupText(startup, notPlayable, 1e6)
    if (text !== null) lines.push(`Service ${id}: ${text}`)
  }
  for (const target of pushes) lines.push(pushText(target))
  for (const stream of streams) lines.push(streamText(stream))
  for (const { url, requests, bytes, removed } of origins)
    lines.push(`Origin ${url}: ${requests} requests, ${bytes} bytes; ${removed} segments removed.`)
  const ownDrops = (hostDrops ?? 0) - (captureDrops ?? 0)
  if (ownDrops > 0) lines.push(`This computer dropped ${ownDrops} packets: a socket's queue was full.`)
  if (captureDrops !== null && captureDrops > 0)
    lines.push(`The computer that made the capture dropped ${captureDrops} packets.`)
  return lines
}

/** What a server got that files were pushed to. */
function pushText({ url, files, bytes, removed, failed, leftOut }: PushTargetSnapshot): string {
  const rest = [
    removed > 0 ? `${removed} removed` : '',
    failed > 0 ? `${failed} failed` : '',
    leftOut > 0 ? `${leftOut} left out, since the server was slower` : '',
  ].filter((part) => part !== '')
  return `Pushed ${files} files, ${bytes} bytes, to ${url}${rest.length === 0 ? '' : `; ${rest.join(', ')}`}.`
}

/** What was uploaded. */
function uploadsText({ url, files, bytes, brokenOff }: UploadsSnapshot): string {
  return `Took ${files} uploads, ${bytes} bytes, on ${url}${brokenOff === 0 ? '' : `; ${brokenOff} broke off`}.`
}

/** What the clients of a stream got. */
function streamText({ url, requests, sent, bytes, unheard, slow }: StreamSnapshot): string {
  const rest = [
    unheard > 0 ? `${unheard} bytes came while nobody listened` : '',
    slow > 0 ? `${slow} clients were too slow` : '',
  ].filter((part) => part !== '')
  const more = rest.length === 0 ? '' : `; ${rest.join(', ')}`
  return `Streamed ${bytes} bytes, ${sent} to ${requests} requests, on ${url}${more}.`
}

function summaryText(session: Session): string {
  const { media, servers, streams, uploads } = session.snapshot()
  if (media.length > 0) return `Relayed ${relayWay(session.snapshot(), relayedText)}.`
  const [server] = servers
  if (server !== undefined)
    return `Served ${server.requests} requests, ${server.bytes} bytes; took ${server.uploadedBytes} bytes of uploads.`
  if (uploads.length > 0) return uploads.map(uploadsText).join('\n')
  if (streams.length > 0) return `Served ${streams.length === 1 ? 'one stream' : `${streams.length} streams`}.`
  const {
    objects,
    complete,
    incomplete,
    cutOff,
    neverCame,
    awaited,
    files,
    packets,
    bytes,
    sentPackets,
    sentObjects,
    selfLoop,
  } = session.summary()
  const { broadcasts } = session.snapshot()
  const notTaken = broadcasts.reduce((sum, each) => sum + each.notTaken, 0)
  if (sentPackets + notTaken > 0 && (packets === 0 || selfLoop !== null)) {
    const keptBack = broadcasts.reduce((sum, each) => sum + each.keptBack, 0)
    const losses = keptBack === 0 ? '' : ` The loss model kept ${keptBack} more packets back.`
    const faults = notTaken === 0 ? '' : ` The network did not take ${notTaken} more packets.`
    return `Sent ${sentPackets} packets, ${sentObjects} objects.${losses}${faults}`
  }
  const recorded = session.snapshot().recordings
  const first = recorded[0]
  if (first !== undefined && session.aims.recordsOnly) {
    const count = recorded.reduce((sum, each) => sum + each.packets, 0)
    const size = recorded.reduce((sum, each) => sum + each.bytes, 0)
    const where = first.files > 1 ? `${first.files} files, the last ${first.file}` : first.file
    return `Recorded ${count} of ${packets} packets, ${size} bytes, to ${where}.`
  }
  const { repair } = session.snapshot()
  const repaired = repair === null ? '' : `; ${repairText(repair)}`
  return `Received ${packets} packets, ${bytes} bytes: ${complete} of ${objects} objects complete, ${incompleteText(incomplete, cutOff)}${absentText(neverCame, awaited)}, ${files} files${repaired}.`
}
