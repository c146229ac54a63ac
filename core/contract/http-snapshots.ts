import type { ServedPlace } from './served-requests.ts'

/** The HTTP server of received files. */
export type GatewaySnapshot = {
  readonly baseUrl: string
  readonly requests: number
  readonly bytes: number
  /** A window plays its first service without being asked. */
  readonly playsAtOnce: boolean
}

/** The HTTP server of folders. */
export type ServerSnapshot = {
  readonly baseUrl: string
  /** Address to listen on, as it was asked for. */
  readonly listen: string
  readonly places: readonly ServedPlace[]
  readonly requests: number
  /** Body bytes sent, and received by uploads. */
  readonly bytes: number
  readonly uploadedBytes: number
  /** Connections that are open. */
  readonly connections: number
}

/** A stream that all its HTTP clients get. */
export type StreamSnapshot = {
  readonly url: string
  readonly state: 'waiting' | 'running' | 'over'
  /** Clients that are there, and those that were disconnected since they were too slow. */
  readonly clients: number
  readonly slow: number
  readonly requests: number
  /** Bytes from its source, those that came while nobody was there, and those sent to all clients together. */
  readonly bytes: number
  readonly unheard: number
  readonly sent: number
}

/** An origin that serves files while they come. */
export type OriginSnapshot = {
  /** Address of its manifest or folder, and of its server. */
  readonly url: string
  readonly baseUrl: string
  readonly requests: number
  readonly bytes: number
  /** Requests that wait for what comes next. */
  readonly held: number
  /** Files that came, bytes of those in memory, and segments removed since they were old. */
  readonly files: number
  readonly memoryBytes: number
  readonly removed: number
}

/** Uploads that a session takes as its source. */
export type UploadsSnapshot = {
  readonly url: string
  readonly baseUrl: string
  /** Uploads that go on, those that came whole, and those that broke off. */
  readonly open: number
  readonly files: number
  readonly brokenOff: number
  readonly bytes: number
}

/** An HTTP server that files are pushed to. */
export type PushTargetSnapshot = {
  /** Folder of the files, without credentials. */
  readonly url: string
  /** Files that it took, and their bytes; files that it removed. */
  readonly files: number
  readonly bytes: number
  readonly removed: number
  /** Files that were given up, and those left out since too much waited. */
  readonly failed: number
  readonly leftOut: number
  readonly retries: number
  readonly waitingBytes: number
  /** It answered last time, or nothing was asked yet. */
  readonly reachable: boolean
  /** Why the last request failed; null where it did not. */
  readonly problem: string | null
}
