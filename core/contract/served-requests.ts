/** `waiting`: no reply has begun. `answering`: its reply is being sent. `broken`: the connection ended before the reply did. */
export type ReplyState = 'waiting' | 'answering' | 'done' | 'broken'

/** What a request waits for: the file that comes next, the manifest, more bytes of a file that is coming, or any file of its service. */
export type HoldReason = 'next-segment' | 'manifest' | 'bytes' | 'service'

/** One request to an HTTP server of the session, and its reply. */
export type ServedRequest = {
  /** Counts the requests of its server from 1. */
  readonly number: number
  /** Wall µs of its arrival. */
  readonly timeUs: number
  /** Address of the client, without its port. */
  readonly client: string
  readonly method: string
  /** Path and query as they were sent, shortened where they are long. */
  readonly target: string
  /** The Range header; null without one. */
  readonly range: string | null
  readonly state: ReplyState
  /** Null before the reply has begun. */
  readonly status: number | null
  /** Body bytes of the reply, and of the request. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** From its arrival to the end of its reply; null before. */
  readonly durationUs: number | null
  /** What it waits, or has waited, for before its reply began; null: it did not wait. */
  readonly heldFor: HoldReason | null
  /** Wall µs at which it began to wait, and how long that took; the latter is null while it waits. */
  readonly heldSinceUs: number | null
  readonly heldUs: number | null
  /** Why it was refused, as a sentence; null where it was not. */
  readonly error: string | null
}

/** The newest requests of one server, each at the place of its number, so that a new one changes one item of the list. */
export type RequestsSnapshot = {
  readonly baseUrl: string
  readonly total: number
  readonly places: readonly ServedRequest[]
}

/** `waiting`: its request has no reply yet. `held`: it waits for something to come. `upgraded`: it speaks another protocol. */
export type ClientActivity = 'idle' | 'waiting' | 'held' | 'answering' | 'uploading' | 'upgraded'

/** One connection of a client. */
export type ServedClient = {
  /** Counts the connections of its server from 1. */
  readonly number: number
  readonly address: string
  readonly port: number
  /** Wall µs of its beginning. */
  readonly sinceUs: number
  readonly requests: number
  /** Bytes on the connection, heads included. */
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly doing: ClientActivity
  /** Method and target of the request that it makes, or made last; null before the first. */
  readonly target: string | null
  readonly userAgent: string | null
}

/** Open connections of one server, the oldest first. Parts that share a server give the same ones. */
export type ClientsSnapshot = {
  readonly baseUrl: string
  /** Host that it listens on, which may stand for every network: `0.0.0.0`. */
  readonly host: string
  /** Connections since the server began. */
  readonly total: number
  readonly clients: readonly ServedClient[]
}

/** `retrying`: it failed, and is sent again at `retryAtUs`. */
export type TransferState = 'running' | 'retrying' | 'done' | 'failed'

/** A file on its way to this program (`upload`), or from it (`push`). */
export type FileTransfer = {
  /** Counts the transfers of its part from 1. */
  readonly number: number
  readonly direction: 'upload' | 'push'
  /** Address of the client, or of the folder that the file is sent to. */
  readonly peer: string
  readonly path: string
  /** Wall µs of its beginning. */
  readonly timeUs: number
  readonly state: TransferState
  /** Null: not known yet. */
  readonly sizeBytes: number | null
  /** Bytes of this attempt. */
  readonly bytes: number
  /** Bits per second, of the last second, or, once it has ended, of all of it; null: too short to tell. */
  readonly rateBps: number | null
  /** Null while it goes on. */
  readonly durationUs: number | null
  readonly retries: number
  /** Wall µs of the next attempt; null where none is waited for. */
  readonly retryAtUs: number | null
  /** Why it failed last; kept when a later attempt succeeds. Null: it never failed. */
  readonly error: string | null
}

/** The newest transfers of one part, each at the place of its number. */
export type TransfersSnapshot = { readonly total: number; readonly places: readonly FileTransfer[] }

/** A folder or stream, and where a server has it. */
export type ServedPlace = {
  /** Path on the server, which begins and, for a folder, ends with a slash. */
  readonly path: string
  /** The folder, or the file of a stream. */
  readonly name: string
  readonly reads: boolean
  readonly writes: boolean
}
