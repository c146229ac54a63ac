import type { StsidPayload } from '../sls/s-tsid.ts'

/** Meaning of a codepoint for an object of a ROUTE channel. A/331 Table A.3.6, RFC 9223 §2.1. */
export type Codepoint = {
  readonly codepoint: number
  /** 1 file, 2 entity, 3 unsigned package, 4 signed package. */
  readonly formatId: 1 | 2 | 3 | 4
  /** 0 cut anywhere, 1 at samples, 2 at boxes. */
  readonly fragmentation: number
  readonly inOrder: boolean
  /** Initialisation segment, new or repeated (5, 6, 7). */
  readonly isInit: boolean
  /** Initialisation segment that differs from the last (5, 6). GPAC uses them for repeats too, so compare the bytes. */
  readonly isNewInit: boolean
  /** Media segment (8, 9, 10). */
  readonly isMedia: boolean
  /** Chunk that starts with a random access point (10, RFC 9223 only). */
  readonly isRandomAccess: boolean
  /** True where a `Payload` of the S-TSID declares it. */
  readonly declared: boolean
}

type FixedCodepoint = { formatId: 1 | 2 | 3 | 4; fragmentation: number; name: string }

const FIXED: readonly (FixedCodepoint | null)[] = [
  null,
  { formatId: 1, fragmentation: 0, name: 'NRT file' },
  { formatId: 2, fragmentation: 0, name: 'NRT entity' },
  { formatId: 3, fragmentation: 0, name: 'NRT package' },
  { formatId: 4, fragmentation: 0, name: 'NRT signed package' },
  { formatId: 1, fragmentation: 0, name: 'new initialisation segment, new timeline' },
  { formatId: 1, fragmentation: 0, name: 'new initialisation segment, same timeline' },
  { formatId: 1, fragmentation: 0, name: 'repeated initialisation segment' },
  { formatId: 1, fragmentation: 1, name: 'media segment, file' },
  { formatId: 2, fragmentation: 1, name: 'media segment, entity' },
  { formatId: 1, fragmentation: 1, name: 'media segment, random access' },
]

const UNDECLARED: readonly Codepoint[] = Array.from({ length: 256 }, (_, codepoint) => build(codepoint, null))
const NO_PAYLOADS: readonly StsidPayload[] = []

/**
 * Meaning of a codepoint: the channel's `Payload` of that number first, then the fixed table, else a file. No codepoint causes
 * a packet to be dropped: GPAC declares 128 and sends 8, and 0 is in use off air.
 */
export function resolveCodepoint(codepoint: number, payloads: readonly StsidPayload[] = NO_PAYLOADS): Codepoint {
  for (const payload of payloads) if (payload.codepoint === codepoint) return build(codepoint, payload)
  return UNDECLARED[codepoint] ?? build(codepoint, null)
}

function build(codepoint: number, payload: StsidPayload | null): Codepoint {
  const fixed = FIXED[codepoint] ?? null
  return {
    codepoint,
    formatId: payload === null ? (fixed?.formatId ?? 1) : format(payload.formatId),
    fragmentation: payload?.fragmentation ?? fixed?.fragmentation ?? 0,
    inOrder: payload?.inOrder ?? true,
    isInit: codepoint >= 5 && codepoint <= 7,
    isNewInit: codepoint === 5 || codepoint === 6,
    isMedia: codepoint >= 8 && codepoint <= 10,
    isRandomAccess: codepoint === 10,
    declared: payload !== null,
  }
}

function format(formatId: number): 1 | 2 | 3 | 4 {
  return formatId === 2 || formatId === 3 || formatId === 4 ? formatId : 1
}

/** Name for display; `declared by the S-TSID` from 128 on. */
export function codepointName(codepoint: number): string {
  return FIXED[codepoint]?.name ?? (codepoint >= 128 ? 'declared by the S-TSID' : 'reserved')
}
