/** `waiting`: no reply has begun. `answering`: its reply is being sent. `broken`: the connection ended before the reply did. */
export type ReplyState = 'waiting' | 'answering' | 'done' | 'broken'

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
}

/** The newest requests of one server, each at the place of its number, so that a new one changes one item of the list. */
export type RequestsSnapshot = {
  readonly baseUrl: string
  readonly total: number
  readonly places: readonly ServedRequest[]
}

/** A folder or stream, and where a server has it. */
export type ServedPlace = {
  /** Path on the server, which begins and, for a folder, ends with a slash. */
  readonly path: string
  /** The folder, or the file of a stream. */
  readonly name: string
  readonly reads: boolean
  readonly writes: boolean
}
