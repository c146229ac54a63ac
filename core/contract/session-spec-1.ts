import type { LinkSpec, LogSpec, Pace, ReceiveSpec, RecordingOptions, UserLinkType } from './session-spec.ts'

/**
 * A session as a value: what a command line, a form in the app, a saved file and (later) a pasted GPAC command all become.
 * `core/engine` is the only place that runs one. Versioned JSON; unknown fields are refused when read from a file.
 *
 * A session names sources, sinks, and links from a source to a sink. A source without a link feeds every sink.
 */
export type SessionSpec1 = {
  readonly format: 'routescope-session'
  readonly version: 1
  readonly name?: string
  readonly sources: readonly SourceSpec[]
  readonly sinks: readonly SinkSpec[]
  readonly links?: readonly LinkSpec[]
  /** Stop after so many seconds of wall time; absent: run to the end of the source, or until stopped. */
  readonly durationS?: number
  readonly log?: LogSpec
}

/** Where packets or content come from. */
export type SourceSpec = MulticastSource | CaptureSource | PresentationSource

/**
 * Listening to a live multicast. `route://IP:PORT` is one ROUTE session; `atsc://` tunes through LLS on 224.0.23.60:4937;
 * `mabr://IP:PORT` is where a gateway configuration of DVB-MABR is sent.
 */
export type MulticastSource = {
  readonly id: string
  readonly kind: 'multicast'
  readonly url: string
  /** Local addresses or interface names to join on, each with sockets of its own; absent: the system's choice. */
  readonly interfaces?: readonly string[]
  /** Only datagrams of these senders (a source-specific join); absent: of any. Never taken from the SLT. */
  readonly sourceAddresses?: readonly string[]
  /** Datagrams of these senders are passed over. */
  readonly excludeSourceAddresses?: readonly string[]
  /** Socket receive buffer to ask for, bytes; what the system grants is reported. Absent: 16 MiB. */
  readonly bufferBytes?: number
  readonly receive: ReceiveSpec
}

/** Reading packets from pcap or pcapng files, plain or gzip'ed, several in a row as one. */
export type CaptureSource = {
  readonly id: string
  readonly kind: 'capture'
  readonly files: readonly string[]
  /** `fast`: as fast as they can be read, time moves with the packets. `real`: at the captured times, shifted to now. */
  readonly pace: Pace
  /** How often to play it: 1 once, 0 for ever. */
  readonly loop: number
  readonly linkType?: UserLinkType
  /** What to receive from it, as for multicast; absent: everything that can be found. */
  readonly url?: string
  readonly receive: ReceiveSpec
}

/** A DASH or HLS presentation, a folder or a single file to broadcast. */
export type PresentationSource = {
  readonly id: string
  readonly kind: 'presentation'
  /** Path of a manifest, a folder or a file, or an http(s) URL of a manifest; `demo:` is the presentation shipped with the app. */
  readonly input: string
  /** Repeat a static presentation for ever as one continuous live service (segment numbers and decode times go on). */
  readonly loop: boolean
}

/** Where what is received or sent goes. */
export type SinkSpec = FolderSinkSpec | GatewaySink | ReportSink | CaptureSink | BroadcastSink | StoreSink

/** Received files as `DIR/serviceN/…`. */
export type FolderSinkSpec = {
  readonly id: string
  readonly kind: 'folder'
  readonly dir: string
  /** Media segments kept per representation; 0 keeps all (GPAC's max_segs). */
  readonly maxSegments: number
  /** One folder for each TSI, `DIR/serviceN/tsiT/…`; what comes inside a signalling package is in `tsi0` (GPAC's stsi). */
  readonly splitTsi: boolean
}

/** HTTP server over what is received. */
export type GatewaySink = {
  readonly id: string
  readonly kind: 'gateway'
  readonly host: string
  /** 0: any free port; the one taken is in the session snapshot. */
  readonly port: number
  readonly maxSegments: number
  /** `auto` answers cross-origin requests that carry Origin; `on` always; `off` never. */
  readonly cors: 'auto' | 'on' | 'off'
}

/** Objects kept for the app to look at: in memory up to a budget, then in a temporary session folder. */
export type StoreSink = {
  readonly id: string
  readonly kind: 'store'
  readonly memoryBytes: number
  readonly maxSegments: number
}

/** The report document, written when the session ends. */
export type ReportSink = { readonly id: string; readonly kind: 'report'; readonly file: string }

/**
 * Packets that arrive or are sent, as a pcapng. It has its name from the beginning and grows by whole blocks. What follows
 * `file` is for packets that arrive only.
 */
export type CaptureSink = { readonly id: string; readonly kind: 'capture'; readonly file: string } & RecordingOptions

/** Sending a presentation as ROUTE or ATSC 3.0. */
export type BroadcastSink = {
  readonly id: string
  readonly kind: 'broadcast'
  /** `route://IP:PORT` or `atsc://[IP:PORT]`. */
  readonly url: string
  readonly interface?: string
  readonly ttl: number
  /** Whole LCT packet: header, FEC payload id and data (GPAC's mtu). */
  readonly mtu: number
  /** Period of signalling repetition, ms. */
  readonly carouselMs: number
  readonly flavour: 'us' | 'korean'
  /** `real`: each segment spread over its duration; `fast`: no pacing, only useful with a capture sink. */
  readonly pace: Pace
  /** The service as the SLT names it. */
  readonly serviceId: number
  readonly serviceName: string
}
