import { CaptureReader, type CaptureSummary } from '../capture/capture-reader.ts'
import { PcapngWriter } from '../capture/pcapng-writer.ts'
import type { AppError } from '../contract/app-error.ts'
import type { DumpResult } from '../contract/engine-api.ts'
import type { ObjectDetail } from '../contract/object-rows.ts'
import type { Report } from '../contract/report.ts'
import type {
  CaptureSource,
  FolderSink as FolderSpec,
  LogLevel,
  LogTopic,
  MulticastSource,
  SinkSpec,
} from '../contract/session-spec.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import { FolderSink } from '../files/folder-sink.ts'
import { ObjectStore } from '../files/object-store.ts'
import { Gateway } from '../http/gateway.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import type { ObjectSink, ReceivedFile } from '../receive/object-flow.ts'
import { Receiver, type ReceiveTarget } from '../receive/receiver.ts'
import { MulticastReceiver } from '../socket/multicast-receiver.ts'
import { parseMulticastUrl } from '../socket/multicast-url.ts'
import { DatagramCounter, ObjectFanOut } from './fan-out.ts'
import type { FileNotice } from './session.ts'
