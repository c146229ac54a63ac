import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { LIVE, SERVICES } from './shared-options.ts'

const MULTICAST_OPTIONS = [
  {
    key: 'url',
    option: null,
    gpac: { name: 'src' },
    type: { kind: 'text', of: 'source' },
    default: null,
    group: 'Services',
    level: 'basic',
    label: 'Address',
    help: 'route://IP:PORT is one ROUTE session, mabr://IP:PORT a DVB-MABR configuration, atsc:// what the LLS lists, stltp://IP:PORT a tunnel',
    commands: LIVE,
    test: 'core/socket/multicast-url.test.ts',
    subject: true,
  },
  SERVICES,
  {
    key: 'interfaces',
    option: '--interface',
    gpac: { name: 'ifce' },
    type: { kind: 'list', of: 'interface' },
    default: null,
    group: 'Network',
    level: 'basic',
    label: 'Network interface',
    help: 'multicast interface, by address or name; repeated: joined on each',
    commands: LIVE,
    test: 'core/engine/receive-options.socket.test.ts',
  },
  {
    key: 'sourceAddresses',
    option: '--source',
    gpac: null,
    type: { kind: 'list', of: 'address' },
    default: null,
    group: 'Network',
    level: 'expert',
    label: 'Only from senders',
    help: 'take datagrams of this sender only, by a source-specific join; may be repeated (absent: senders that DVB-MABR names, else any)',
    commands: LIVE,
    test: 'core/socket/source-filter.socket.test.ts',
  },
  {
    key: 'excludeSourceAddresses',
    option: '--exclude-source',
    gpac: null,
    type: { kind: 'list', of: 'address' },
    default: null,
    group: 'Network',
    level: 'expert',
    label: 'Not from senders',
    help: 'drop datagrams of this sender, in this program; may be repeated',
    commands: LIVE,
    test: 'core/socket/source-filter.socket.test.ts',
  },
  {
    key: 'bufferBytes',
    option: '--buffer',
    gpac: { name: 'buffer', default: '524288' },
    type: { kind: 'bytes', min: 2048, max: 2 ** 31 - 1 },
    default: 16 << 20,
    group: 'Network',
    level: 'expert',
    label: 'Receive buffer',
    help: 'receive buffer to request for each socket; the app shows what the system grants',
    commands: LIVE,
    test: 'core/engine/receive-options.socket.test.ts',
  },
] as const satisfies readonly OptionRow[]

/** Options of a live multicast. */
export type MulticastSpec = SpecOf<'multicast', typeof MULTICAST_OPTIONS>

/** The part `multicast`. */
export const MULTICAST_PART: PartDescription = {
  kind: 'multicast',
  title: 'Multicast',
  help: 'joins a multicast and receives its datagrams',
  takes: null,
  gives: 'datagrams',
  side: 'receive',
  options: MULTICAST_OPTIONS,
  opens: [
    { pattern: '^atsc://', group: 'Listen', label: 'ATSC 3.0', example: 'atsc://', gpac: true },
    {
      pattern: '^route://',
      group: 'Listen',
      label: 'ROUTE session',
      example: 'route://225.1.1.0:6000',
      gpac: true,
    },
    { pattern: '^mabr://', group: 'Listen', label: 'DVB-MABR', example: 'mabr://225.1.1.0:6000', gpac: true },
    { pattern: '^stltp://', group: 'Listen', label: 'STLTP tunnel', example: 'stltp://239.255.30.1:30000' },
    // Matches any other scheme, so that it is refused with a list of those known.
    { pattern: '^[a-z][a-z0-9+.-]*://', group: 'Listen', label: 'Another address', example: null },
  ],
}
