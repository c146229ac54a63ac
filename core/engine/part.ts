import type { AppError } from '../contract/app-error.ts'
import type { LossChances } from '../contract/option-values.ts'
import type { PartDescription } from '../contract/part-description.ts'
import type { LogLevel, LogTopic, PartSpec } from '../contract/session-spec.ts'
import type { SectionMap, SectionName } from '../contract/snapshot.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { ByteSink } from '../flow/bytes.ts'
import type { ObjectSink } from '../flow/objects.ts'
import type { SampleSink } from '../flow/samples.ts'
import type { FlowTable } from '../protocol/ip/flow-table.ts'
import type { DatagramInput } from './faces/datagram-input.ts'
import type { DatagramSource } from './faces/datagram-source.ts'
import type { FolderServing } from './faces/folder-serving.ts'
import type { Programme } from './faces/programme.ts'
import type { Receiving } from './faces/receiving.ts'
import type { Recording } from './faces/recording.ts'
import type { LiveClock } from './live-clock.ts'
import type { WindowHost } from './window-host.ts'

/** Why parts are stopped: the source ended, the user stopped the session, or a part failed. */
export type StopReason = 'finished' | 'stopped' | 'failed'

/** A kind of part: its description, and the function that opens one. */
export interface PartKind {
  readonly description: PartDescription
  /**
   * Opens a part, before its neighbours are linked.
   * @throws AppFailure where it cannot be opened
   */
  open(spec: PartSpec, host: PartHost, together: readonly PartSpec[]): Promise<Part>
  /** Parts that feed the same parts are merged: one is opened with the specs of the others. */
  readonly together?: boolean
  /** The part reads its objects from a part of this kind, which the graph puts before it where none has the same options. */
  readonly through?: { readonly kind: string; readonly options: readonly string[] }
}

/** Services of the session for its parts. */
export interface PartHost {
  /** Wall clock, µs since the UNIX epoch. */
  nowUs(): number
  /** @param timeUs stream time of what it reports, µs; absent: now */
  log(topic: LogTopic, level: LogLevel, text: string, timeUs?: number): void
  /** Whether a line of this topic and level would be kept, for lines that are expensive to format. */
  logs(topic: LogTopic, level: LogLevel): boolean
  /** Reports that the part does not work (`error`), or that its input could only be read in part (`warning`). */
  problem(error: AppError, level: 'error' | 'warning'): void
  /** Folder of this session alone, made when first needed, removed when the session is closed. */
  readonly sessionDir: string
  /** Folder of the presentation that the demo broadcasts. */
  readonly demoDir: string
  /** Serves gateways to windows; null where there are none. */
  readonly windowHost: WindowHost | null
  /** Wall time after which the session ends, s; null: never. */
  readonly durationS: number | null
  /** Flows of all datagrams of the session. */
  readonly flows: FlowTable
  /** Clock of live sources. */
  readonly live: LiveClock
  /** The session does not name the part; the graph needs it between others. */
  readonly implied: boolean
  /** A person added the part to the running session. */
  readonly byHand?: boolean
  /** Returns the session's only value of this key, made at the first call and closed once the sources have stopped. */
  shared<T extends { close(): Promise<void> }>(key: string, make: () => T): T
}

/** What sinks need to know of objects. */
export type ObjectNeeds = {
  /** SHA-256 of every whole object. */
  readonly hash: boolean
  /** Files patched so that players can read them. */
  readonly patched: boolean
}

/** A number of datagrams, objects, chunks or samples. */
export type Amount = { readonly items: number; readonly bytes: number }

/** No items. */
export const NOTHING: Amount = { items: 0, bytes: 0 }

/** What has passed a part, by counters that it keeps anyway. */
export type PartTraffic = {
  /** Given to its takers so far. */
  readonly given?: Amount
  /** Taken so far, where its givers do not count. */
  readonly taken?: Amount
  /** Taken and not worked through yet. */
  readonly waiting?: Amount
}

/** A view of a part's state, sent when it has changed. */
export interface Section<S extends SectionName = SectionName> {
  readonly name: S
  /** Grows when the value changes; cheap to read. */
  version(): number
  read(): SectionMap[S] | null
}

/** Sections of any names. */
export type AnySection = { [S in SectionName]: Section<S> }[SectionName]

/**
 * One running part. The graph calls `link` and `linked` once all parts are open, `ready`, `start` from sinks to sources, then `run`.
 * To stop, it calls `stop` of the sources, `ending` and `stop` of all others, then `finish`, in the order of the links.
 */
export interface Part {
  readonly id: string
  /** Takes what the links to this part carry; read when the giver starts. */
  readonly input?: DatagramInput | ObjectSink | ByteSink | SampleSink | null
  /** Links to a taker. @throws AppFailure bad-spec where it cannot */
  link?(to: Part): void
  /** Links to a giver. @throws AppFailure bad-spec where it cannot */
  linked?(from: Part): void
  /** Called once all links are made, before any part starts: waits for what others have begun to load. */
  ready?(): Promise<void>
  /** Called once all links are made and all takers have started. */
  start?(): Promise<void>
  /** Files that it has written, for a part that writes what is received; absent for others. */
  written?(): number
  /** Files that it reads beside those its options name; nothing may write them. */
  reads?(): readonly string[]
  /** Works until the part has nothing more to give. */
  run?(): Promise<void>
  /** Called once the sources have ended: what the part waits for no longer arrives. */
  ending?(): void
  /** Ends a source, or flushes what is open. */
  stop(why: StopReason): Promise<void>
  /** Called once all parts have stopped and sums are final: writes documents. */
  finish?(): Promise<void>
  /** Drops pending fetches, so that `stop` settles soon. */
  flush?(): void
  /** Frees everything. */
  close?(): Promise<void>
  state?(): readonly AnySection[]
  /** Read once a second, while a window shows the session. */
  traffic?(): PartTraffic
  /** Why a part that ran to its end received nothing; null where it did. */
  outcome?(): AppError | null
  /** Objects it wants: all, those that players ask for, or only their facts; null: those that its takers want. */
  wants?(): 'all' | 'asked' | 'facts' | null
  needs?(): ObjectNeeds

  /** Takers of its objects. */
  readonly to?: readonly Part[]

  /** Interfaces for its neighbours besides its input; null or absent: it has none. */
  readonly source?: DatagramSource | null
  readonly receiving?: Receiving | null
  readonly store?: ObjectStore | null
  readonly recording?: Recording | null
  readonly programme?: Programme | null
  readonly serving?: FolderServing | null
  /** Servers that it pushes to; what waits for one to answer again can be tried at once. */
  readonly pushing?: readonly { readonly url: string; tryNow(): void }[]
  /** Chances at which it keeps packets back, which may be changed at any time. */
  readonly losing?: { chances: LossChances } | null
}
