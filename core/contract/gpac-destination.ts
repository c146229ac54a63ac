/** Group and first port of the services of `atsc://` where GPAC's options do not name them. */
const GPAC_ATSC = { group: '225.1.1.0', port: 6000 } as const

/** An address of a broadcast in GPAC's words. */
export type GpacDestination = { readonly url: string; readonly words: readonly string[] }

/**
 * The address of a broadcast as GPAC takes it: group and port of the services of `atsc://` are options there, but for IPv6, whose
 * colons its grammar takes for its own.
 */
export function gpacDestination(url: string): GpacDestination {
  const [, group, port] = /^atsc:\/\/([^/?#:[\]]+):(\d+)\/?$/i.exec(url) ?? []
  if (group === undefined) return { url, words: [] }
  return { url: 'atsc://', words: [`ip=${group}`, `first_port=${port}`] }
}

/** The address of services of `atsc://` whose group or port GPAC's options name; the other one is GPAC's default. */
export function atscDestination({ ip, firstPort }: { readonly ip?: string; readonly firstPort?: number }): string {
  const group = ip ?? GPAC_ATSC.group
  return `atsc://${group.includes(':') ? `[${group}]` : group}:${firstPort ?? GPAC_ATSC.port}`
}
