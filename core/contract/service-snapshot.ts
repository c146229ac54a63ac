import type { DecodedSnapshot, DecoderSnapshot } from './decoder.ts'
import type { LossSpans } from './loss.ts'
import type { ServiceProtocol, Startup, StartupStep } from './report.ts'

/** `announced` in the SLT only; `signalled` SLS read; `receiving` media arrives; `partial` media with losses; `silent` nothing for longer than is usual, 5 s at least, or the signal is gone; `closed` the same after the sender closed its session. */
export type ServiceState = 'announced' | 'signalled' | 'receiving' | 'partial' | 'silent' | 'closed' | 'not-joined'

/** State of a service. */
export type ServiceSnapshot = {
  readonly id: number
  /** Stays the same where a late SLT gives the service another number; no other service of its receiver has had it. */
  readonly serial: number
  readonly name: string | null
  readonly protocol: ServiceProtocol
  readonly category: number | null
  readonly major: number | null
  readonly minor: number | null
  readonly destination: string | null
  readonly state: ServiceState
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  readonly objects: number
  readonly incomplete: number
  /** Objects begun before reception, or not over at its end. */
  readonly cutOff: number
  /** Packets and bytes lost, before and after repair. */
  readonly loss: LossSpans
  /** Stream times of the steps of tuning in, µs. */
  readonly startup: Startup
  /** When each of these steps last held. */
  readonly latest: Latest
  /** MMTP flows of the service; null for other protocols. */
  readonly mmtp: MmtpSnapshot | null
  /** Repair servers that signalling names. */
  readonly repairServers: readonly SignalledServer[]
  /** Null while nothing can be played; the reason is in `notPlayable`. */
  readonly playable: PlayableSnapshot | null
  /** Why not all that a player needs has arrived, or is served, in a sentence; null where it is. */
  readonly notPlayable: string | null
}

/** When a step of tuning in last held, stream µs, and for how long that is fresh; null: however old it is. */
export type LastSeen = { readonly timeUs: number; readonly limitUs: number | null }
/** By step; null where it never held, or is not watched. */
export type Latest = Readonly<Record<StartupStep, LastSeen | null>>

/** A repair server that signalling names, see ReportRepairServer; times in ms. */
export type SignalledServer = {
  readonly url: string
  /** Share of the requests; 0: not to be used. */
  readonly weight: number
  readonly afterMs: number
  readonly fixedBackoffMs: number
  readonly randomBackoffMs: number
}

/** What an MMTP flow carries. */
export type MmtpSnapshot = {
  readonly packets: readonly {
    readonly packetId: number
    readonly type: 'mpu' | 'generic' | 'signaling' | 'repair' | 'unknown'
    readonly packets: number
    readonly bytes: number
    readonly rateBps: number
    readonly lost: number
    readonly duplicates: number
    readonly outOfOrder: number
  }[]
  readonly assets: readonly {
    readonly packetId: number
    /** Null until an MP table or an MPU names it. */
    readonly assetId: string | null
    readonly type: string | null
    /** Whole MPUs. */
    readonly mpus: number
    /** MPUs that ended incomplete. */
    readonly incomplete: number
    readonly firstMpu: number | null
    readonly lastMpu: number | null
    /** MPU of which reception missed the beginning. */
    readonly partialAtStart: number | null
    readonly samplesLost: number
    /** MPUs of which no packet arrived. */
    readonly absent: number
    /** Its component in the USBD: `video, primary`, and name; null where it has none. */
    readonly component: { readonly role: string | null; readonly name: string | null } | null
    /** Flow that carries it. */
    readonly destination: string
  }[]
  readonly messages: readonly { readonly name: string; readonly count: number; readonly version: number }[]
  /** Packets of all packet_ids that never arrived, by packet_counter; null where the sender does not count. */
  readonly lostInAll: number | null
}

/** Manifest of a service on the gateway, for a player. */
export type PlayableSnapshot = {
  readonly kind: 'dash' | 'hls'
  /** Address of the manifest on the session's gateway; for a window, on the only port that its page may ask. */
  readonly url: string
  /** True while the presentation grows (live or real-time replay). */
  readonly live: boolean
  readonly codecs: readonly string[]
  /** References of its manifests that lead out of the broadcast, and are not served; null without one. */
  readonly cut: CutSnapshot | null
  /** How all of its media is encrypted, as `cenc, Widevine`; null where some can be played. */
  readonly encryption: string | null
  /** Representation@id of what the manifest lists and no channel carries: it is not offered. */
  readonly offAir: readonly string[]
  /** How often its sender began again: what is served is of the newest transmission. */
  readonly restarts: number
  /** What players of the windows made of it; null: none has played it yet. */
  readonly picture: PictureSnapshot | null
  /** The ffmpeg of the gateway; null where no codec of the service needs one. */
  readonly decoder: DecoderSnapshot | null
  /** How its newest segment was decoded; null: none was. */
  readonly decoded: DecodedSnapshot | null
}

/** How far a player came with a service. */
export type PictureSnapshot = {
  /** From Play to the first picture or sound decoded, ms; null: none yet. */
  readonly decodedAfterMs: number | null
  /** From Play to the first picture on the screen, ms; null: none yet. */
  readonly shownAfterMs: number | null
  /** It plays sound only: no picture is to come. */
  readonly soundOnly: boolean
  /** Why nothing more is decoded, one sentence; null while it plays or loads. */
  readonly problem: string | null
}

/** References taken out of the manifests of a service: the number of all, and the first ones. */
export type CutSnapshot = {
  readonly count: number
  readonly first: readonly {
    /** Name of the manifest. */
    readonly document: string
    /** `BaseURL`, `SegmentTemplate@media`, `#EXT-X-KEY`. */
    readonly place: string
    readonly line: number
    /** As written, shortened. */
    readonly reference: string
  }[]
}
