import type { AppError } from './app-error.ts'
import type { Choices } from './choices.ts'
import type { GpacForm } from './gpac-form.ts'
import type { ObjectBatch } from './object-batch.ts'
import type { BoxField, BytesView, ObjectBoxes } from './object-boxes.ts'
import type { ObjectDetail, ObjectQuery, ObjectView } from './object-rows.ts'
import type { SessionRequest } from './open-request.ts'
import type { PackedRows } from './packed-rows.ts'
import type { PartDescription } from './part-description.ts'
import type { CommandTexts, RelayPlan, RelayRequest } from './relay-request.ts'
import type { JsonObject, Report, ReportSignature } from './report.ts'
import type { SendPlan, SendRequest } from './send-request.ts'
import type { PictureSnapshot } from './service-snapshot.ts'
import type { RecordingOptions, SessionSpec } from './session-spec.ts'
import type { LogLine, RecordingSnapshot, SectionChanges } from './snapshot.ts'
import type { Thumbnail } from './wall.ts'

/**
 * Commands of a window to the engine, over a MessagePort in the app and a WebSocket in a browser. Every command is answered once,
 * with its value or an AppError.
 *
 * `part` names a receiver, or a part behind it; absent: the session's first receiver.
 */
export type EngineCommands = {
  /** Facts that do not change while the engine runs. */
  hello: () => EngineHello
  interfaces: () => readonly NetworkInterface[]
  /** Checks the spec and starts it; answers once all parts are open. Fails with the first AppError. */
  startSession: (spec: SessionSpec) => { readonly sessionId: string }
  /** Makes the session of a request and starts it, as `startSession` does. */
  openSession: (request: SessionRequest) => { readonly sessionId: string }
  /** Reads a line of GPAC's grammar into the form that has it. */
  readGpacLine: (line: string) => GpacForm
  /** Loads what would be sent, and tells what it is; nothing is sent. */
  checkSending: (request: SendRequest) => SendPlan
  /** Makes the session of a request to broadcast and starts it, as `startSession` does. */
  startSending: (request: SendRequest) => { readonly sessionId: string }
  /** Makes the session of a form to serve folders, and starts it, as `startSession` does. @param choices as of `routescope serve` */
  startServing: (choices: Choices) => { readonly sessionId: string }
  /** Serves one more folder while the session's server runs. @param writes uploads may be written into it, too */
  addFolder: (sessionId: string, path: string, writes: boolean) => null
  /** Tries at once what waits for a server that files are pushed to. @param url as its state has it */
  retryPush: (sessionId: string, url: string) => null
  /** Writes requests, as HAR, into the default folder; answers with the path. */
  saveRequests: (sessionId: string, har: string) => { readonly file: string }
  /** Plans a relay, and writes it as command lines; nothing is opened. */
  planRelay: (request: RelayRequest) => RelayPlan
  /** Makes the session of a relay and starts it, as `startSession` does. @param replace files that are there may be overwritten */
  startRelay: (request: RelayRequest, replace?: boolean) => { readonly sessionId: string }
  /** A session as command lines. */
  sessionLines: (sessionId: string) => CommandTexts
  /** Changes the loss model of the session's broadcasts while they run. @param chances two percentages, as of `--loss` */
  setLoss: (sessionId: string, chances: string) => null
  /** Stops sources and flushes; everything received stays readable until the session is closed. */
  stopSession: (sessionId: string) => null
  /** Stops the session and frees its store, gateway and columns. */
  closeSession: (sessionId: string) => null
  /** Sends all sections and the object rows of one receiver, then what changes, as events. */
  watchSession: (sessionId: string, part?: string) => null
  unwatchSession: (sessionId: string) => null
  listSessions: () => readonly { readonly sessionId: string; readonly name: string }[]
  queryObjects: (sessionId: string, query: ObjectQuery, part?: string) => ObjectView
  /** Runs the view's query again over all rows. */
  refreshObjects: (sessionId: string, viewId: number, part?: string) => ObjectView
  /** Rows `[from, to)` of a view. */
  objectRows: (sessionId: string, viewId: number, from: number, to: number, part?: string) => PackedRows
  objectDetail: (sessionId: string, index: number, part?: string) => ObjectDetail
  /** Bytes `[from, to)` of the object as it arrived, or as it is served; at most 64 KiB a call; shorter where not stored. */
  objectBytes: (
    sessionId: string,
    index: number,
    from: number,
    to: number,
    part?: string,
    view?: BytesView,
  ) => Uint8Array
  /** Its boxes, nested, in those bytes. */
  objectBoxes: (sessionId: string, index: number, view: BytesView, part?: string) => ObjectBoxes
  /** Fields of the box whose header is at `offset`. */
  boxFields: (sessionId: string, index: number, view: BytesView, offset: number, part?: string) => readonly BoxField[]
  /** Position of object `index` in a view, -1 where the filter hides it. */
  objectPosition: (sessionId: string, viewId: number, index: number, part?: string) => number
  signallingText: (sessionId: string, key: string, part?: string) => SignallingText
  report: (sessionId: string, part?: string) => Report
  /** Tells how far the window's player came with a service. */
  pictured: (sessionId: string, serviceId: number, picture: PictureSnapshot, part?: string) => null
  /**
   * Looks at services for the next 12 s: thumbnails, levels, black, still and silent ones, as the section `wall`.
   * @param atUs stream time of what is looked at, once the session has ended; null: the newest
   */
  lookAt: (sessionId: string, services: readonly number[], atUs: number | null, part?: string) => null
  /** Newest thumbnail of a service; null where there is none. */
  thumbnail: (sessionId: string, serviceId: number, part?: string) => Thumbnail | null
  /** Writes a picture of the player, a PNG, into the default folder; answers with its path. @param name for the file */
  savePicture: (sessionId: string, name: string, png: Uint8Array) => { readonly file: string }
  /** Names of other players that are installed. */
  outsidePlayers: () => readonly string[]
  /** Opens a service in one of them, by its address on the gateway. */
  openOutside: (sessionId: string, serviceId: number, player: string, part?: string) => null
  /**
   * Records what arrives from now on to a pcapng (null: a new file in the default folder); answers with its path. An existing
   * file is refused (`file-exists`) unless `replace` says that a person was asked.
   */
  startRecording: (
    sessionId: string,
    file: string | null,
    options: RecordingOptions,
    part?: string,
    replace?: boolean,
  ) => { readonly file: string }
  /** Ends the recording started last by hand; answers once it is on the disk. */
  stopRecording: (sessionId: string) => RecordingSnapshot
  /**
   * Writes `serviceN/…` and `report.json` below `dir` (null: the default folder); answers when complete. Existing ones are
   * refused (`file-exists`) unless `replace` says that a person was asked.
   */
  dumpSession: (sessionId: string, dir: string | null, part?: string, replace?: boolean) => DumpResult
}

/** Events of the engine, by name. */
export type EngineEvents = {
  /** Changed sections of a watched session: all of them at first. */
  sections: SectionChanges
  objects: ObjectBatch
  log: readonly LogLine[]
  /** A failure that belongs to no single command. */
  problem: { readonly sessionId: string | null; readonly error: AppError }
}

/** Facts about the engine that do not change while it runs. */
export type EngineHello = {
  readonly version: string
  readonly platform: string
  /** Folder of dumps that name none. */
  readonly defaultDumpDir: string
  /** Every kind of part, from which forms and source fields are made. */
  readonly parts: readonly PartDescription[]
}

/** One address of an interface of this machine. */
export type NetworkInterface = {
  readonly name: string
  readonly address: string
  readonly family: 'IPv4' | 'IPv6'
  readonly loopback: boolean
}

/** One version of a table or fragment: as text, decoded, and as sent; all empty where it is no longer kept. */
export type SignallingText = {
  readonly key: string
  readonly language: 'xml' | 'plain'
  /** Empty where it is not text. */
  readonly text: string
  /** As in the report. */
  readonly values: JsonObject | null
  /** The first 64 KiB as sent: an LLS datagram with its header, a fragment as in its package. */
  readonly raw: Uint8Array
  readonly rawBytes: number
  readonly signature: ReportSignature | null
}
/** Folder and size of a dump. */
export type DumpResult = { readonly dir: string; readonly files: number; readonly bytes: number }

/** Commands of EngineCommands. */
export type CommandName = keyof EngineCommands
/** Events of EngineEvents. */
export type EventName = keyof EngineEvents

/** Names of all commands; both ends of a wire refuse others. */
export const COMMAND_NAMES = [
  'hello',
  'interfaces',
  'startSession',
  'openSession',
  'readGpacLine',
  'checkSending',
  'startSending',
  'startServing',
  'addFolder',
  'retryPush',
  'saveRequests',
  'planRelay',
  'startRelay',
  'sessionLines',
  'setLoss',
  'stopSession',
  'closeSession',
  'watchSession',
  'unwatchSession',
  'listSessions',
  'queryObjects',
  'refreshObjects',
  'objectRows',
  'objectDetail',
  'objectBytes',
  'objectBoxes',
  'boxFields',
  'objectPosition',
  'signallingText',
  'report',
  'pictured',
  'lookAt',
  'thumbnail',
  'savePicture',
  'outsidePlayers',
  'openOutside',
  'startRecording',
  'stopRecording',
  'dumpSession',
] as const satisfies readonly CommandName[]

/** A request on the wire: structured clone over a MessagePort, MessagePack over a WebSocket. */
export type WireRequest = { readonly id: number; readonly command: CommandName; readonly args: readonly unknown[] }
/** The answer to the request of the same id. */
export type WireReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: AppError }
/** An event on the wire. */
export type WireEvent = {
  readonly [Name in EventName]: { readonly event: Name; readonly data: EngineEvents[Name] }
}[EventName]

/** What the engine sends: the answer to a request, or the events of one turn. */
export type WireMessage = WireReply | readonly WireEvent[]
