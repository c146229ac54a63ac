import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { factsAt, NotReadable, type OpenedFile } from '../files/door.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import { answerContent, type Content } from '../http/content-answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { mediaTypeOf } from '../http/mime.ts'
import { streamText } from '../http/streamed-text.ts'
import { mayUse, type User } from './access.ts'
import { type Coding, chooseCoding, encode, isText } from './coding.ts'
import { type ListedEntry, listingJson, listingPage, sortEntries } from './listing.ts'
import type { OwnFiles } from './own-files.ts'
import { RecentFiles } from './recent-files.ts'
import { type Root, rightsAt, rootsFor } from './roots.ts'
import type { UploadedFiles } from './uploads.ts'
import { validatorsOf } from './validators.ts'

/** How files are served. */
export type ReadRules = {
  /** Folders are listed. */
  readonly listing: boolean
  /** Largest text that is compressed, bytes; 0: none. */
  readonly compressBelow: number
  /** Cache-Control of files; null: none; `none`: no tags either, so that nothing is answered by 304. */
  readonly cacheControl: string | null
  /** Range headers are ignored. */
  readonly ignoreRanges: boolean
}

/** Files that are being uploaded, by the path that each gets. */
export type GrowingFiles = Pick<UploadedFiles, 'growing'>

/** Why there is no file at an address: nobody has logged in, this user may not, or there is none. */
type Refused = 'login' | 'forbidden' | 'missing'

/** A file as one client gets it. */
type Representation = Pick<Content, 'size' | 'mediaType'> & {
  readonly source: { readonly bytes: Uint8Array } | { readonly handle: FileHandle }
  readonly etag: string
}

/** A file, and where it is once links are followed. */
type FoundFile = { readonly real: string; readonly found: BigIntStats }

const MAX_ENTRIES = 20_000
/** Compressed bodies kept, each smaller than the largest text that is compressed. */
const MAX_ENCODED = 128

/** Reads files below roots over HTTP: conditions, ranges, compression, listings, and the rights of users. */
export class FileServer {
  readonly #roots: readonly Root[]
  readonly #rules: ReadRules
  /** By tag and coding. */
  readonly #encoded = new BoundedMap<string, Buffer>(MAX_ENCODED)

  readonly #uploads: GrowingFiles
  readonly #own: OwnFiles
  readonly #recent = new RecentFiles(factsAt)

  /** @param own files of the server, which nobody reads */
  constructor(roots: readonly Root[], rules: ReadRules, own: OwnFiles, uploads: GrowingFiles) {
    this.#roots = roots
    this.#rules = rules
    this.#own = own
    this.#uploads = uploads
  }

  /** Answers GET and HEAD of a user, or of nobody. */
  async answer(exchange: Exchange, user: User | null): Promise<void> {
    const { components } = exchange.target
    const asFolder = components.at(-1) === ''
    const path = asFolder ? components.slice(0, -1) : components
    const candidates = rootsFor(this.#roots, path)
    const readable = candidates.some(({ root, path: below }) => mayUse(rightsAt(root, below).read, user) !== 'no')
    let refused: Refused = readable || candidates.length === 0 ? 'missing' : 'forbidden'
    // Hidden files, ours among them, are neither listed nor served.
    if (path.some((component) => component === '' || component.startsWith('.'))) return refuse(exchange, refused)
    let isFolder = path.length === 0
    for (const { root, path: below } of candidates) {
      const may = mayUse(rightsAt(root, below).read, user)
      if (may === 'login') return refuse(exchange, may)
      // Whoever has a name has all below it; without one, another folder may have the file.
      if (may === 'no' && root.name.length > 0) return refuse(exchange, 'forbidden')
      if (may === 'no') continue
      if (below.length === 0) {
        isFolder = true
        continue
      }
      const found = asFolder ? await isFolderAt(root, below) : await this.#file(exchange, root, below, user)
      if (found === 'answered') return
      if (found === 'folder') isFolder = true
      else if (found !== 'missing') refused = found
    }
    if (refused === 'login') return refuse(exchange, refused)
    isFolder ||= this.#roots.some(({ name }) => name.length > path.length && startsWith(name, path))
    if (isFolder) await this.#folder(exchange, path, asFolder || path.length === 0, user)
    else refuse(exchange, refused)
  }

  async #file(
    exchange: Exchange,
    root: Root,
    below: readonly string[],
    user: User | null,
  ): Promise<Refused | 'answered' | 'folder'> {
    const growing = this.#uploads.growing(join(root.door.root, ...below))
    if (growing !== null) {
      await growing.answer(exchange, mediaTypeOf(below.at(-1) ?? '', null))
      return 'answered'
    }
    const path = join(root.door.root, ...below)
    const name = below.at(-1) ?? ''
    const recent = await this.#recent.find(path)
    if (recent !== null) {
      const refused = this.#refusal(root, recent, user)
      if (refused === null) await this.#serve(exchange, name, recent, recent)
      return refused ?? 'answered'
    }
    let opened: OpenedFile
    try {
      opened = await root.door.openReal(below.join('/'))
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error
      return error.why === 'folder' ? 'folder' : 'missing'
    }
    const { handle, real } = opened
    try {
      const file = { real, found: await handle.stat({ bigint: true }) }
      const refused = this.#refusal(root, file, user)
      if (refused !== null) return refused
      const bytes = await this.#recent.read(path, opened, file.found)
      await this.#serve(exchange, name, file, bytes === null ? { handle } : { bytes })
      return 'answered'
    } finally {
      await handle.close()
    }
  }

  /** Why a user does not get a file; null: the user does. */
  #refusal(root: Root, { real, found }: FoundFile, user: User | null): Refused | null {
    // A link may lead into a folder with other rights.
    const may = mayUse(rightsAt(root, relative(root.door.root, real).split(sep)).read, user)
    if (may !== 'yes') return may === 'login' ? 'login' : 'forbidden'
    return this.#own.has(real, found) ? 'missing' : null
  }

  async #serve(
    exchange: Exchange,
    name: string,
    file: FoundFile,
    source: { readonly bytes: Uint8Array } | { readonly handle: FileHandle },
  ): Promise<void> {
    const { size: wide, mtimeNs } = file.found
    const { cacheControl, ignoreRanges } = this.#rules
    const mediaType = mediaTypeOf(name, null)
    const { etag, modifiedMs } = validatorsOf({ size: wide, mtimeNs })
    if (ignoreRanges) delete exchange.request.headers.range
    const plain: Representation = { source, size: Number(wide), mediaType, etag }
    const { varies, shown, coding } = await this.#encode(exchange, file.real, plain)
    await answerContent(exchange, {
      source: shown.source,
      size: shown.size,
      mediaType,
      validators: cacheControl === 'none' ? null : { etag: shown.etag, modifiedMs },
      headers: {
        ...(cacheControl === null || cacheControl === 'none' ? undefined : { 'Cache-Control': cacheControl }),
        ...(varies ? { Vary: 'Accept-Encoding' } : undefined),
        ...(coding === null ? undefined : { 'Content-Encoding': coding }),
        ...(ignoreRanges ? { 'Accept-Ranges': 'none' } : undefined),
      },
    })
  }

  /** Compresses a text where the client takes that. `varies`: another client may get it otherwise. */
  async #encode(
    { request: { headers } }: Exchange,
    real: string,
    plain: Representation,
  ): Promise<{ varies: boolean; shown: Representation; coding: Coding | null }> {
    const { size, mediaType, etag } = plain
    const asItIs = { varies: false, shown: plain, coding: null }
    if (size === 0 || size > this.#rules.compressBelow) return asItIs
    const text = await textOf(plain)
    if (text === null || !isText(mediaType, text)) return asItIs
    const coding = headers.range === undefined ? chooseCoding(headers['accept-encoding']) : null
    if (coding === null) return { ...asItIs, varies: true }
    const tag = `${etag.slice(0, -1)}-${coding === 'gzip' ? 'gz' : 'df'}"`
    const key = `${tag} ${real}`
    const bytes = this.#encoded.get(key) ?? (await encode(coding, text))
    this.#encoded.set(key, bytes)
    return { varies: true, shown: { source: { bytes }, size: bytes.byteLength, mediaType, etag: tag }, coding }
  }

  async #folder(exchange: Exchange, path: readonly string[], slash: boolean, user: User | null): Promise<void> {
    if (!this.#rules.listing) return exchange.refuse({ status: 403, sentence: 'Folders are not listed here.' })
    if (!slash) {
      const location = `${exchange.prefix}/${exchange.target.written.join('/')}/${exchange.target.search}`
      return exchange.text(301, 'text/plain; charset=utf-8', 'See below.\n', { Location: location })
    }
    const entries = await this.#entries(path, user)
    const shown = `/${path.map((component) => `${component}/`).join('')}`
    const json = exchange.accepts('application/json')
    const type = json ? 'application/json' : 'text/html; charset=utf-8'
    await streamText(exchange, type, json ? listingJson(shown, entries) : listingPage(shown, entries), {
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
      Vary: 'Accept',
    })
  }

  /** Entries of a folder of all roots, and names of roots below it. */
  async #entries(path: readonly string[], user: User | null): Promise<readonly ListedEntry[]> {
    const entries = new Map<string, ListedEntry>()
    for (const { name } of this.#roots) {
      const next = name[path.length]
      if (next !== undefined && startsWith(name, path))
        entries.set(next, { name: next, folder: true, sizeBytes: null, modifiedMs: null })
    }
    for (const { root, path: below } of rootsFor(this.#roots, path)) {
      if (mayUse(rightsAt(root, below).read, user) !== 'yes') continue
      for (const entry of await listed(root, below, this.#own))
        if (!entries.has(entry.name)) entries.set(entry.name, entry)
    }
    return sortEntries([...entries.values()])
  }
}

/** All bytes of a representation; null where its file has become shorter. */
async function textOf({ source, size }: Representation): Promise<Uint8Array | null> {
  if ('bytes' in source) return source.bytes
  const text = Buffer.alloc(size)
  const { bytesRead } = await source.handle.read(text, 0, size, 0)
  return bytesRead < size ? null : text
}

async function listed(root: Root, below: readonly string[], own: OwnFiles): Promise<ListedEntry[]> {
  const found: ListedEntry[] = []
  const list = await root.door.list(below.join('/'), [], MAX_ENTRIES).catch((error: unknown) => {
    if (error instanceof NotReadable) return null
    throw error
  })
  for (const entry of list?.entries ?? []) {
    if (entry.kind === 'left-out') continue
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
    if (name.startsWith('.') || own.has(join(root.door.root, entry.path), null)) continue
    if (entry.kind === 'folder') found.push({ name, folder: true, sizeBytes: null, modifiedMs: null })
    else {
      const file = await root.door.find(entry.path).catch(() => null)
      if (file !== null) found.push({ name, folder: false, ...file })
    }
  }
  return found
}

async function isFolderAt(root: Root, below: readonly string[]): Promise<'folder' | 'missing'> {
  try {
    await root.door.find(below.join('/'))
    return 'missing'
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error
    return error.why === 'folder' ? 'folder' : 'missing'
  }
}

function startsWith(name: readonly string[], path: readonly string[]): boolean {
  return path.every((component, at) => name[at] === component)
}

/** Answers 401, 403 or 404. */
export function refuse(exchange: Exchange, why: Refused): void {
  if (why === 'login')
    exchange.refuse({
      status: 401,
      sentence: 'A user name and a password are needed.',
      headers: { 'WWW-Authenticate': 'Basic realm="Routescope", charset="UTF-8"' },
    })
  else if (why === 'forbidden') exchange.refuse({ status: 403, sentence: 'This is not for you to read.' })
  else exchange.refuse({ status: 404, sentence: 'There is nothing here.' })
}
