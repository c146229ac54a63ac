import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { shownText } from '../contract/shown-text.ts'
import { withoutCredentials } from '../contract/shown-url.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import { parseUrl } from '../failure/parse-url.ts'
import { NotReadable, readRegular } from '../files/door.ts'
import { pathOfReference } from '../files/outside-name.ts'
import { withOtherBase } from '../manifest/mpd/base-choices.ts'
import type { Mpd } from '../manifest/mpd/mpd.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { XmlError } from '../xml/xml-element.ts'
import { chosenMpd } from './chosen-mpd.ts'
import type { GrowingOrigin } from './growing-origin.ts'
import type { LoadOptions } from './load-options.ts'
import type { Origin } from './origin.ts'
import type { Presentation } from './presentation.ts'
import { loadDash } from './presentation-dash.ts'
import { loadFolder, loadSingleFile } from './presentation-files.ts'
import { PresentationFolder, readFailure } from './presentation-folder.ts'
import { loadHls } from './presentation-hls.ts'
import { RemoteElements } from './remote-elements.ts'

/** Largest manifest that is read from disk, and from a server. */
const MAX_MANIFEST_BYTES = 64 << 20
const MAX_SERVED_BYTES = 8 << 20

/**
 * Loads a presentation from a path or an http(s) address: an MPD or a playlist with its segments; from a path also any other file
 * by itself, or the files of a folder as plain files. A live MPD or playlist gives a presentation that grows. Manifests and initialisation segments are read, other files looked for and
 * read on demand.
 * @throws AppFailure file-not-found | file-unreadable | bad-manifest | bad-xml | input-unusable | not-supported | bad-url | source-unreachable
 */
export async function loadPresentation(input: string, options: Partial<LoadOptions> = {}): Promise<Presentation> {
  const none = (): void => undefined
  const all: LoadOptions = {
    loop: false,
    cut: false,
    representations: 'all',
    lowLatency: true,
    note: none,
    live: none,
    nowUs: () => Date.now() * 1000,
    ...options,
  }
  if (/^https?:/i.test(input)) return loadFromServer(input, all)
  const found = await stat(input).catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR'
    throw readFailure(
      input,
      new NotReadable(missing ? 'missing' : 'system', missing ? 'does not exist' : 'cannot be read', cause),
    )
  })
  if (found.isDirectory()) return loadFolder(input, all)
  if (!found.isFile()) {
    throw new AppFailure(
      'input-unusable',
      `"${input}" is neither a file nor a folder.`,
      'Give a manifest, a file or a folder.',
    )
  }
  const name = basename(input)
  if (!/\.(?:mpd|m3u8?)$/i.test(name)) return loadSingleFile(input, all)
  const bytes = await bytesOf(input)
  const folder = await PresentationFolder.of(input)
  const live = async (): Promise<GrowingOrigin> => {
    const { LiveFolder } = await import('./live-folder.ts')
    return new LiveFolder(input, all.nowUs)
  }
  if (!/\.mpd$/i.test(name)) return loadHls(folder, input, name, bytes, all, live)
  return loadMpd(folder, input, name, bytes, all, live)
}

/** Loads the presentation of a manifest on a server; its kind is told by its content. */
async function loadFromServer(address: string, options: LoadOptions): Promise<Presentation> {
  const { HttpOrigin, OriginServer, bytesOf: whole } = await import('./http-origin.ts')
  const shown = shownText(withoutCredentials(address), 1000)
  const url = parsedUrl(address, shown)
  const server = new OriginServer(url.href)
  const end = (): void => void server.close()
  options.over?.addEventListener('abort', end)
  try {
    const answer = await server.ask(url.href, null, MAX_SERVED_BYTES)
    if (answer === null)
      throw new AppFailure(
        'source-unreachable',
        `There is nothing at "${shown}": it answered 404.`,
        'Check the address.',
      )
    const bytes = whole(answer)
    const at = new URL(answer.url)
    // Of a redirect to the same server, which it asks for the files as well.
    if (at.origin === url.origin) Object.assign(at, { username: url.username, password: url.password })
    const origin = new HttpOrigin(at.href, server, options)
    const start = new TextDecoder('latin1').decode(bytes.subarray(0, 1024)).trimStart()
    const name = decodedName(at.pathname.slice(at.pathname.lastIndexOf('/') + 1))
    const live = async (): Promise<GrowingOrigin> => {
      await server.close()
      const { LiveServer } = await import('./live-server.ts')
      const growing = new LiveServer(url.href, options.nowUs, options.sharing)
      options.over?.addEventListener('abort', () => void growing.close(), { once: true })
      return growing
    }
    if (/^(?:\u00ef\u00bb\u00bf)?#EXTM3U/.test(start))
      return await loadHls(origin, shown, name || 'master.m3u8', bytes, options, live)
    if (/<(?:[\w-]+:)?MPD[\s>]/.test(start))
      return await loadMpd(origin, shown, name || 'manifest.mpd', bytes, options, live)
    throw new AppFailure(
      'input-unusable',
      `"${shown}" is neither an MPD nor a playlist.`,
      'Give the address of a manifest; other files are sent from disk.',
    )
  } catch (thrown) {
    await server.close()
    throw thrown
  } finally {
    options.over?.removeEventListener('abort', end)
  }
}

/** @throws AppFailure bad-url */
function parsedUrl(address: string, shown: string): URL {
  const url = parseUrl(address)
  if (url !== null) return url
  throw new AppFailure('bad-url', `"${shown}" is no URL.`, 'Right form: http://HOST:PORT/PATH/MANIFEST.')
}

function decodedName(name: string): string {
  const plain = pathOfReference(name)
  return plain.ok ? plain.path : name
}

async function loadMpd(
  origin: Origin,
  path: string,
  name: string,
  read: Uint8Array,
  options: LoadOptions,
  live: () => Promise<GrowingOrigin>,
): Promise<Presentation> {
  let bytes = read
  try {
    const remote = new RemoteElements((address) => origin.read(address, 'a remote element'))
    bytes = chosenMpd(await remote.inPlace(read, origin.address), options.representations, path)
    const mpd = parseMpd(bytes, origin.address.split(/[?#]/, 1)[0], new EntryFaults(true))
    if (mpd.type === 'static' || options.loop) return await loadStatic(origin, path, name, bytes, mpd, options)
    const { openLiveDash } = await import('./live-dash.ts')
    return await openLiveDash(await live(), path, name, options)
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    throw new AppFailure(
      'bad-manifest',
      `"${path}" is no usable MPD: ${thrown instanceof XmlError ? '' : `${lineAndColumn(bytes, thrown.offset)}: `}${thrown.message}.`,
      'Correct the MPD, or make it again.',
      thrown.code,
    )
  }
}

/** Loads a static MPD by the first of its base addresses that answers. */
async function loadStatic(
  origin: Origin,
  path: string,
  name: string,
  bytes: Uint8Array,
  mpd: Mpd,
  options: LoadOptions,
): Promise<Presentation> {
  for (let passed = 1, [tried, sent] = [mpd, bytes]; ; passed++) {
    try {
      if (!options.cut) return await loadDash(origin, path, name, sent, tried, options)
      const { cutPresentation } = await import('./cut-presentation.ts')
      const cut = await cutPresentation(origin, tried)
      return await loadDash(cut.origin, path, name, cut.bytes, cut.mpd, options)
    } catch (thrown) {
      const { code, message } = toAppError(thrown)
      const next =
        code === 'source-unreachable' || code === 'input-unusable' ? withOtherBase(mpd.document, passed) : null
      if (next === null || origin.address === '') throw thrown
      options.note({
        sentence: `${message} The next BaseURL is used.`,
        tryThis: 'Check the server of the first one.',
      })
      sent = new TextEncoder().encode(next)
      tried = parseMpd(sent, origin.address.split(/[?#]/, 1)[0], new EntryFaults(true))
    }
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readRegular(path, MAX_MANIFEST_BYTES)
  } catch (error) {
    throw readFailure(path, error)
  }
}

/** Line and column of a character in the text, from 1. */
function lineAndColumn(bytes: Uint8Array, offset: number): string {
  const before = new TextDecoder('utf-8').decode(bytes).slice(0, offset).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}
