/** State of a broadcast. */
export type BroadcastSnapshot = {
  readonly url: string
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  readonly objects: number
  readonly lateMs: number
  /** Packets that its loss model kept back, which `packets` does not count. */
  readonly keptBack: number
  /** Packets that the network did not take, which `packets` does not count. */
  readonly notTaken: number
  /** The chances of that model now, as `--loss` has them. */
  readonly loss: string
  /** What it sends, in the order of its inputs. */
  readonly services: readonly SentServiceSnapshot[]
}

/** One service of a broadcast. */
export type SentServiceSnapshot = {
  readonly id: number
  readonly name: string
  /** Path or URL of what is sent. */
  readonly input: string
  /** `dash` and `hls` presentations; `files`: plain files. */
  readonly content: 'dash' | 'hls' | 'files'
  /** Duration of one turn, µs; null: it is live. */
  readonly durationUs: number | null
  /** It repeats for ever. */
  readonly repeats: boolean
  readonly channels: readonly SentChannelSnapshot[]
}

/** One channel that is sent: its plan, and what has become of it. */
export type SentChannelSnapshot = {
  readonly destination: string
  readonly tsi: number
  /** Representation@id or name of the playlist; null: plain files. */
  readonly representation: string | null
  /** `video`, `audio`, `text` …; null where unknown. */
  readonly contentType: string | null
  /** Rate that the manifest gives, bit/s; null: it gives none. */
  readonly plannedBps: number | null
  /** UDP payload, initialisation segments and playlists included. */
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  /** Objects sent completely. */
  readonly objects: number
  /** How long its next packet is due, ms; 0: it is not. */
  readonly lateMs: number
}

/**
 * What became of an object that the session sent. `coming`: on its way; `equal`: it came back with the same SHA-256; `late`: so, but
 * only `lateAfterUs` after its last packet was sent; `differs`: it came back with another one; `incomplete`: without some of its bytes;
 * `lost`: no packet of it; `unheard`: it was sent before its group was joined; `cut`: sending or reception ended within it.
 */
export type ReturnState = 'coming' | 'equal' | 'late' | 'differs' | 'incomplete' | 'lost' | 'unheard' | 'cut'

/** Numbers of objects by what became of them. */
export type ReturnCounts = { readonly [State in ReturnState]: number }

/** Objects that a session sends, matched with those that it receives. */
export type SelfLoopSnapshot = {
  readonly counts: ReturnCounts
  /** Objects that arrived in the channels of the broadcast, and that it did not send. */
  readonly strange: number
  /** From the last packet of an object being sent to its arrival, of the newest thousand; null before the first. */
  readonly delayUs: { readonly median: number; readonly p95: number; readonly longest: number } | null
  /** Delay above which an object is late, µs. */
  readonly lateAfterUs: number
  /** Time of this snapshot, which the times of the objects precede, µs. */
  readonly nowUs: number
  readonly channels: readonly { readonly destination: string; readonly tsi: number; readonly counts: ReturnCounts }[]
  /** The newest objects, in the order of sending. */
  readonly objects: readonly ReturnedObject[]
}

/** One object that was sent, and what came back of it; what is repeated unchanged is one, with the times of its last transmission that mattered. */
export type ReturnedObject = {
  readonly destination: string
  readonly tsi: number
  readonly toi: number
  /** Row in the session's objects, and its name; null before anything of it arrived, or where it has none. */
  readonly index: number | null
  readonly name: string | null
  /** Null while it is not known. */
  readonly sizeBytes: number | null
  readonly transmissions: number
  readonly beganUs: number
  /** Its last packet was sent; null: not yet, or never. */
  readonly outUs: number | null
  /** Its first and last packet arrived; null: none did. */
  readonly arrivingUs: number | null
  readonly arrivedUs: number | null
  readonly delayUs: number | null
  readonly missingBytes: number
  readonly state: ReturnState
}
