/** Packets that the loss models of a session's broadcasts kept back, for its receivers. */
export class KeptBack {
  /** By `ip:port`. */
  readonly packets = new Map<string, number>()

  /** The session's counts, for `PartHost.shared`. */
  static readonly key = 'kept-back'

  /** Counts a packet. */
  add(address: string, port: number): void {
    const destination = `${address}:${port}`
    this.packets.set(destination, (this.packets.get(destination) ?? 0) + 1)
  }

  async close(): Promise<void> {}
}
