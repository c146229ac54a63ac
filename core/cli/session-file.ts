import { createReadStream } from 'node:fs'
import { defined } from '../contract/defined.ts'
import type { PartSpec, SessionSpec } from '../contract/session-spec.ts'
import { PART_DESCRIPTIONS } from '../engine/registry.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { undecodedName } from '../failure/undecoded-name.ts'
import type { RunOverrides } from './command-line.ts'

/** Largest session file; a session of a thousand parts has a tenth. */
const MAX_SESSION_BYTES = 4 * 1024 * 1024

/** A session of a file, and what is said of it. */
export type SavedSession = {
  readonly spec: SessionSpec
  readonly file: string
  /** What it opens and writes, as a line. */
  readonly doings: string
}

/**
 * Reads a saved session. It may be a stranger's: what it would overwrite, and code that it would run, is refused unless that is
 * forced.
 * @throws AppFailure file-not-found | file-unreadable | bad-spec | file-exists | not-supported
 */
export async function readSavedSession(file: string, overrides: RunOverrides): Promise<SavedSession> {
  const json = parseJson(file, textOf(file, await bytesOf(file)))
  const { parseSessionSpec } = await import('../engine/spec/spec.ts')
  const { doingsOf, overwrittenBy, programsOf } = await import('../engine/spec/session-doings.ts')
  const saved = parseSessionSpec(json, file)
  if (!overrides.force) {
    const [program] = programsOf(saved, PART_DESCRIPTIONS)
    if (program !== undefined)
      throw new AppFailure(
        'not-supported',
        `${file} would run ${program}, which can do whatever you can.`,
        'Look at what it does, then add --force to let it.',
      )
    const [first, ...more] = await overwrittenBy(saved, PART_DESCRIPTIONS)
    if (first !== undefined) {
      throw new AppFailure(
        'file-exists',
        `${file} would overwrite ${first}${more.length === 0 ? '' : ` and ${more.length} more`}.`,
        'Add --force to let it, or move what is there.',
      )
    }
  }
  const spec = {
    ...(overrides.report === undefined ? saved : withReport(saved, overrides.report)),
    ...defined({ durationS: overrides.durationS, log: overrides.log }),
  }
  return { spec, file, doings: `${file} ${doingsOf(spec, PART_DESCRIPTIONS)}.` }
}

async function bytesOf(file: string): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
      pieces.push(piece)
      length += piece.length
      if (length > MAX_SESSION_BYTES) break
    }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const undecoded = missing ? undecodedName(file, error) : null
    throw (
      undecoded ??
      new AppFailure(
        missing ? 'file-not-found' : 'file-unreadable',
        missing ? `There is no session file ${file}.` : `The session file ${file} cannot be read.`,
        'Check the path; right form: routescope run SPEC.json',
        error,
      )
    )
  }
  if (length <= MAX_SESSION_BYTES) return Buffer.concat(pieces)
  throw new AppFailure(
    'bad-spec',
    `${file} has more than ${MAX_SESSION_BYTES} bytes, and is no saved session.`,
    'Right form: routescope run SPEC.json',
  )
}

/** Text in UTF-8, or in UTF-16 with its byte order mark; a mark is dropped, which editors of Windows put there. */
function textOf(file: string, bytes: Uint8Array): string {
  const [first, second] = bytes
  const utf16 = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : null
  try {
    return new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw notReadable(`${file} is not UTF-8 text`, error)
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw notReadable(`${file} is not JSON`, error)
  }
}

function notReadable(problem: string, cause: unknown): AppFailure {
  return new AppFailure('bad-spec', `${problem}.`, 'Correct the session file, or save it again from the app.', cause)
}

/** Adds a report beside the other sinks; where the session has links, one that every source of datagrams feeds. */
function withReport(spec: SessionSpec, file: string): SessionSpec {
  const report: PartSpec = { id: 'command-line-report', kind: 'report', file }
  const receives = (kind: string): boolean =>
    PART_DESCRIPTIONS.some((each) => each.kind === kind && each.takes === null && each.gives === 'datagrams')
  const links = spec.links?.filter(({ from }) => spec.parts.some(({ id, kind }) => id === from && receives(kind)))
  const sources = new Set(links?.map(({ from }) => from))
  return {
    ...spec,
    parts: [...spec.parts, report],
    ...defined({ links: spec.links && [...spec.links, ...[...sources].map((from) => ({ from, to: report.id }))] }),
  }
}
