import type { OutgoingHttpHeaders } from 'node:http'
import { relative, sep } from 'node:path'
import { WriteDoor } from '../files/write-door.ts'
import { allowsOrigin, type CorsRules } from '../http/cors.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Mount } from '../http/mount.ts'
import type { TransferTable } from '../http/transfer-table.ts'
import { isForSomebody, mayUse, type User } from './access.ts'
import { FileServer, type ReadRules, refuse } from './file-server.ts'
import type { RequestHook } from './hook/hook.ts'
import { askHook } from './hook/hooked-exchange.ts'
import type { Logins } from './logins.ts'
import type { OwnFiles } from './own-files.ts'
import { type Root, rightsAt, rootsFor } from './roots.ts'
import { UploadedFiles, type UploadRules } from './uploads.ts'

const READING = ['GET', 'HEAD'] as const
const WRITING = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const

/** Rules of folders that are served. */
export type FolderRules = ReadRules &
  UploadRules &
  CorsRules & {
    /** Headers of every reply, and those that are made anew for each. */
    readonly headers: OutgoingHttpHeaders
    readonly stamp?: () => OutgoingHttpHeaders
  }

/** What a request did, for a log. */
export type FolderEvents = {
  readonly written: (path: string, bytes: number | null) => void
  /** Shows uploads; null: nobody looks. */
  readonly transfers: TransferTable | null
  /** Called with every request, and with those that are looked at. */
  readonly arrived: (exchange: Exchange) => void
  readonly asked: (exchange: Exchange) => void
  readonly warn: (text: string) => void
}

/** Who may use folders, who decides about requests, and what is told of them. */
export type FolderUsers = {
  readonly logins: Logins
  /** Files of the server, which are neither read nor written. */
  readonly own: OwnFiles
  readonly events: FolderEvents
  readonly hook?: RequestHook | null
}

/** Folders that are read and written over HTTP. @param roots may get more while they are served */
export function folderMount(
  roots: readonly Root[],
  rules: FolderRules,
  { logins, own, events, hook = null }: FolderUsers,
): Mount {
  const uploads = new UploadedFiles(rules, own, events)
  const files = new FileServer(roots, rules, own, uploads)
  const doors = new Map<Root, WriteDoor>()
  return {
    prefix: '',
    rules: {
      ...rules,
      get methods() {
        const writes = roots.some(({ rights }) => rights.some(({ write }) => isForSomebody(write)))
        return writes ? WRITING : READING
      },
      otherMethods: 'Nothing can be written here.',
      localNames: 'loopback',
      ownContinue: true,
      bodyMs: null,
    },
    log: (_level, text) => events.warn(text),
    arrived: events.arrived,
    answer: async (exchange) => {
      events.asked(exchange)
      const { request } = exchange
      const login = logins.take(request.headers.authorization, request.socket.remoteAddress ?? '')
      if (login.kind === 'wait')
        return exchange.refuse({
          status: 429,
          sentence: 'There were too many wrong passwords.',
          headers: { 'Retry-After': login.seconds },
        })
      const user = login.kind === 'user' ? login.user : null
      const asked = hook === null ? exchange : await askHook(exchange, user, hook, events.warn)
      if (asked === null) return
      if (request.method === 'GET' || request.method === 'HEAD') return files.answer(asked, user)
      if (!allowsOrigin(request, rules)) {
        exchange.response.shouldKeepAlive = false
        return exchange.refuse({ status: 403, sentence: 'Pages of this origin may not write here.' })
      }
      await write(asked, user)
    },
  }

  async function write(exchange: Exchange, user: User | null): Promise<void> {
    const { components } = exchange.target
    for (const { root, path } of rootsFor(roots, components)) {
      const { write: access } = rightsAt(root, path)
      if (!isForSomebody(access)) continue
      const may = mayUse(access, user)
      if (may !== 'yes') {
        exchange.response.shouldKeepAlive = exchange.request.complete
        return refuse(exchange, may === 'login' ? 'login' : 'forbidden')
      }
      const door = doors.get(root) ?? new WriteDoor(root.door.root)
      doors.set(root, door)
      // A link may lead into a folder with other rights.
      const mayWrite = (real: string): boolean =>
        mayUse(rightsAt(root, relative(door.root, real).split(sep)).write, user) === 'yes'
      return exchange.request.method === 'DELETE'
        ? uploads.remove(exchange, door, path, mayWrite)
        : uploads.put(exchange, door, path, mayWrite)
    }
    exchange.response.shouldKeepAlive = exchange.request.complete
    exchange.refuse({ status: 403, sentence: 'Nothing can be written there.' })
  }
}
