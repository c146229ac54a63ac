import { isAbsolute, resolve } from 'node:path'
import { CaptureReader, type CaptureSummary } from '../capture/capture-reader.ts'
import { PcapngWriter } from '../capture/pcapng-writer.ts'
import type { AppError } from '../contract/app-error.ts'
import type { DumpResult } from '../contract/engine-api.ts'
import type { ObjectDetail } from '../contract/object-rows.ts'
import type { Report } from '../contract/report.ts'
import type { CaptureSource, LogLevel, LogTopic, MulticastSource, SinkSpec } from '../contract/session-spec.ts'
import type { SessionSnapshot, SourceSnapshot } from '../contract/snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { FolderSink } from '../files/folder-sink.ts'
import { ObjectStore } from '../files/object-store.ts'
import { Gateway } from '../http/gateway.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import type { ObjectSink, ReceivedFile } from '../receive/object-flow.ts'
import { ObserverTee } from '../receive/observer.ts'
import { Receiver, type ReceiveTarget } from '../receive/receiver.ts'
import { MulticastReceiver } from '../socket/multicast-receiver.ts'
import { parseMulticastUrl } from '../socket/multicast-url.ts'
import { DatagramCounter, ObjectFanOut } from './fan-out.ts'
import type { FileNotice } from './session.ts'

type ReceptionContext = {
  readonly nowUs: () => number
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
  readonly sessionDir: string
  readonly ensureDir: (dir: string) => void
  readonly onProblem: (error: AppError) => void
}

/** Stream time passes at least so often while a socket is silent. */
const LIVE_TICK_MS = 100
/** Asked of the system for each socket; what it grants is reported. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024
/** A gateway without a store sink keeps this much in memory before it spills. */
const GATEWAY_MEMORY_BYTES = 96 * 1024 * 1024

/** The receiving side of a session: one source, the receiver, and every sink of what is received. */
export class Reception {
  readonly columns: SessionColumns
  readonly #source: CaptureSource | MulticastSource
  readonly #sinks: readonly SinkSpec[]
  readonly #context: ReceptionContext
  readonly #target: ReceiveTarget
  readonly #startedWallUs: number
  readonly #flows = new FlowTable()
  readonly #notices = new Set<(file: FileNotice) => void>()
  readonly #folders: FolderSink[] = []
  readonly #writers: PcapngWriter[] = []
  #store: ObjectStore | null = null
  #gateway: Gateway | null = null
  #reader: CaptureReader | null = null
  #sockets: MulticastReceiver | null = null
  #receiver: Receiver | null = null
  #counter: DatagramCounter | null = null
  #summary: CaptureSummary | null = null
  #files = 0
  #stopLive: (() => void) | null = null
  #running: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | null = null
}
