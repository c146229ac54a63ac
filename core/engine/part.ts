import type { AppError } from '../contract/app-error.ts'
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
import type { Programme } from './faces/programme.ts'
import type { Receiving } from './faces/receiving.ts'
import type { Recording } from './faces/recording.ts'
import type { LiveClock } from './live-clock.ts'

/** Why parts are stopped: the source came to its end, the user said so, or one of them failed. */
export type StopReason = 'finished' | 'stopped' | 'failed'

/** A kind of part: how it is described, and how one is made. */
export interface PartKind {
  readonly description: PartDescription
  /**
   * Opens what the part needs for itself; its neighbours are not there yet.
   * @throws AppFailure for what cannot be opened
   */
  open(spec: PartSpec, host: PartHost, together: readonly PartSpec[]): Promise<Part>
  /** Several that feed the same parts are one: it is opened with the specs of the others. */
  readonly together?: boolean
  /** Reads what it is given from a part of this kind, which is put before it where the session has none with the same options. */
  readonly through?: { readonly kind: string; readonly options: readonly string[] }
}

/** What a part gets from the session that runs it. */
export interface PartHost {
  /** Wall clock, µs since the UNIX epoch. */
  nowUs(): number
  log(topic: LogTopic, level: LogLevel, text: string): void
  /** Whether such a line would be kept, for lines that cost something to write. */
  logs(topic: LogTopic, level: LogLevel): boolean
  /** A part of the session does not work (`error`), or something could only be read in part (`warning`). */
  problem(error: AppError, level: 'error' | 'warning'): void
  /** Folder of this session alone, made when first needed, removed when the session is closed. */
  readonly sessionDir: string
  /** Folder of the presentation that the demo broadcasts. */
  readonly demoDir: string
  /** Wall time after which the session ends, s; null: it has none. */
  readonly durationS: number | null
  /** Where all datagrams of the session intern their flows. */
  readonly flows: FlowTable
  /** Time for what is live. */
  readonly live: LiveClock
  /** Nobody named the part; the graph needs it between others. */
  readonly implied: boolean
  /** A person asked for the part in the running session. */
  readonly byHand?: boolean
  /** One of its key for the whole session, made when first asked for and closed once the sources have stopped. */
  shared<T extends { close(): Promise<void> }>(key: string, make: () => T): T
}

/** What sinks need of the objects they are given. */
export type ObjectNeeds = {
  /** SHA-256 of every whole object. */
  readonly hash: boolean
  /** Files that were patched so that players can read them. */
  readonly patched: boolean
}

/** A view of a part's state that is sent when it has changed. */
export interface Section<S extends SectionName = SectionName> {
  readonly name: S
  /** Grows when the value changes; cheap to ask for. */
  version(): number
  read(): SectionMap[S] | null
}

/** Sections of any names. */
export type AnySection = { [S in SectionName]: Section<S> }[SectionName]

/**
 * One running part. The graph calls `link` and `linked` once everything is open, then `start` from sinks to sources, then `run`
 * of those that have one. It stops sources first: `ending` of all others, then `stop` and `finish` in the order of the links.
 */
export interface Part {
  readonly id: string
  /** Takes what the links to this part carry; read when the part that gives it starts. */
  readonly input?: DatagramInput | ObjectSink | ByteSink | SampleSink | null
  /** Gives to `to`. @throws AppFailure bad-spec where it cannot */
  link?(to: Part): void
  /** Takes from `from`. @throws AppFailure bad-spec where it cannot */
  linked?(from: Part): void
  /** All links are made, and everything this part gives to has started. */
  start?(): Promise<void>
  /** Settles when nothing more is to come of it. */
  run?(): Promise<void>
  /** The sources have ended; what this part waits for does not come any more. */
  ending?(): void
  /** Ends a source, or puts through what is open. */
  stop(why: StopReason): Promise<void>
  /** Everything has stopped: sums are final, and documents are written. */
  finish?(): Promise<void>
  /** Nobody waits any longer for what is still being fetched. */
  flush?(): void
  /** Gives everything back. */
  close?(): Promise<void>
  state?(): readonly AnySection[]
  /** Why a part that ran to its end has nothing to show; null where it has. */
  outcome?(): AppError | null
  /** What of the objects it wants: all of them, those that players ask for, or only the facts of them; null: what the parts it gives to want. */
  wants?(): 'all' | 'asked' | 'facts' | null
  needs?(): ObjectNeeds

  /** Parts it gives objects to. */
  readonly to?: readonly Part[]

  /** What it offers to neighbours besides its input; null or absent: nothing of the sort. */
  readonly source?: DatagramSource | null
  readonly receiving?: Receiving | null
  readonly store?: ObjectStore | null
  readonly recording?: Recording | null
  readonly programme?: Programme | null
}
