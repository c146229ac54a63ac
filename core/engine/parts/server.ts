import { type FileHandle, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ServerSnapshot } from '../../contract/http-snapshots.ts'
import type { ServedPlace } from '../../contract/served-requests.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { Version } from '../../flow/version.ts'
import type { HostUse } from '../../http/http-host.ts'
import type { MountHandle } from '../../http/mount.ts'
import type { TransferTable } from '../../http/transfer-table.ts'
import { streamFile } from '../../server/file-stream.ts'
import { folderMount } from '../../server/folder-mount.ts'
import type { ScriptHook } from '../../server/hook/script-hook.ts'
import { Logins } from '../../server/logins.ts'
import type { RequestTable } from '../../server/request-table.ts'
import { openOneMore, openRoots, placesOf, type Root, writableAround } from '../../server/roots.ts'
import { Users } from '../../server/users.ts'
import type { FolderServing } from '../faces/folder-serving.ts'
import type { AnySection, Part, PartHost } from '../part.ts'
import {
  clientSection,
  type HttpFront,
  openHttpFront,
  ownFiles,
  requestSection,
  transferSection,
  transferTable,
} from './http-front.ts'
import { ServedStream, streamRules } from './served-streams.ts'
import type { ServerSpec } from './server-options.ts'
import { openStreamFile } from './stream-file.ts'

/** A file that is served as a stream. */
type FedStream = { readonly served: ServedStream; readonly handle: FileHandle; readonly name: string }

/** Opens a server of folders, which listens once it is started. */
export async function openServer(spec: PartSpec, host: PartHost): Promise<Part> {
  return new ServerPart(spec as unknown as ServerSpec, host)
}

/** Serves folders and streams over HTTP until it is stopped, or with `quit` until all its streams are over. */
class ServerPart implements Part, FolderServing {
  readonly id: string
  readonly serving = this
  readonly #spec: ServerSpec
  readonly #host: PartHost
  readonly #version = new Version()
  readonly #streamVersion = new Version()
  readonly #sections: readonly AnySection[]
  #use: HostUse | null = null
  #requests: RequestTable | null = null
  readonly #transfers: TransferTable | null
  #mount: MountHandle | null = null
  #uploadedBytes = 0
  /** Folders that are served; more may come. */
  readonly #roots: Root[] = []
  readonly #streamPlaces: ServedPlace[] = []
  #addMore: ((path: string, writes: boolean) => Promise<void>) | null = null
  #script: ScriptHook | null = null
  readonly #streams: FedStream[] = []
  readonly #handles: FileHandle[] = []
  readonly #stopping = new AbortController()
  #ended: () => void = () => {}
  readonly #end = new Promise<void>((resolve) => {
    this.#ended = resolve
  })

  constructor(spec: ServerSpec, host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#transfers = transferTable(host)
    this.#sections = [
      { name: 'server', version: () => this.#now(), read: () => this.#snapshot() },
      {
        name: 'stream',
        version: () => this.#streamVersion.of(...this.#streams.flatMap(({ served }) => served.versions())),
        read: () => this.#streams.map(({ served }) => served.snapshot()),
      },
      requestSection(() => this.#requests),
      clientSection(() => this.#use),
      transferSection(this.#transfers),
    ]
  }

  async start(): Promise<void> {
    const spec = this.#spec
    const streams = (spec.streams ?? []).map(readStream)
    if (spec.read === undefined && spec.write === undefined && streams.length === 0)
      throw new AppFailure('bad-spec', `${this.id} has nothing to serve.`, 'Name a folder to read or to write.')
    const users = spec.users === undefined ? null : await Users.read(spec.users)
    const front = await openHttpFront(spec, this.#host)
    this.#use = front.use
    this.#requests = front.requests
    if (users !== null && !front.speaksTls && !front.isLocal && !spec.insecureLogin)
      throw new AppFailure(
        'not-supported',
        `Users of other computers would send their passwords to ${spec.listen} in the clear.`,
        'Use --cert and --key, or --insecure-login where nobody listens on the way.',
      )
    const { read = [], write, overlay } = spec
    const note = (text: string): void => this.#host.log('http', 'info', text)
    this.#roots.push(...(await openRoots({ read, overlay, ...(write === undefined ? undefined : { write }) }, note)))
    if (this.#roots.length > 0) await this.#serveFolders(front, users)
    this.#addMore = async (path, writes) => {
      const more = await openOneMore(path, writes, this.#roots, note)
      await this.#refuseUploadsAround([more])
      this.#roots.push(more)
      if (this.#mount === null) await this.#serveFolders(front, users)
    }
    const rules = streamRules(spec)
    for (const { path, file } of streams) {
      const served = new ServedStream(path, rules, front, this.#host)
      const handle = await openStreamFile(file)
      this.#handles.push(handle)
      this.#streams.push({ served, handle, name: file })
      this.#streamPlaces.push({ path, name: file, reads: true, writes: false })
    }
    this.#host.log('http', 'info', `Server on ${front.use.origin}`)
  }

  async #serveFolders(front: HttpFront, users: Users | null): Promise<void> {
    const spec = this.#spec
    const own = await ownFiles(this.#host, ...(spec.read ?? []), ...texts(spec.users), ...texts(spec.script))
    const script = spec.script === undefined ? null : await this.#openScript(spec.script)
    const rules = {
      ...front.rules,
      listing: spec.listing,
      compressBelow: spec.compressBelow,
      cacheControl: spec.cacheControl ?? null,
      ignoreRanges: spec.ignoreRanges,
      maxBytes: spec.maxUpload,
    }
    this.#mount = front.use.mount(
      folderMount(this.#roots, rules, {
        hook: script === null ? null : (request, gone) => script.ask(request, gone),
        logins: new Logins(users, () => performance.now()),
        own,
        events: {
          arrived: front.arrived,
          transfers: this.#transfers,
          asked: (exchange) => front.log?.take(exchange),
          written: (path, bytes) => {
            this.#uploadedBytes += bytes ?? 0
            front.log?.written(path, bytes)
          },
          warn: (text) => this.#host.log('http', 'warning', text),
        },
      }),
    )
  }

  async addFolder(path: string, writes: boolean): Promise<void> {
    if (this.#addMore === null || this.#stopping.signal.aborted)
      throw new AppFailure('not-supported', 'The server does not run.', 'Start it again.')
    await this.#addMore(path, writes)
  }

  async run(): Promise<void> {
    const streams = Promise.all(this.#streams.map((stream) => this.#feed(stream)))
    await Promise.race([
      this.#end,
      this.#spec.quit && this.#streams.length > 0 ? streams : streams.then(() => this.#end),
    ])
  }

  async stop(): Promise<void> {
    this.#ended()
    this.#stopping.abort()
    for (const { served } of this.#streams) served.stream.end()
    await this.#use?.close()
    await this.#script?.close()
  }

  async close(): Promise<void> {
    await this.stop()
    await Promise.all(this.#handles.splice(0).map((handle) => handle.close()))
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  /** @throws AppFailure input-unusable */
  async #openScript(path: string): Promise<ScriptHook> {
    await this.#refuseUploadsAround(this.#roots)
    const { ScriptHook } = await import('../../server/hook/script-hook.ts')
    const script = await ScriptHook.open(resolve(path), (text) => this.#host.log('http', 'warning', text))
    this.#script = script
    return script
  }

  /**
   * Whoever uploads could put another script there, or what it imports, which would run at the next start.
   * @throws AppFailure input-unusable
   */
  async #refuseUploadsAround(roots: readonly Root[]): Promise<void> {
    const { script } = this.#spec
    if (script === undefined) return
    const folder = writableAround(roots, await realpath(script).catch(() => resolve(script)))
    if (folder !== null)
      throw new AppFailure(
        'input-unusable',
        `The script ${script} lies in ${folder}, where others may write.`,
        'Put it elsewhere.',
      )
  }

  async #feed({ served, handle, name }: FedStream): Promise<void> {
    const { pace, reopen } = this.#spec
    const { signal } = this.#stopping
    await streamFile({ handle, name }, pace, served.stream, signal)
    while (reopen && !signal.aborted) {
      await served.stream.reopen()
      await streamFile({ handle, name }, pace, served.stream, signal)
    }
    await served.stream.ended
  }

  #now(): number {
    const { requests = 0, bytes = 0 } = this.#mount ?? {}
    return this.#version.of(requests, bytes, this.#uploadedBytes, this.#use?.connections ?? 0, this.#roots.length)
  }

  #snapshot(): ServerSnapshot | null {
    if (this.#use === null) return null
    const { requests = 0, bytes = 0 } = this.#mount ?? {}
    const { origin: baseUrl, connections } = this.#use
    return {
      baseUrl,
      listen: this.#spec.listen,
      places: [...placesOf(this.#roots), ...this.#streamPlaces],
      requests,
      bytes,
      uploadedBytes: this.#uploadedBytes,
      connections,
    }
  }
}

function texts(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text]
}

/** Reads `/PATH=FILE`. @throws AppFailure bad-spec */
function readStream(text: string): { path: string; file: string } {
  const [, path = '', file = ''] = /^(\/[^=]*)=(.+)$/.exec(text) ?? []
  if (file === '')
    throw new AppFailure('bad-spec', `"${text}" names no stream.`, 'Write /PATH=FILE, as /live.mp3=music.mp3.')
  return { path, file }
}
