import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { defined } from '../contract/defined.ts'
import { openRegular } from '../files/door.ts'
import { writeAll } from '../files/write-all.ts'
import { type AsideFile, NotWritable, type WriteDoor } from '../files/write-door.ts'
import { judgeConditions } from '../http/conditions.ts'
import type { Exchange, Refusal } from '../http/exchange.ts'
import type { TransferProgress, TransferTable } from '../http/transfer-table.ts'
import { ArrivingFile } from './arriving-file.ts'
import type { OwnFiles } from './own-files.ts'
import { type Patch, patchLength, readPatch } from './patch.ts'
import { validatorsOf } from './validators.ts'

/** Limits of uploads. */
export type UploadRules = {
  /** Largest file, bytes. */
  readonly maxBytes: number
}

/** Who is told of uploads. */
export type UploadWatch = {
  /** Told of every file that has been written, and, with null, removed. */
  readonly written: (path: string, bytes: number | null) => void
  /** Shows each upload on its way; null: nobody looks. */
  readonly transfers: TransferTable | null
}

/** Progress of uploads is judged over this time. */
const RATE_MS = 30_000
/** Least rate of a body whose length is known, bytes a second. */
const LEAST_RATE = 100

/** Where a file is put. */
type Place = {
  readonly door: WriteDoor
  readonly path: readonly string[]
  /** Links of its folder followed. */
  readonly real: string
  readonly exists: boolean
}

/** A refusal as an error, for what is found out while a body arrives. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(status: number, sentence: string, headers: Record<string, string> = {}) {
    super(sentence)
    this.refusal = { status, sentence, headers }
  }
}

/**
 * Takes uploads below folders: whole files, or parts of files. A file has its name once it is whole; until then it is read while it
 * grows. What fails leaves everything as it was.
 */
export class UploadedFiles {
  readonly #rules: UploadRules
  readonly #own: OwnFiles
  readonly #watch: UploadWatch
  /** By the path that each gets. */
  readonly #growing = new Map<string, ArrivingFile>()
  /** Paths that are being written, from before their file is begun. */
  readonly #taken = new Set<string>()

  /** @param own files of the server, which nobody writes */
  constructor(rules: UploadRules, own: OwnFiles, watch: UploadWatch) {
    this.#rules = rules
    this.#own = own
    this.#watch = watch
  }

  /** The upload of a file that is going on; null where there is none. */
  growing(real: string): ArrivingFile | null {
    return this.#growing.get(real) ?? null
  }

  /** Answers PUT and POST. @param may whether the file may be written, by its path once links are followed */
  async put(
    exchange: Exchange,
    door: WriteDoor,
    path: readonly string[],
    may: (real: string) => boolean,
  ): Promise<void> {
    try {
      await this.#put(exchange, door, path, may)
    } catch (error) {
      refuseUpload(exchange, error)
    }
  }

  /** Answers DELETE. @param may as of `put` */
  async remove(
    exchange: Exchange,
    door: WriteDoor,
    path: readonly string[],
    may: (real: string) => boolean,
  ): Promise<void> {
    try {
      const { real, found } = await door.find(path)
      if (!may(real) || this.#own.has(real, found)) throw notAllowed()
      if (this.#taken.has(real)) throw new Refused(409, 'The file is being uploaded.')
      if (await door.remove(path)) this.#watch.written(real, null)
      exchange.head(204, {})
      exchange.end()
    } catch (error) {
      refuseUpload(exchange, error)
    }
  }

  async #put(
    exchange: Exchange,
    door: WriteDoor,
    path: readonly string[],
    may: (real: string) => boolean,
  ): Promise<void> {
    const { request } = exchange
    const { headers } = request
    const declared = headers['content-length'] === undefined ? null : Number(headers['content-length'])
    if (declared === null && headers['transfer-encoding'] === undefined)
      throw new Refused(411, 'The length of the body is missing, and it is not sent in chunks.')
    if (path.length === 0 || path.at(-1) === '') throw new Refused(409, 'A folder cannot be uploaded; name a file.')
    const { real } = await door.find(path)
    if (!may(real)) throw notAllowed()
    if (this.#taken.has(real)) throw new Refused(409, 'The file is being uploaded by somebody else.')
    this.#taken.add(real)
    let exists: boolean
    try {
      // Only now nobody else writes it.
      const { found } = await door.find(path)
      exists = found !== null
      if (this.#own.has(real, found)) throw notAllowed()
      if (found?.isDirectory()) throw new Refused(409, 'There is a folder of that name.')
      if (!conditionsHold(headers, found)) throw new Refused(412, 'The file is not the one that was asked for.')
      const patch = readPatch(headers)
      if (patch === 'malformed') throw new Refused(400, 'The range cannot be read.')
      if (patch !== null) this.#checkPatch(patch, found === null ? null : Number(found.size), declared)
      if (declared !== null && declared > this.#rules.maxBytes) throw this.#tooLarge()
      this.#watch.written(real, await this.#write(exchange, patch, { door, path, real, exists, declared }))
    } finally {
      this.#taken.delete(real)
    }
    const location = `${exchange.prefix}/${exchange.target.written.join('/')}`
    exchange.head(exists ? 200 : 201, { 'Content-Location': location, 'Content-Length': 0 })
    exchange.end()
  }

  /** Receives a body and puts it in its place. @returns its length */
  async #write(
    exchange: Exchange,
    patch: Patch | null,
    { declared, ...place }: Place & { readonly declared: number | null },
  ): Promise<number> {
    const { door, path, real } = place
    const aside = await door.begin(path)
    const file = new ArrivingFile(aside.handle)
    const transfer = beginUpload(this.#watch.transfers, exchange, declared)
    if (patch === null) this.#growing.set(real, file)
    try {
      exchange.continue()
      await this.#receive(exchange, file, declared, transfer)
      if (patch === null) await aside.keep()
      else await apply(patch, { ...place, body: aside.handle, bytes: file.bytes })
      file.end('whole')
      transfer?.end(null)
      return file.bytes
    } catch (error) {
      transfer?.end(uploadFailure(error))
      throw error
    } finally {
      file.end('broken')
      if (patch === null) this.#growing.delete(real)
      // Before the reply, so that nothing is left where the server ends then.
      await aside.drop()
      void closeRead(aside, file)
    }
  }

  #checkPatch(patch: Patch, size: number | null, declared: number | null): void {
    const first = patch[0]?.from ?? 0
    if (size === null && first > 0) throw new Refused(404, 'There is no file of which a part could be replaced.')
    let end = size ?? 0
    for (const { from, to } of patch) {
      if (from > end)
        throw new Refused(416, `The file has ${end} bytes; the range begins behind its end.`, {
          'Content-Range': `bytes */${end}`,
        })
      end = Math.max(end, to ?? from)
    }
    if (end > this.#rules.maxBytes) throw this.#tooLarge()
    const needed = patchLength(patch)
    if (needed !== null && declared !== null && needed !== declared)
      throw new Refused(400, `The ranges have ${needed} bytes, and the body ${declared}.`)
  }

  #tooLarge(): Refused {
    return new Refused(413, `A file may have ${this.#rules.maxBytes} bytes here.`)
  }

  async #receive(
    exchange: Exchange,
    file: ArrivingFile,
    declared: number | null,
    transfer: TransferProgress | null,
  ): Promise<void> {
    const { request } = exchange
    let before = 0
    const rate = setInterval(() => {
      if (file.bytes - before < (LEAST_RATE * RATE_MS) / 1000) request.destroy()
      before = file.bytes
    }, RATE_MS)
    rate.unref()
    if (declared === null) clearInterval(rate)
    try {
      // The rest of a refused body is read, and dropped, after the reply.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (file.bytes + chunk.length > this.#rules.maxBytes) throw this.#tooLarge()
        exchange.countReceived(chunk.length)
        transfer?.moved(chunk.length)
        await file.append(chunk)
      }
    } finally {
      clearInterval(rate)
    }
    if (!request.complete) throw new Refused(400, 'The body ended too early.')
  }
}

/** Shows an upload that begins. */
export function beginUpload(
  transfers: TransferTable | null,
  { request, prefix, target }: Exchange,
  size: number | null,
): TransferProgress | null {
  const client = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  return transfers?.begin('upload', client, `${prefix}/${target.written.join('/')}`, size) ?? null
}

/** Why an upload failed, as a sentence. */
export function uploadFailure(error: unknown): string {
  try {
    return refusalOf(error).sentence
  } catch {
    return 'The server failed on it; the session log says why.'
  }
}

function notAllowed(): Refused {
  return new Refused(403, 'This is not for you to write.')
}

/** Whether the conditions of a write hold (RFC 9110 §13.2.2): those of a file, or of its absence. */
function conditionsHold(headers: IncomingHttpHeaders, found: BigIntStats | null): boolean {
  if (found === null) return headers['if-match'] === undefined
  const { 'if-match': match, 'if-none-match': noneMatch, 'if-unmodified-since': since } = headers
  const asked = defined({ 'if-match': match, 'if-none-match': noneMatch, 'if-unmodified-since': since })
  return judgeConditions(asked, validatorsOf(found)) === null
}

/** Puts parts into a copy of a file, which then takes its place. */
async function apply(
  patch: Patch,
  upload: Place & { readonly body: FileHandle; readonly bytes: number },
): Promise<void> {
  const needed = patchLength(patch)
  const least = patch.reduce((sum, { from, to }) => sum + (to === null ? 0 : to - from), 0)
  if (needed === null ? upload.bytes < least : needed !== upload.bytes)
    throw new Refused(400, `The ranges have ${needed ?? least} bytes, and the body ${upload.bytes}.`)
  const changed = await upload.door.begin(upload.path)
  try {
    if (upload.exists) await copy(upload.real, changed.handle)
    let at = 0
    for (const { from, to } of patch) {
      const length = to === null ? upload.bytes - at : to - from
      await copyPart(upload.body, at, changed.handle, from, length)
      at += length
    }
    await changed.keep()
  } finally {
    await changed.handle.close()
    await changed.drop()
  }
}

async function copy(path: string, to: FileHandle): Promise<void> {
  const from = await openRegular(path)
  try {
    const { size } = await from.stat()
    await copyPart(from, 0, to, 0, size)
  } finally {
    await from.close()
  }
}

async function copyPart(from: FileHandle, at: number, to: FileHandle, position: number, length: number): Promise<void> {
  const buffer = Buffer.alloc(Math.min(length, 1024 * 1024))
  let done = 0
  while (done < length) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, length - done), at + done)
    if (bytesRead === 0) throw new Error('A file became shorter while it was copied.')
    await writeAll(to, buffer.subarray(0, bytesRead), position + done)
    done += bytesRead
  }
}

/** Closes what was written aside once nobody reads it. */
async function closeRead(aside: AsideFile, file: ArrivingFile): Promise<void> {
  await file.settled()
  await aside.handle.close()
}

function refuseUpload(exchange: Exchange, error: unknown): void {
  // The rest of its body would be taken for the next request.
  if (!exchange.request.complete) exchange.response.shouldKeepAlive = false
  exchange.refuse(refusalOf(error))
}

/** The reply for an error of an upload. @throws what is no such error */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal
  if (error instanceof NotWritable) {
    const status = error.why === 'folder' || error.why === 'in the way' ? 409 : error.why === 'outside' ? 403 : 400
    return { status, sentence: `The name ${error.message}.` }
  }
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return { status: 507, sentence: 'The disk of the server is full.' }
  if (code === 'EFBIG') return { status: 507, sentence: 'The file is larger than the server may write.' }
  if (code === 'ENAMETOOLONG') return { status: 400, sentence: 'The name is too long.' }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return { status: 403, sentence: 'The server may not write there.' }
  if (code === 'ECONNRESET') return { status: 400, sentence: 'The body ended too early.' }
  throw error
}
