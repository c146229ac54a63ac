import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'

const MULTICAST_OUT_OPTIONS = [
  {
    key: 'interface',
    choice: 'outInterface',
    option: '--interface',
    gpac: { name: 'ifce' },
    type: { kind: 'text', of: 'interface' },
    default: null,
    group: 'Sending',
    level: 'basic',
    label: 'Network interface',
    help: 'multicast interface, by address or name',
    commands: ['send'],
    test: 'core/cli/command-line.test.ts',
  },
  {
    key: 'ttl',
    option: '--ttl',
    gpac: { name: 'ttl' },
    type: { kind: 'number', unit: '', min: 0, max: 255 },
    default: 0,
    group: 'Sending',
    level: 'basic',
    label: 'Time to live',
    help: 'multicast time to live',
    commands: ['send'],
    test: 'core/socket/multicast.socket.test.ts',
  },
] as const satisfies readonly OptionRow[]

/** Options of sending to multicast groups. */
export type MulticastOutSpec = SpecOf<'multicast-out', typeof MULTICAST_OUT_OPTIONS>

/** The part `multicast-out`. */
export const MULTICAST_OUT_PART: PartDescription = {
  kind: 'multicast-out',
  title: 'Multicast out',
  help: 'sends datagrams to multicast groups',
  takes: 'datagrams',
  gives: null,
  side: 'send',
  options: MULTICAST_OUT_OPTIONS,
}
