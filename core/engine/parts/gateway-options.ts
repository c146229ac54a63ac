import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { CERT, KEY, REQUEST_LOG } from './http-host-options.ts'
import { ALLOW_ORIGIN, CACHED_SEGMENTS, CORS, SERVED } from './shared-options.ts'

const GATEWAY_OPTIONS = [
  {
    key: 'listen',
    option: '--listen',
    gpac: null,
    type: { kind: 'text', of: 'endpoint' },
    default: null,
    group: 'Serving',
    level: 'basic',
    label: 'Address',
    help: 'address to serve on',
    commands: ['gateway'],
    test: 'core/cli/command-line.test.ts',
    subject: true,
  },
  CORS,
  ALLOW_ORIGIN,
  CERT,
  KEY,
  REQUEST_LOG,
  CACHED_SEGMENTS,
  {
    key: 'fullSegments',
    option: '--full-segments',
    gpac: { name: 'fullseg' },
    type: { kind: 'flag' },
    default: false,
    group: 'Output',
    level: 'expert',
    label: 'Whole segments only',
    help: 'the gateway answers for a segment once it is whole, not while it arrives',
    commands: SERVED,
    test: 'core/gateway/whole-segments.socket.test.ts',
  },
  {
    key: 'lowLatency',
    option: '--low-latency',
    gpac: { name: 'llmode' },
    type: { kind: 'switch' },
    default: true,
    group: 'Output',
    level: 'expert',
    label: 'Low latency',
    help: 'off: whole segments only, and manifests that announce none earlier',
    commands: SERVED,
    test: 'core/gateway/whole-segments.socket.test.ts',
  },
  {
    key: 'ffmpeg',
    option: '--ffmpeg',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    default: 'auto',
    group: 'Output',
    level: 'expert',
    label: 'ffmpeg',
    help: 'decodes for players what they cannot: auto (the one on PATH), off, or its path',
    commands: SERVED,
    test: 'core/gateway/decoded.socket.test.ts',
  },
  {
    key: 'dynamicSelection',
    option: '--no-dynamic-selection',
    gpac: { name: 'dynsel' },
    type: { kind: 'negated' },
    default: true,
    group: 'Output',
    level: 'expert',
    label: 'Leave what nobody plays',
    help: 'stay joined to representations on addresses of their own that no player of the gateway asks for, and to DVB-MABR sessions silent beyond their idle timeout',
    commands: ['gateway'],
    test: 'core/engine/selection/dynamic-selection.socket.test.ts',
  },
] as const satisfies readonly OptionRow[]

/** Options of the HTTP server of received files. */
export type GatewaySpec = SpecOf<'gateway', typeof GATEWAY_OPTIONS>

/** The part `gateway`. */
export const GATEWAY_PART: PartDescription = {
  kind: 'gateway',
  title: 'Gateway',
  help: 'serves what is received over HTTP',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: GATEWAY_OPTIONS,
}
