/** Settings of a host as a whole, which its first user decides. */
export type HostSettings = {
  /** PEM texts of certificate and key; null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** Connections at a time; 0: any number. */
  readonly connections: number
  /** Connections of one peer address at a time; 0: any number. */
  readonly connectionsPerPeer: number
  /** Seconds without a request after which a connection is closed; 0: never. */
  readonly idleS: number
  /** Every connection ends after its first reply. */
  readonly closes: boolean
  /** Consecutive error replies after which a connection is closed; 0: any number. */
  readonly errors: number
  /** Bytes that wait in a connection before its content is read on; null: Node's own choice. */
  readonly blockBytes: number | null
}

/** Settings of hosts that say nothing else. */
export const HOST_SETTINGS: HostSettings = {
  tls: null,
  connections: 0,
  connectionsPerPeer: 0,
  idleS: 30,
  closes: false,
  errors: 0,
  blockBytes: null,
}

/** Names of settings that differ, as words of a sentence. */
export function differences(one: HostSettings, other: HostSettings): string[] {
  const words: Readonly<Record<keyof HostSettings, string>> = {
    tls: 'TLS',
    connections: 'the number of connections',
    connectionsPerPeer: 'the number of connections of a peer',
    idleS: 'the idle time',
    closes: 'closing after a reply',
    errors: 'the number of errors',
    blockBytes: 'the block size',
  }
  const differ = (key: keyof HostSettings): boolean => JSON.stringify(one[key]) !== JSON.stringify(other[key])
  return (Object.keys(words) as (keyof HostSettings)[]).filter(differ).map((key) => words[key])
}
