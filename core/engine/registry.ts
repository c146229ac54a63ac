import type { PartDescription } from '../contract/part-description.ts'
import type { PartKind } from './part.ts'
import { BROADCAST_PART } from './parts/broadcast-options.ts'
import { CAPTURE_PART } from './parts/capture-options.ts'
import { CAPTURE_STREAM } from './parts/capture-stream.ts'
import { FOLDER_PART } from './parts/folder-options.ts'
import { GATEWAY_PART } from './parts/gateway-options.ts'
import { HTTP_ORIGIN_PART } from './parts/http-origin-options.ts'
import { BYTE_FILE_PART, HTTP_STREAM_PART } from './parts/http-stream-options.ts'
import { HTTP_INPUT_PART, HTTP_UPLOADS_PART } from './parts/http-uploads-options.ts'
import { INGEST_OBJECTS_PART } from './parts/ingest-objects-options.ts'
import { INTERFACE } from './parts/interface.ts'
import { MEDIA_IN_PART, MEDIA_OBJECTS_PART, MEDIA_OUT_PART, MEDIA_READER_PART } from './parts/media-options.ts'
import { MULTICAST_PART } from './parts/multicast-options.ts'
import { MULTICAST_OUT_PART } from './parts/multicast-out-options.ts'
import { PACKAGER_PART } from './parts/packager-options.ts'
import { PRESENTATION_PART } from './parts/presentation-options.ts'
import { PUSH_PART } from './parts/push-options.ts'
import { RECEIVER_PART } from './parts/receiver-options.ts'
import { RECORDER_PART } from './parts/recorder-options.ts'
import { REPAIR_PART } from './parts/repair-options.ts'
import { JUNIT_PART, REPORT_PART } from './parts/report-options.ts'
import { BYTE_OUT_PART, SCALER_PART } from './parts/scaler-options.ts'
import { SELF_LOOP_PART } from './parts/self-loop-options.ts'
import { SERVER_PART } from './parts/server-options.ts'
import { SOCKET_IN_PART } from './parts/socket-in-options.ts'
import { SOCKET_OUT_PART } from './parts/socket-out-options.ts'
import { STORE_PART } from './parts/store-options.ts'

/** A kind whose code is loaded when the first part of it is opened. */
function lazy(
  description: PartDescription,
  load: () => Promise<PartKind['open']>,
  more: Pick<PartKind, 'together' | 'through'> = {},
): PartKind {
  return {
    description,
    ...more,
    open: async (spec, host, together) => (await load())(spec, host, together),
  }
}

/** Every kind of part, one line each. The first whose `opens` matches a text opens it: the most general patterns are last. */
export const PART_KINDS: readonly PartKind[] = [
  CAPTURE_STREAM,
  INTERFACE,
  lazy(HTTP_UPLOADS_PART, async () => (await import('./parts/http-uploads.ts')).openHttpUploads),
  lazy(MULTICAST_PART, async () => (await import('./parts/multicast.ts')).openMulticast),
  lazy(HTTP_INPUT_PART, async () => (await import('./parts/http-uploads.ts')).openHttpInput),
  lazy(PRESENTATION_PART, async () => (await import('./parts/presentation.ts')).openPresentation),
  lazy(CAPTURE_PART, async () => (await import('./parts/capture.ts')).openCapture, { together: true }),
  lazy(RECEIVER_PART, async () => (await import('./parts/receiver.ts')).openReceiver),
  lazy(REPAIR_PART, async () => (await import('./parts/repair.ts')).openRepair),
  lazy(FOLDER_PART, async () => (await import('./parts/folder.ts')).openFolder),
  lazy(PUSH_PART, async () => (await import('./parts/push.ts')).openPush),
  lazy(GATEWAY_PART, async () => (await import('./parts/gateway.ts')).openGateway, {
    through: { kind: 'store', options: ['maxSegments'] },
  }),
  lazy(PACKAGER_PART, async () => (await import('./parts/packager.ts')).openPackager),
  lazy(SCALER_PART, async () => (await import('./parts/scaler.ts')).openScaler),
  lazy(BYTE_OUT_PART, async () => (await import('./parts/byte-out.ts')).openByteOut),
  lazy(SERVER_PART, async () => (await import('./parts/server.ts')).openServer),
  lazy(HTTP_ORIGIN_PART, async () => (await import('./parts/http-origin.ts')).openHttpOrigin),
  lazy(BYTE_FILE_PART, async () => (await import('./parts/byte-file.ts')).openByteFile),
  lazy(HTTP_STREAM_PART, async () => (await import('./parts/http-stream.ts')).openHttpStream),
  lazy(INGEST_OBJECTS_PART, async () => (await import('./parts/ingest-objects.ts')).openIngestObjects),
  lazy(STORE_PART, async () => (await import('./parts/store.ts')).openStore),
  lazy(REPORT_PART, async () => (await import('./parts/report.ts')).openReport),
  lazy(JUNIT_PART, async () => (await import('./parts/report.ts')).openJunit),
  lazy(RECORDER_PART, async () => (await import('./parts/recorder.ts')).openRecorder),
  lazy(SELF_LOOP_PART, async () => (await import('./parts/self-loop.ts')).openSelfLoop),
  lazy(BROADCAST_PART, async () => (await import('./parts/broadcast.ts')).openBroadcast),
  lazy(SOCKET_IN_PART, async () => (await import('./parts/socket-in.ts')).openSocketIn),
  lazy(MEDIA_IN_PART, async () => (await import('./parts/media-in.ts')).openMediaIn),
  lazy(MEDIA_READER_PART, async () => (await import('./parts/media-reader.ts')).openMediaReader),
  lazy(MEDIA_OBJECTS_PART, async () => (await import('./parts/media-objects.ts')).openMediaObjects),
  lazy(SOCKET_OUT_PART, async () => (await import('./parts/socket-out.ts')).openSocketOut),
  lazy(MEDIA_OUT_PART, async () => (await import('./parts/media-out.ts')).openMediaOut),
  lazy(MULTICAST_OUT_PART, async () => (await import('./parts/multicast-out.ts')).openMulticastOut),
]

/** Descriptions of all kinds of parts. */
export const PART_DESCRIPTIONS: readonly PartDescription[] = PART_KINDS.map(({ description }) => description)
