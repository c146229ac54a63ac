import type { EmitContext, PacketOut, SendWatch } from './emitter.ts'

/** Counts the packets passed through it; one for the life of a broadcaster, so that a packet allocates nothing. */
export class CountingContext implements EmitContext, PacketOut {
  timeUs = 0
  target: PacketOut | null = null
  readonly burst: boolean
  readonly pieceMarginPercent: number | null
  readonly watch: SendWatch | null
  readonly #counters: { packets: number; bytes: number }

  constructor(
    counters: { packets: number; bytes: number },
    {
      burst = false,
      pieceMarginPercent = null,
      watch = null,
    }: Pick<EmitContext, 'burst' | 'pieceMarginPercent' | 'watch'>,
  ) {
    this.#counters = counters
    this.burst = burst
    this.pieceMarginPercent = pieceMarginPercent
    this.watch = watch
  }

  get out(): PacketOut {
    return this
  }

  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): boolean {
    this.#counters.packets++
    this.#counters.bytes += bytes.length
    return this.target?.packet(address, port, bytes, timeUs) ?? false
  }
}
