import { MAX_OBJECT_BYTES } from '../../flow/objects.ts'

/**
 * Bounds on the cost of hostile or broken input. Each bound reached is counted and raised as an alarm; nothing but the
 * rows of `inspect` grows with the length of a session.
 */
export type ReceiveLimits = {
  /** Largest object; packets of a larger one are refused. */
  readonly objectBytes: number
  /**
   * Memory of all objects that are incomplete, without a name, or kept for late bytes, and of content stored for
   * comparison.
   */
  readonly memoryBytes: number
  /** Whole objects of one session without a name or a service. */
  readonly quarantineBytes: number
  readonly quarantineObjects: number
  /** Incomplete objects of one channel at a time. */
  readonly openObjects: number
  /** The same of all channels, with incomplete ones kept for late bytes; the oldest is dropped. */
  readonly openObjectsInAll: number
  /** Finished objects a channel remembers, to recognise a repeat. */
  readonly knownObjects: number
  /** All channels together. */
  readonly knownObjectsInAll: number
  /** Bytes a channel stores of finished init segments, playlists and tables, to detect a change. */
  readonly comparedBytes: number
  /** LCT channels (TSIs) of one session. */
  readonly channels: number
  /** LCT channels and assets of all sessions. */
  readonly channelsInAll: number
  readonly sessions: number
  /** Listed services; `sessions` bounds the joined ones. */
  readonly services: number
  /** Flows counted one by one; the rest is counted together. */
  readonly flows: number
  /** Largest unpacked size of one gzip member, table or package. */
  readonly unpackedBytes: number
  /** Memory of all repair flows: repair symbols, and whole objects kept for others of their super-object. */
  readonly fecBytes: number
  /** Largest FEC (super-)object decoded. */
  readonly fecObjectBytes: number
  /** Datagrams of unnamed flows, of all flows together. */
  readonly earlyBytes: number
  /** Time a flow's datagrams wait for signalling to name it, ms of stream time. */
  readonly earlyMs: number
  /** An incomplete object without packets for this time ends, ms of stream time. */
  readonly idleMs: number
  /** A discovered session waits this long for an SLT or S-TSID before it gets a service of its own, ms. */
  readonly claimMs: number
}

/** Default limits. */
export const RECEIVE_LIMITS: ReceiveLimits = {
  objectBytes: MAX_OBJECT_BYTES,
  memoryBytes: 512 << 20,
  quarantineBytes: 32 << 20,
  quarantineObjects: 1024,
  openObjects: 128,
  openObjectsInAll: 8192,
  knownObjects: 16_384,
  knownObjectsInAll: 262_144,
  comparedBytes: 1 << 20,
  channels: 256,
  channelsInAll: 8192,
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
