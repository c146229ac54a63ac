import type { CaptureProgram } from '../../capture/capture-program.ts'
import { MULTICAST_FILTER } from '../../capture/capture-tools.ts'
import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { PartKind } from '../part.ts'
import { everything, readReceiveUrl } from '../receiving/receive-address.ts'
import { CAPTURE_URL_OPTION, LIVE, SERVICES } from './shared-options.ts'

const INTERFACE_OPTIONS = [
  {
    key: 'interface',
    choice: 'captureInterface',
    option: '--capture-interface',
    gpac: null,
    type: { kind: 'text', of: 'interface' },
    word: 'name',
    default: null,
    group: 'Network',
    level: 'basic',
    label: 'Interface',
    help: 'take everything that an interface sees, without joining; needs dumpcap (or tcpdump) and the right to capture',
    commands: [...LIVE, 'inspect'],
    test: 'core/engine/interface.socket.test.ts',
    subject: true,
  },
  {
    key: 'filter',
    choice: 'captureFilter',
    option: '--capture-filter',
    gpac: null,
    type: { kind: 'text', of: 'words' },
    word: 'filter',
    default: MULTICAST_FILTER,
    group: 'Network',
    level: 'expert',
    label: 'Capture filter',
    help: `packets to keep, as a pcap-filter expression (default: ${MULTICAST_FILTER})`,
    commands: [...LIVE, 'inspect'],
    test: 'core/capture/capture-program.test.ts',
  },
  CAPTURE_URL_OPTION,
  SERVICES,
] as const satisfies readonly OptionRow[]

type InterfaceSpec = SpecOf<'interface', typeof INTERFACE_OPTIONS>

const INTERFACE_PART: PartDescription = {
  kind: 'interface',
  title: 'Interface',
  help: 'takes everything that a network interface sees, without joining',
  takes: null,
  gives: 'datagrams',
  side: 'receive',
  options: INTERFACE_OPTIONS,
  opens: [{ pattern: '^interface:', group: 'Listen', label: 'Everything on an interface', example: 'interface:eth1' }],
}

/** Interval of requests for tcpdump's statistics, ms. */
const ASK_DROPS_MS = 5000

/** Takes everything on a network interface: for tuner cards that are an interface without address, and for mirror ports. */
export const INTERFACE: PartKind = {
  description: INTERFACE_PART,
  open: async (part, host) => {
    const { LiveCapturePart } = await import('../receiving/live-capture-part.ts')
    const { id, interface: named, filter, url, services } = part as unknown as InterfaceSpec
    const on = named.replace(/^interface:/i, '')
    let program: CaptureProgram | null = null
    let before = 0
    let askedUs = host.nowUs()
    return new LiveCapturePart(
      {
        id,
        kind: 'interface',
        label: `interface ${on}`,
        interfaceName: on,
        address: url === undefined ? everything(services) : readReceiveUrl(url, services),
        connect: async () => {
          const programs = await import('../../capture/capture-program.ts')
          before += program?.drops ?? 0
          program = await programs.CaptureProgram.start(on, filter)
          host.log('socket', 'info', `${program.tool.path} captures on ${on}: ${filter}`)
          return program
        },
        drops: () => {
          if (host.nowUs() - askedUs > ASK_DROPS_MS * 1000) {
            askedUs = host.nowUs()
            program?.askDrops()
          }
          return before + (program?.drops ?? 0)
        },
      },
      host,
    )
  },
}
