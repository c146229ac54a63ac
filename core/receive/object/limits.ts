import { MAX_OBJECT_BYTES } from '../../flow/objects.ts'

/**
 * What hostile or broken input may cost. Every bound that is hit is counted and raised as an alarm; nothing grows with the
 * length of a session but the rows of `inspect`.
 */
export type ReceiveLimits = {
  /** Largest object; packets of a larger one are refused. */
  readonly objectBytes: number
  /** Memory of all objects that are unfinished, waiting to be named, or held for healing, and of what is kept to compare. */
  readonly memoryBytes: number
  /** Whole objects of one session that wait for a name or a service. */
  readonly quarantineBytes: number
  readonly quarantineObjects: number
  /** Objects of one channel that are unfinished at the same time. */
  readonly openObjects: number
  /** Finished objects a channel remembers, to know a repeat. */
  readonly knownObjects: number
  /** All channels together. */
  readonly knownObjectsInAll: number
  /** Bytes a channel keeps of finished init segments, playlists and tables, to know a change. */
  readonly comparedBytes: number
  /** LCT channels (TSIs) of one session. */
  readonly channels: number
  readonly sessions: number
  /** Listed; those that are joined are bounded by `sessions`. */
  readonly services: number
  /** Flows told apart; the rest is counted together. */
  readonly flows: number
  /** Most that one gzip member, table or package may unpack to. */
  readonly unpackedBytes: number
  /** Repair symbols, and whole objects kept for others of their super-object, of all repair flows together. */
  readonly fecBytes: number
  /** Largest FEC (super-)object that is decoded. */
  readonly fecObjectBytes: number
  /** Datagrams of flows that nothing names yet, of all flows together. */
  readonly earlyBytes: number
  /** How long a flow's datagrams are kept for signalling to name it, ms of stream time. */
  readonly earlyMs: number
  /** Unfinished object without any packet for so long is given up, ms of stream time. */
  readonly idleMs: number
  /** How long a discovered session waits for an SLT or S-TSID to claim it before it gets a service of its own, ms. */
  readonly claimMs: number
}

/** What holds where nothing else is said. */
export const RECEIVE_LIMITS: ReceiveLimits = {
  objectBytes: MAX_OBJECT_BYTES,
  memoryBytes: 512 << 20,
  quarantineBytes: 32 << 20,
  quarantineObjects: 1024,
  openObjects: 128,
  knownObjects: 16_384,
  knownObjectsInAll: 262_144,
  comparedBytes: 1 << 20,
  channels: 256,
  sessions: 256,
  services: 16_384,
  flows: 16_384,
  unpackedBytes: 64 << 20,
  fecBytes: 64 << 20,
  fecObjectBytes: 64 << 20,
  earlyBytes: 32 << 20,
  earlyMs: 10_000,
  idleMs: 10_000,
  claimMs: 1_200,
}
