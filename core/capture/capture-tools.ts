/** Filter of UDP multicast, IPv4 and IPv6. */
export const MULTICAST_FILTER = 'udp and (ip multicast or ip6 multicast)'

/** A program that captures. */
export type CaptureTool = { readonly kind: 'dumpcap' | 'tcpdump'; readonly path: string }

/** Paths of capture programs: the first that can be run is used. */
export const CAPTURE_TOOLS: readonly CaptureTool[] = [
  { kind: 'dumpcap', path: 'dumpcap' },
  { kind: 'dumpcap', path: '/usr/sbin/dumpcap' },
  { kind: 'dumpcap', path: '/usr/local/bin/dumpcap' },
  { kind: 'dumpcap', path: '/Applications/Wireshark.app/Contents/MacOS/dumpcap' },
  { kind: 'dumpcap', path: 'C:\\Program Files\\Wireshark\\dumpcap.exe' },
  { kind: 'tcpdump', path: 'tcpdump' },
  { kind: 'tcpdump', path: '/usr/sbin/tcpdump' },
  { kind: 'tcpdump', path: '/usr/local/sbin/tcpdump' },
]

/** Kernel buffer, MiB: half a second of 1 Gbit/s. */
const BUFFER_MIB = 64
/** Arguments to write all packets of an interface that pass a filter to standard output. */
export function captureArguments({ kind }: CaptureTool, on: string, filter: string): string[] {
  if (kind === 'dumpcap') {
    const kept = filter === '' ? [] : ['-f', filter]
    return ['-q', '-n', '-i', on, ...kept, '-s', '0', '-B', String(BUFFER_MIB), '-w', '-']
  }
  const kept = filter === '' ? [] : ['--', filter]
  return ['-n', '-U', '-i', on, '-s', '0', '-B', String(BUFFER_MIB * 1024), '-w', '-', ...kept]
}
